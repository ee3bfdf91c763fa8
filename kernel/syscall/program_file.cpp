#include "kernel/syscall/program_file.hpp"

#include <algorithm>
#include <cstring>

#include "kernel/base/format.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::syscall {
namespace {

// capability(7): whoever overrides permissions still needs one execute bit.
bool may_execute(const abi::FileStat& status, const sched::Credentials& who) {
  if (who.can(sched::Capability::dac_override)) return (status.mode & 0111) != 0;
  if (who.fsuid == status.uid) return (status.mode & 0100) != 0;
  const bool in_group = who.fsgid == status.gid || who.lists_group(status.gid);
  return (status.mode & (in_group ? 0010 : 0001)) != 0;
}

}  // namespace

Result<Ref<mm::MemoryObject>> FileSource::mapping() {
  if (!object_) object_ = TRY(file_->memory_object(false, false));
  return object_;
}

// The headers come from the page that is going to be mapped anyway, and that the cache may have.
Result<u64> FileSource::read_at(u64 offset, std::span<u8> out) {
  if (offset + out.size() <= kPageSize && offset < status_.size) {
    const PhysAddr frame = TRY(TRY(mapping())->page(0, false));
    const u64 count = std::min<u64>(out.size(), status_.size - offset);
    std::memcpy(out.data(), mm::phys_to<u8>(frame) + offset, count);
    mm::page_unref(frame);
    return count;
  }
  u64 done = 0;
  while (done < out.size()) {
    fs::IoBuffer buffer = fs::IoBuffer::kernel(out.data() + done, out.size() - done);
    const u64 count = TRY(file_->read_from(buffer, offset + done));
    if (count == 0) break;
    done += count;
  }
  return done;
}

u64 FileSource::name(char* buffer, u64 size) const {
  if (size == 0) return 0;
  buffer[0] = '\0';
  Result<String> path = file_->describe(*fs::root());
  return path.ok()
             ? format(buffer, size, "%.*s", static_cast<int>(path.value().view().size()), path.value().view().data())
             : 0;
}

Result<Ref<FileSource>> program_of(Ref<fs::File> file, const sched::Credentials& who, const char*& reason) {
  abi::FileStat status{};
  reason = "cannot examine it";
  TRY(file->stat(status));
  reason = "it is a directory";
  if ((status.mode & fs::kTypeMask) == fs::kDirectoryType) return Errno::acces;
  reason = "it is not a regular file";
  if ((status.mode & fs::kTypeMask) != fs::kRegular) return Errno::acces;
  reason = "no execute permission";
  if (!may_execute(status, who)) return Errno::acces;
  reason = "its mount is noexec";
  if (file->dentry() && fs::mount_flags(*file->dentry()) & fs::kMountNoExecute) return Errno::acces;
  reason = "no memory for the program's file";
  return make_ref<FileSource>(std::move(file), status);
}

Result<Ref<FileSource>> open_program(const fs::Place& place, std::string_view path, u32 walk_flags,
                                     const sched::Credentials& who, const char*& reason) {
  reason = "";
  const u32 flags = fs::kReadOnly | ((walk_flags & fs::kWalkFollow) != 0 ? 0 : fs::kNoFollow);
  return program_of(TRY(fs::open(place, path, flags, 0)), who, reason);
}

Result<Ref<exec::ByteSource>> open_interpreter(const char* path, const char*& reason) {
  sched::Task* task = sched::current_or_null();
  const bool in_process = task != nullptr && task->is_user();
  const fs::Place place = in_process ? fs::current_context().place() : fs::Place{fs::root(), fs::root()};
  const sched::Credentials nobody_yet;
  return Ref<exec::ByteSource>(TRY(open_program(
      place, path, fs::kWalkFollow, in_process ? sched::current_process().credentials : nobody_yet, reason)));
}

}  // namespace baryon::syscall

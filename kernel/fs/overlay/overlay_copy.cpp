// Copy-up: an object is made complete in the work directory, then moved to its place in one step, so that nobody sees
// a half copy.
#include <algorithm>
#include <cstring>

#include "kernel/fs/overlay/overlay.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::fs::overlay {
namespace {

TimeUpdate times_of(const abi::FileStat& status) {
  return {status.access_s, status.modify_s, status.access_ns, status.modify_ns};
}

Result<void> copy_data(Dentry& from, File& to, u64 size) {
  constexpr u64 kPiece = 256 * 1024;
  Ref<File> source = TRY(from.inode().open(from, kReadOnly));
  source->set_dentry(Ref<Dentry>(&from));
  void* memory = heap_allocate(std::min(std::max<u64>(size, 1), kPiece));
  if (!memory) return Errno::nomem;
  Result<void> outcome;
  for (u64 offset = 0; offset < size;) {
    IoBuffer in = IoBuffer::kernel(memory, std::min(size - offset, kPiece));
    auto got = source->read_from(in, offset);
    if (!got.ok()) outcome = got.error();
    if (!got.ok() || got.value() == 0) break;
    IoBuffer out = IoBuffer::kernel(static_cast<const void*>(memory), got.value());
    auto put = to.write_to(out, offset);
    if (!put.ok()) outcome = put.error();
    else if (put.value() < got.value()) outcome = Errno::nospc;
    if (!outcome.ok()) break;
    offset += got.value();
  }
  heap_free(memory);
  return outcome;
}

Result<void> copy_attributes(Dentry& from, Dentry& to) {
  String names;
  TRY(from.inode().list_attributes(from, names));
  for (std::string_view rest = names.view(); !rest.empty();) {
    std::string_view name = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(name.size() + 1);
    String value;
    TRY(from.inode().get_attribute(from, name, value));
    TRY(to.inode().set_attribute(to, name, value.view(), 0));
  }
  return {};
}

// A copy of `from` as `name` in the work directory.
Result<Ref<Dentry>> make_copy(Dentry& work, std::string_view name, Dentry& from, bool with_data) {
  abi::FileStat status;
  TRY(from.inode().stat(from, status));
  const u32 mode = status.mode & kPermissionMask;
  switch (status.mode & kTypeMask) {
    case kDirectoryType: TRY(work.inode().mkdir(work, name, mode)); break;
    case kSymlink: {
      String text;
      TRY(from.inode().read_link(from, text));
      TRY(work.inode().symlink(work, name, text.view()));
      break;
    }
    case kRegular: {
      Inode::Created created = TRY(work.inode().create(work, name, kReadWrite, mode));
      created.file->set_dentry(TRY(work.attach(name, std::move(created.inode))));
      if (with_data) TRY(copy_data(from, *created.file, status.size));
      break;
    }
    default: TRY(work.inode().mknod(work, name, status.mode, status.special_device));
  }
  Ref<Dentry> copy = TRY(lookup_child(work, name));
  TRY(copy->inode().chown(*copy, status.uid, status.gid));
  if ((status.mode & kTypeMask) != kSymlink) {
    TRY(copy->inode().chmod(*copy, mode));  // after chown, which may have dropped set-user-ID
    TRY(copy_attributes(from, *copy));
  }
  if ((status.mode & kTypeMask) != kDirectoryType && status.nlink == 1) {
    char number[sizeof status.inode];
    std::memcpy(number, &status.inode, sizeof number);
    TRY(copy->inode().set_attribute(*copy, kOrigin, {number, sizeof number}, 0));
  }
  TRY(copy->inode().utimens(*copy, times_of(status)));
  return copy;
}

}  // namespace

Result<void> OverlayInode::copy_one(Dentry& self, Dentry& upper_parent, bool with_data) {
  auto& inode = static_cast<OverlayInode&>(self.inode());
  OverlayFs& fs = inode.overlay();
  Dentry& work = *fs.work_directory;
  String name = TRY(self.name()), work_name;
  TRY(work_name.appendf("#%lu", fs.next_work_name++));
  auto copy = make_copy(work, work_name.view(), *inode.lower_, with_data);
  Result<void> outcome;
  if (!copy.ok()) {
    outcome = copy.error();
  } else {
    // The directory itself has not changed as far as programs can tell: its times stay.
    abi::FileStat before;
    outcome = upper_parent.inode().stat(upper_parent, before);
    if (outcome.ok()) outcome = work.inode().rename(work, work_name.view(), upper_parent, name.view(), 0);
    if (outcome.ok()) {
      work.move_child(work_name.view(), upper_parent, name.view(), false);
      (void)upper_parent.inode().utimens(upper_parent, times_of(before));
      SpinGuard guard(inode.upper_lock_);
      inode.upper_ = copy.take();
      return {};
    }
  }
  for (bool directory : {false, true}) (void)work.inode().unlink(work, work_name.view(), directory);
  work.detach_child(work_name.view());
  return outcome;
}

Result<Ref<Dentry>> OverlayInode::copy_up(Dentry& shown, bool with_data) {
  Dentry& self = shown.origin();
  auto& inode = static_cast<OverlayInode&>(self.inode());
  if (Ref<Dentry> already = inode.upper()) return already;
  if (self.is_detached()) return Errno::noent;
  // What lacks an upper part, from here to the first directory that has one. The root always does.
  Vector<Ref<Dentry>> way;
  Ref<Dentry> at(&self);
  while (!static_cast<OverlayInode&>(at->inode()).upper()) {
    TRY(way.push_back(at));
    at = at->parent();
  }
  while (!way.empty()) {
    Ref<Dentry> next = way.back();
    Ref<Dentry> parent = static_cast<OverlayInode&>(at->inode()).upper();
    TRY(copy_one(*next, *parent, with_data || next.get() != &self));
    at = std::move(next);
    way.pop_back();
  }
  return inode.upper();
}

}  // namespace baryon::fs::overlay

// /proc/<pid>/exe, cwd, root, fd/ and fdinfo/.
#include "kernel/fs/context.hpp"
#include "kernel/fs/procfs/alias_file.hpp"
#include "kernel/fs/procfs/tables.hpp"

namespace baryon::fs::proc {
namespace {

// A process without threads has given its context back; the caller's own never has.
Result<Ref<FsContext>> context(const Subject& subject) {
  Ref<FsContext> found = subject.process->find_extension<FsContext>(sched::Extension::fs_context);
  if (!found) return Errno::srch;
  return found;
}

Result<Ref<FdTable>> files(const Subject& subject) {
  Ref<FdTable> found = subject.process->find_extension<FdTable>(sched::Extension::files);
  if (!found) return Errno::srch;
  return found;
}

Result<void> append_path(Dentry& dentry, String& out) {
  const Ref<Dentry> root = current_context().root();
  return out.append(TRY(dentry.path(*root)).view());
}

// --- fd/ ---

Result<Ref<File>> descriptor(const Subject& subject) {
  auto file = TRY(files(subject))->get(subject.index);
  if (!file.ok()) return Errno::noent;
  return file;
}

Result<void> fd_text(const Subject& subject, String& out) {
  const Ref<File> file = TRY(descriptor(subject));
  const Ref<Dentry> root = current_context().root();
  return out.append(TRY(file->describe(*root)).view());
}

Result<Ref<Dentry>> fd_follow(const Subject& subject) {
  Ref<File> file = TRY(descriptor(subject));
  if (file->dentry()) return Ref<Dentry>(file->dentry());
  return dentry_of_file(std::move(file));
}

// The link's permissions are how the file is open (proc(5)).
constexpr Node fd_link(u32 permissions) {
  return {.name = "", .mode = kSymlink | permissions, .text = fd_text, .follow = fd_follow};
}
constexpr Node kClosedLink = fd_link(0), kReadLink = fd_link(0500), kWriteLink = fd_link(0300),
               kBothLink = fd_link(0700);

const Node& fd_node(const File& file) {
  if (file.readable()) return file.writable() ? kBothLink : kReadLink;
  return file.writable() ? kWriteLink : kClosedLink;
}

Result<Ref<Inode>> fd_lookup(const NodeInode& directory, std::string_view name) {
  Subject subject = directory.subject();
  subject.index = TRY(parse_number(name));
  const Ref<File> file = TRY(descriptor(subject));
  return NodeInode::make(directory.fs(), fd_node(*file), std::move(subject));
}

// --- fdinfo/ ---

Result<void> append_octal(u32 value, String& out) {
  char digits[12];
  u32 count = 0;
  do digits[count++] = static_cast<char>('0' + (value & 7));
  while (value >>= 3);
  while (count) TRY(out.append(digits[--count]));
  return {};
}

Result<void> fdinfo_text(const Subject& subject, String& out) {
  const Ref<File> file = TRY(descriptor(subject));
  const auto close_on_exec = TRY(files(subject))->close_on_exec(subject.index);
  TRY(out.appendf("pos:\t%lu\nflags:\t0", file->seekable() ? file->position() : 0));
  TRY(append_octal(file->flags() | (close_on_exec.ok() && close_on_exec.value() ? kCloseOnExec : 0), out));
  abi::FileStat status{};
  TRY(file->stat(status));
  const Ref<Mount> mount = file->dentry() ? file->dentry()->mount() : Ref<Mount>();
  return out.appendf("\nmnt_id:\t%u\nino:\t%lu\n", mount ? mount->id : 0, status.inode);
}

constexpr Node kFdInfo = file("", fdinfo_text, 0400);

Result<Ref<Inode>> fdinfo_lookup(const NodeInode& directory, std::string_view name) {
  Subject subject = directory.subject();
  subject.index = TRY(parse_number(name));
  TRY(descriptor(subject));
  return NodeInode::make(directory.fs(), kFdInfo, std::move(subject));
}

template <bool kInfo>
Result<void> list_descriptors(const NodeInode& directory, u64 cookie, DirectorySink& sink) {
  Subject subject = directory.subject();
  const Ref<FdTable> kept = TRY(files(subject));
  FdTable& table = *kept;
  const u32 first = cookie < DynamicNames::kFirst ? 0 : static_cast<u32>(cookie - DynamicNames::kFirst + 1);
  for (u32 fd = table.next_open(first); fd != ~u32{0}; fd = table.next_open(fd + 1)) {
    auto file = table.get(fd);
    if (!file.ok()) continue;
    subject.index = fd;
    const Node& node = kInfo ? kFdInfo : fd_node(*file.value());
    if (!list_number(sink, "", fd, node_number(node, subject), node.mode)) return {};
  }
  return {};
}

}  // namespace

// The program's file is the one that its code is mapped from.
Result<void> exe_text(const Subject& subject, String& out) {
  const Ref<mm::AddressSpace> space = subject.process->find_space();
  if (!space) return Errno::noent;
  mm::AddressSpace::VmaReport vma;
  const VirtAddr code = space->program.code_start;
  if (!space->next_vma(code, vma) || vma.start > code || !vma.object) return Errno::noent;
  String name;
  TRY(name.reserve(kPathMax));
  const u64 length = vma.object->name(const_cast<char*>(name.data()), kPathMax);
  return length ? out.append({name.data(), length}) : Result<void>(Errno::noent);
}
Result<Ref<Dentry>> exe_follow(const Subject& subject) {
  String path;
  TRY(exe_text(subject, path));
  return walk({root(), root()}, path.view(), kWalkFollow);
}

Result<void> cwd_text(const Subject& subject, String& out) { return append_path(*TRY(context(subject))->cwd(), out); }
Result<Ref<Dentry>> cwd_follow(const Subject& subject) { return TRY(context(subject))->cwd(); }
Result<void> root_text(const Subject& subject, String& out) { return append_path(*TRY(context(subject))->root(), out); }
Result<Ref<Dentry>> root_follow(const Subject& subject) { return TRY(context(subject))->root(); }

constinit const DynamicNames kDescriptors = {.lookup = fd_lookup, .list = list_descriptors<false>};
constinit const DynamicNames kDescriptorInfo = {.lookup = fdinfo_lookup, .list = list_descriptors<true>};

}  // namespace baryon::fs::proc

// Extended attributes: xattr(7). Who may use which name is decided here; file systems keep names and values.
#include <algorithm>

#include "kernel/fs/inotify.hpp"
#include "kernel/fs/permission.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

constexpr u64 kHere = static_cast<u32>(fs::kCurrentDirectory);
constexpr u32 kMaxName = 255;  // XATTR_NAME_MAX

using sched::Capability;
bool capable(Capability what) { return sched::current_process().credentials.can(what); }

// An attribute's name from the program.
struct Name {
  char text[kMaxName + 1];
  u64 length = 0;
  std::string_view view() const { return {text, length}; }
};
Result<void> load_name(VirtAddr from, Name& name) {
  const i64 length = arch::string_from_user(name.text, from, sizeof name.text);
  if (length < 0) return Errno::fault;
  if (length == 0 || length > i64{kMaxName}) return Errno::range;
  name.length = static_cast<u64>(length);
  return {};
}

// Linux's xattr_permission and the handlers' prefixes.
Result<void> check_name(const fs::Inode& inode, std::string_view name, bool write) {
  const bool plain = inode.type() == fs::kRegular || inode.is_directory();
  if (name.starts_with("user.")) {
    if (name.size() == 5) return Errno::inval;
    return plain ? Result<void>() : write ? Errno::perm : Errno::nodata;
  }
  if (name.starts_with("trusted."))
    return capable(Capability::sys_admin) ? Result<void>() : write ? Errno::perm : Errno::nodata;
  if (name.starts_with("security.")) {
    if (!write) return {};
    return capable(name == "security.capability" ? Capability::setfcap : Capability::sys_admin) ? Result<void>()
                                                                                                : Errno::perm;
  }
  return Errno::opnotsupp;
}

Result<Ref<fs::Dentry>> by_path(VirtAddr path, bool follow) { return TRY(target_of(kHere, path, 0, follow)).dentry; }
// A descriptor without a place in the tree keeps no attributes.
Result<Ref<fs::Dentry>> by_descriptor(u64 fd) {
  Ref<fs::File> file = TRY(file_at(fd));
  if (file->flags() & fs::kPath) return Errno::badf;
  if (!file->dentry()) return Errno::opnotsupp;
  return Ref<fs::Dentry>(file->dentry());
}

// A text for the program; with size 0 only its length is wanted.
Result<u64> store(const String& text, VirtAddr out, u64 size) {
  if (size == 0) return u64{text.size()};
  if (text.size() > size) return Errno::range;
  if (!arch::copy_to_user(out, text.data(), text.size())) return Errno::fault;
  return u64{text.size()};
}

Result<u64> get(Ref<fs::Dentry> dentry, VirtAddr name_at, VirtAddr out, u64 size) {
  Name name;
  TRY(load_name(name_at, name));
  TRY(check_name(dentry->inode(), name.view(), false));
  if (name.view().starts_with("user.")) TRY(fs::check_access(*dentry, fs::kMayRead));
  String value;
  TRY(dentry->inode().get_attribute(*dentry, name.view(), value));
  return store(value, out, size);
}

Result<u64> set(Ref<fs::Dentry> dentry, VirtAddr name_at, VirtAddr from, u64 size, u64 flags) {
  if (flags & ~u64{fs::Inode::kAttributeCreate | fs::Inode::kAttributeReplace}) return Errno::inval;
  Name name;
  TRY(load_name(name_at, name));
  if (size > fs::Inode::kMaxAttribute) return Errno::toobig;
  String value;
  auto* bytes = static_cast<char*>(heap_allocate(size ? size : 1));
  if (!bytes) return Errno::nomem;
  Result<void> loaded =
      size && !arch::copy_from_user(bytes, from, size) ? Result<void>(Errno::fault) : value.append({bytes, size});
  heap_free(bytes);
  TRY(loaded);
  TRY(fs::want_write(*dentry));
  TRY(check_name(dentry->inode(), name.view(), true));
  if (name.view().starts_with("user.")) TRY(fs::check_access(*dentry, fs::kMayWrite));
  TRY(dentry->inode().set_attribute(*dentry, name.view(), value.view(), static_cast<u32>(flags)));
  fs::notify_object(dentry.get(), fs::kInAttributes);
  return u64{0};
}

Result<u64> list(Ref<fs::Dentry> dentry, VirtAddr out, u64 size) {
  String all, shown;
  TRY(dentry->inode().list_attributes(*dentry, all));
  for (std::string_view rest = all.view(); !rest.empty();) {
    const std::string_view name = rest.substr(0, std::min(rest.find('\0') + 1, rest.size()));
    rest.remove_prefix(name.size());
    if (!name.starts_with("trusted.") || capable(Capability::sys_admin)) TRY(shown.append(name));
  }
  return store(shown, out, size);
}

Result<u64> remove(Ref<fs::Dentry> dentry, VirtAddr name_at) {
  Name name;
  TRY(load_name(name_at, name));
  TRY(fs::want_write(*dentry));
  TRY(check_name(dentry->inode(), name.view(), true));
  if (name.view().starts_with("user.")) TRY(fs::check_access(*dentry, fs::kMayWrite));
  TRY(dentry->inode().remove_attribute(*dentry, name.view()));
  fs::notify_object(dentry.get(), fs::kInAttributes);
  return u64{0};
}

}  // namespace

Result<u64> sys_getxattr(SyscallContext& c) { return get(TRY(by_path(c.arg[0], true)), c.arg[1], c.arg[2], c.arg[3]); }
Result<u64> sys_lgetxattr(SyscallContext& c) {
  return get(TRY(by_path(c.arg[0], false)), c.arg[1], c.arg[2], c.arg[3]);
}
Result<u64> sys_fgetxattr(SyscallContext& c) { return get(TRY(by_descriptor(c.arg[0])), c.arg[1], c.arg[2], c.arg[3]); }
Result<u64> sys_setxattr(SyscallContext& c) {
  return set(TRY(by_path(c.arg[0], true)), c.arg[1], c.arg[2], c.arg[3], c.arg[4]);
}
Result<u64> sys_lsetxattr(SyscallContext& c) {
  return set(TRY(by_path(c.arg[0], false)), c.arg[1], c.arg[2], c.arg[3], c.arg[4]);
}
Result<u64> sys_fsetxattr(SyscallContext& c) {
  return set(TRY(by_descriptor(c.arg[0])), c.arg[1], c.arg[2], c.arg[3], c.arg[4]);
}
Result<u64> sys_listxattr(SyscallContext& c) { return list(TRY(by_path(c.arg[0], true)), c.arg[1], c.arg[2]); }
Result<u64> sys_llistxattr(SyscallContext& c) { return list(TRY(by_path(c.arg[0], false)), c.arg[1], c.arg[2]); }
Result<u64> sys_flistxattr(SyscallContext& c) { return list(TRY(by_descriptor(c.arg[0])), c.arg[1], c.arg[2]); }
Result<u64> sys_removexattr(SyscallContext& c) { return remove(TRY(by_path(c.arg[0], true)), c.arg[1]); }
Result<u64> sys_lremovexattr(SyscallContext& c) { return remove(TRY(by_path(c.arg[0], false)), c.arg[1]); }
Result<u64> sys_fremovexattr(SyscallContext& c) { return remove(TRY(by_descriptor(c.arg[0])), c.arg[1]); }

}  // namespace baryon::syscall

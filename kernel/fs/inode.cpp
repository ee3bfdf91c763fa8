#include "kernel/fs/inode.hpp"

#include <atomic>

#include "kernel/fs/dentry.hpp"
#include "kernel/fs/file.hpp"

namespace baryon::fs {
namespace {
// Major 0 is Linux's for file systems without a device.
constinit std::atomic<u32> next_minor{20};
}  // namespace

FileSystem::FileSystem(const char* type_name, bool is_read_only, bool has_stable_names)
    : type(type_name),
      device(make_device(0, next_minor.fetch_add(1, std::memory_order_relaxed))),
      read_only(is_read_only),
      stable_names(has_stable_names) {}

Result<Ref<Inode>> FileSystem::lookup_path(Dentry&, std::string_view, u32, Vector<Ref<Inode>>&) {
  return Errno::opnotsupp;
}

Result<Ref<Inode>> Inode::lookup(Dentry&, std::string_view) { return Errno::noent; }
Result<Inode::Created> Inode::create(Dentry&, std::string_view, u32, u32) { return Errno::acces; }
Result<Inode::Created> Inode::create_nameless(Dentry&, u32, u32) { return Errno::opnotsupp; }
Result<void> Inode::mkdir(Dentry&, std::string_view, u32) { return Errno::perm; }
Result<void> Inode::mknod(Dentry&, std::string_view, u32, u64) { return Errno::perm; }
Result<void> Inode::symlink(Dentry&, std::string_view, std::string_view) { return Errno::perm; }
Result<void> Inode::link(Dentry&, std::string_view, Dentry&) { return Errno::perm; }
Result<void> Inode::unlink(Dentry&, std::string_view, bool) { return Errno::perm; }
Result<void> Inode::rename(Dentry&, std::string_view, Dentry&, std::string_view, u32) { return Errno::perm; }
Result<void> Inode::read_link(Dentry&, String&) { return Errno::inval; }
Result<Ref<Dentry>> Inode::magic_link() { return Errno::inval; }
Result<void> Inode::chmod(Dentry&, u32) { return Errno::perm; }
Result<void> Inode::chown(Dentry&, u32, u32) { return Errno::perm; }
Result<void> Inode::utimens(Dentry&, const TimeUpdate&) { return Errno::perm; }
Result<void> Inode::truncate(Dentry&, u64) { return is_directory() ? Errno::isdir : Errno::inval; }
Result<void> Inode::get_attribute(Dentry&, std::string_view, String&) { return Errno::opnotsupp; }
Result<void> Inode::set_attribute(Dentry&, std::string_view, std::string_view, u32) { return Errno::opnotsupp; }
Result<void> Inode::remove_attribute(Dentry&, std::string_view) { return Errno::opnotsupp; }
Result<void> Inode::list_attributes(Dentry&, String&) { return {}; }

}  // namespace baryon::fs

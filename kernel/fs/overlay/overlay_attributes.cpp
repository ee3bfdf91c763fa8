// Changing attributes: of the upper object, which is made first if need be.
#include "kernel/fs/overlay/overlay.hpp"

namespace baryon::fs::overlay {
namespace {

template <class Change>
Result<void> change(Dentry& self, Change&& f, bool with_data = true) {
  auto& inode = static_cast<OverlayInode&>(self.inode());
  Ref<Dentry> object;
  {
    MutexGuard guard(inode.overlay().lock);
    object = TRY(OverlayInode::copy_up(self, with_data));
  }
  return f(*object);
}

}  // namespace

Result<void> OverlayInode::chmod(Dentry& self, u32 mode) {
  return change(self, [&](Dentry& object) { return object.inode().chmod(object, mode); });
}
Result<void> OverlayInode::chown(Dentry& self, u32 uid, u32 gid) {
  return change(self, [&](Dentry& object) { return object.inode().chown(object, uid, gid); });
}
Result<void> OverlayInode::utimens(Dentry& self, const TimeUpdate& times) {
  return change(self, [&](Dentry& object) { return object.inode().utimens(object, times); });
}
Result<void> OverlayInode::truncate(Dentry& self, u64 size) {
  return change(self, [&](Dentry& object) { return object.inode().truncate(object, size); }, size != 0);
}
Result<void> OverlayInode::set_attribute(Dentry& self, std::string_view name, std::string_view value, u32 flags) {
  if (name.starts_with(kPrivatePrefix)) return Errno::perm;
  return change(self, [&](Dentry& object) { return object.inode().set_attribute(object, name, value, flags); });
}
Result<void> OverlayInode::remove_attribute(Dentry& self, std::string_view name) {
  if (name.starts_with(kPrivatePrefix)) return Errno::nodata;
  return change(self, [&](Dentry& object) { return object.inode().remove_attribute(object, name); });
}

}  // namespace baryon::fs::overlay

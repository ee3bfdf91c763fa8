#include "kernel/fs/permission.hpp"

#include "kernel/fs/vfs.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::fs {
namespace {

constexpr u32 kSetUser = 04000, kSetGroup = 02000, kSticky = 01000, kGroupExecute = 010, kAnyExecute = 0111;
using sched::Capability;

// The identity that checks are made with.
struct Caller {
  const sched::Credentials* credentials = nullptr;  // null: the kernel itself
  u32 uid = 0, gid = 0;
  u64 capabilities = ~u64{0};

  bool capable(Capability what) const { return sched::includes(capabilities, what); }
  bool in_group(u32 group) const { return !credentials || group == gid || credentials->lists_group(group); }
};

Caller caller() {
  const sched::Task* task = sched::current_or_null();
  if (!task || !task->process) return {};
  const sched::Credentials& c = task->process->credentials;
  return {&c, c.fsuid, c.fsgid, c.effective};
}

Result<void> check(const Caller& who, const abi::FileStat& status, u32 wanted) {
  u32 granted = status.mode;
  if (who.uid == status.uid) granted >>= 6;
  else if (who.in_group(status.gid)) granted >>= 3;
  if ((granted & wanted) == wanted) return {};
  const bool directory = (status.mode & kTypeMask) == kDirectoryType;
  if (who.capable(Capability::dac_override) && (directory || !(wanted & kMayExecute) || status.mode & kAnyExecute))
    return {};
  const u32 harmless = directory ? kMayRead | kMayExecute : kMayRead;
  if (who.capable(Capability::dac_read_search) && !(wanted & ~harmless)) return {};
  return Errno::acces;
}

Result<abi::FileStat> status_of(Dentry& dentry) {
  abi::FileStat status;
  TRY(dentry.inode().stat(dentry, status));
  return status;
}

}  // namespace

bool may_search_anything() {
  const Caller who = caller();
  return who.capable(Capability::dac_override) || who.capable(Capability::dac_read_search);
}

Result<void> check_access(Dentry& dentry, u32 wanted) {
  const Caller who = caller();
  if (who.capable(Capability::dac_override) && (dentry.inode().is_directory() || !(wanted & kMayExecute))) return {};
  return check(who, TRY(status_of(dentry)), wanted);
}

Result<void> check_status(const abi::FileStat& status, u32 wanted) { return check(caller(), status, wanted); }

Result<void> check_real_access(const abi::FileStat& status, u32 wanted) {
  Caller who = caller();
  if (who.credentials) {
    who.uid = who.credentials->uid;
    who.gid = who.credentials->gid;
    // access(2): a set-user-ID program's powers are not the user's.
    who.capabilities = who.uid == 0 ? who.credentials->permitted : 0;
  }
  return check(who, status, wanted);
}

bool is_owner(const abi::FileStat& status) {
  const Caller who = caller();
  return who.uid == status.uid || who.capable(Capability::fowner);
}

Result<void> check_owner(Dentry& dentry) {
  if (caller().capable(Capability::fowner)) return {};
  return is_owner(TRY(status_of(dentry))) ? Result<void>() : Errno::perm;
}

Result<void> check_chown(Dentry& dentry, u32 uid, u32 gid) {
  constexpr u32 kSame = ~u32{0};
  const Caller who = caller();
  if (who.capable(Capability::chown)) return {};
  const abi::FileStat status = TRY(status_of(dentry));
  if (uid != kSame && (uid != status.uid || who.uid != status.uid)) return Errno::perm;
  if (gid != kSame && (who.uid != status.uid || !(who.in_group(gid) || gid == status.gid))) return Errno::perm;
  return {};
}

Result<u32> allowed_mode(Dentry& dentry, u32 mode) {
  const Caller who = caller();
  if (!(mode & kSetGroup) || who.capable(Capability::fsetid)) return mode;
  return who.in_group(TRY(status_of(dentry)).gid) ? mode : mode & ~kSetGroup;
}

Result<void> check_make(Dentry& parent) { return check_access(parent, kMayWrite | kMayExecute); }

Result<void> check_remove(Dentry& parent, Dentry& child) {
  TRY(check_make(parent));
  const Caller who = caller();
  if (who.capable(Capability::fowner)) return {};
  const abi::FileStat directory = TRY(status_of(parent));
  if (!(directory.mode & kSticky) || who.uid == directory.uid) return {};
  return TRY(status_of(child)).uid == who.uid ? Result<void>() : Errno::perm;
}

Result<void> give_owner(Dentry& parent, std::string_view name) {
  const Caller who = caller();
  u32 gid = who.gid;
  bool inherits = false;
  // Where the layer below sees to it, root's objects are right already.
  if (!parent.fs().inherits_group() || who.uid != 0 || who.gid != 0) {
    const abi::FileStat directory = TRY(status_of(parent));
    inherits = directory.mode & kSetGroup;
    if (inherits) gid = directory.gid;
  }
  // Objects are born as root's.
  if (who.uid == 0 && gid == 0 && !inherits) return {};
  Ref<Dentry> child = TRY(lookup_child(parent, name));
  const abi::FileStat born = TRY(status_of(*child));
  // A host process that may not change owners cannot be helped: the object stays its user's.
  auto changed = child->inode().chown(*child, who.uid, gid);
  if (!changed.ok() && changed.error().code() != Errno::perm) return changed;
  u32 mode = born.mode & kPermissionMask;
  if (inherits && child->inode().is_directory()) mode |= kSetGroup;
  // chown takes these away.
  if (mode & (kSetUser | kSetGroup) && child->inode().type() != kSymlink) {
    if (!child->inode().is_directory() && mode & kGroupExecute && !who.in_group(gid) &&
        !who.capable(Capability::fsetid))
      mode &= ~kSetGroup;
    TRY(child->inode().chmod(*child, mode));
  }
  return {};
}

}  // namespace baryon::fs

#include "hypervisor/files/mount_tree.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>

#include <cerrno>

namespace baryon::host {

namespace {

constexpr unsigned kRecursive = 0x8000;  // AT_RECURSIVE

// Never executed, no devices, no set-id: the host's process does nothing but read and write.
bool restrict_mount(int mount, bool read_only) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | (read_only ? MOUNT_ATTR_RDONLY : 0);
  return ::syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | kRecursive, &attributes, sizeof attributes) == 0;
}

UniqueFd mount_own_procfs() {
  const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC)));
  if (!context.valid()) return {};
  const auto set = [&](const char* key, const char* value) {
    return ::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, key, value, 0) == 0;
  };
  // proc(5): no files but those of processes (no sysctl, no sysrq), and of those only what we could trace: ourselves.
  if (!set("subset", "pid") || !set("hidepid", "ptraceable")) return {};
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return {};
  return UniqueFd(
      static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC,
                                 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY)));
}

}  // namespace

Found<UniqueFd> open_as_mount(const char* path, bool read_only) noexcept {
  UniqueFd tree(
      static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | kRecursive)));
  if (tree.valid() && restrict_mount(tree.get(), read_only)) return tree;
  UniqueFd object(::open(path, O_PATH | O_CLOEXEC));
  if (!object.valid()) return std::unexpected(errno);
  return object;
}

Found<UniqueFd> open_own_descriptors() noexcept {
  // The descriptor keeps the mount.
  if (const UniqueFd own = mount_own_procfs(); own.valid()) {
    UniqueFd descriptors(::openat(own.get(), "self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (descriptors.valid()) return descriptors;
  }
  UniqueFd descriptors(::open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!descriptors.valid()) return std::unexpected(errno);
  return descriptors;
}

}  // namespace baryon::host

#include "kernel/init/mounts.hpp"

#include <string_view>

#include "kernel/base/format.hpp"
#include "kernel/base/log.hpp"
#include "kernel/base/shutdown.hpp"
#include "kernel/fs/devfs/devfs.hpp"
#include "kernel/fs/hostfs/hostfs.hpp"
#include "kernel/fs/mount_table.hpp"
#include "kernel/fs/overlay/overlay.hpp"
#include "kernel/fs/procfs/ipc_files.hpp"
#include "kernel/fs/procfs/net_files.hpp"
#include "kernel/fs/procfs/procfs.hpp"
#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/fs/tty/devpts.hpp"

#include "kernel/init/strings.hpp"
#include "kernel/ipc/message_queue.hpp"
#include "kernel/ipc/semaphore.hpp"
#include "kernel/ipc/shared_memory.hpp"
#include "kernel/net/report.hpp"

namespace baryon::init {
namespace {

[[noreturn]] void give_up(const char* path, Error error) {
  char message[400];
  format(message, sizeof message, "cannot mount %s in the sandbox", path);
  shut_down(abi::ExitReason::setup_failed, static_cast<i32>(error.code()), message);
}

Result<Ref<fs::Inode>> make_inode(const abi::Mount& mount) {
  const bool read_only = (mount.flags & abi::kMountReadOnly) != 0;
  switch (mount.kind) {
    case abi::MountKind::hostfs: {
      Ref<fs::Inode> directory = TRY(fs::mount_hostfs(mount.host_handle, read_only));
      if (!(mount.flags & abi::kMountOverlay)) return directory;
      return fs::mount_overlay(std::move(directory), TRY(fs::mount_tmpfs(fs::default_tmpfs_limit(), false)));
    }
    case abi::MountKind::tmpfs: return fs::mount_tmpfs(fs::default_tmpfs_limit(), read_only);
  }
  return Errno::nodev;
}

void mount_at(const char* path, Result<Ref<fs::Inode>> inode) {
  if (!inode.ok()) give_up(path, inode.error());
  const Result<void> mounted = fs::mount(path, inode.take());
  if (!mounted.ok()) give_up(path, mounted.error());
}

}  // namespace

void make_mounts(const abi::BootPage& page) {
  if (page.mount_count == 0) give_up("/", Errno::nodev);
  Result<Ref<fs::Inode>> root_inode = make_inode(page.mounts[0]);
  if (!root_inode.ok()) give_up("/", root_inode.error());
  Result<Ref<fs::Dentry>> root = fs::Dentry::make_root(root_inode.take());
  if (!root.ok()) give_up("/", root.error());
  fs::mount_root(root.take());

  mount_at("/dev", fs::mount_devfs());
  mount_at("/dev/pts", fs::mount_devpts());
  fs::set_net_reports({.tcp = net::report_tcp,
                       .tcp6 = net::report_tcp6,
                       .udp = net::report_udp,
                       .udp6 = net::report_udp6,
                       .unix_sockets = net::report_unix,
                       .devices = net::report_devices,
                       .routes = net::report_routes,
                       .addresses6 = net::report_addresses6});
  fs::set_ipc_reports({.messages = ipc::report_queues,
                       .semaphores = ipc::report_semaphores,
                       .shared_memory = ipc::report_segments});
  mount_at("/proc", fs::mount_procfs());
  mount_at("/sys", fs::mount_sysfs());
  mount_at("/sys/fs/cgroup", fs::mount_cgroup());
  for (u32 i = 1; i < page.mount_count && i < abi::kMaxMounts; ++i)
    mount_at(table_string(page.mount_paths, page.mounts[i].path), make_inode(page.mounts[i]));
}

}  // namespace baryon::init

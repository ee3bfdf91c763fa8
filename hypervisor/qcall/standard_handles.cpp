#include "hypervisor/qcall/standard_handles.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "hypervisor/files/mount_tree.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host {
namespace {

// Whether there is such a descriptor; `handle` is then ready to be added.
bool describe_stream(int descriptor, Handle& handle) {
  struct stat status;
  const int flags = descriptor < 0 ? -1 : ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fstat(descriptor, &status) != 0) return false;
  handle.descriptor = descriptor;
  handle.borrowed = true;
  handle.read_only = false;
  const int access = flags & O_ACCMODE;
  handle.readable = access != O_WRONLY && (flags & O_PATH) == 0;
  handle.writable = access != O_RDONLY && (flags & O_PATH) == 0;
  if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)) handle.kind = HandleKind::file;
  else if (S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode))
    handle.kind = HandleKind::path;  // has a stat, nothing else: what lies below is not part of any mount
  else handle.kind = HandleKind::stream;
  return true;
}

void add_standard_stream(HandleTable& table, int descriptor) {
  Handle handle;
  if (!describe_stream(descriptor, handle)) return table.add_closed();
  handle.permanent = true;
  // The capacity is never below the handful of handles made here; add() cannot fail.
  (void)table.add(std::move(handle));
}

Expected<void> add_mount(HandleTable& table, const HostMount& mount) {
  auto tree = open_as_mount(mount.path.c_str(), mount.read_only);
  if (!tree) return fail_errno(fmt::format("cannot open {} for the guest", mount.path), tree.error());
  UniqueFd object = std::move(*tree);
  struct stat status;
  if (::fstat(object.get(), &status) != 0) return fail_errno(fmt::format("cannot stat {}", mount.path), errno);
  Handle handle;
  handle.permanent = true;
  handle.read_only = mount.read_only;
  if (S_ISDIR(status.st_mode)) {
    handle.kind = HandleKind::directory;
    handle.is_root = true;
    // Readable, so that it can be listed; where it may only be passed through, O_PATH is enough for everything else.
    UniqueFd readable(::openat(object.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (readable.valid()) handle.mount = std::exchange(object, std::move(readable));
  } else if (S_ISREG(status.st_mode)) {
    handle.kind = HandleKind::path;
  } else {
    return fail(fmt::format("cannot give {} to the guest: neither a directory nor a regular file", mount.path),
                "devices, FIFOs and sockets of the host are not passed through");
  }
  handle.descriptor = object.get();
  handle.owned = std::move(object);
  if (const std::int64_t number = table.add(std::move(handle)); number < 0)
    return fail_errno(fmt::format("no handle for {}", mount.path), static_cast<int>(-number), "raise ulimit -n");
  return {};
}

}  // namespace

Expected<void> add_standard_handles(HandleTable& table, const std::array<int, 3>& streams,
                                    const std::vector<HostMount>& mounts) {
  for (const int stream : streams) add_standard_stream(table, stream);
  for (const HostMount& mount : mounts) BARYON_TRY(add_mount(table, mount));
  return {};
}

std::int64_t add_stream(HandleTable& table, UniqueFd descriptor) {
  Handle handle;
  if (!describe_stream(descriptor.get(), handle)) return -EBADF;
  handle.owned = std::move(descriptor);
  return table.add(std::move(handle));
}

}  // namespace baryon::host

#include "hypervisor/files/open.hpp"

#include <fcntl.h>

#include <cerrno>

namespace baryon::host {
namespace {

constexpr std::uint64_t kKnownFlags = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |
                                      O_SYNC | O_DSYNC | O_DIRECT | 0100000 /* O_LARGEFILE */ | O_DIRECTORY |
                                      O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE;
// Flags that are the guest kernel's own business, or mean nothing for regular files. O_DIRECT would pass the host's
// alignment rules on to guest buffers; the guest has no use for it, as its kernel keeps no second cache.
constexpr std::uint64_t kDroppedFlags = O_NOCTTY | O_NONBLOCK | O_DIRECT | O_CLOEXEC;

// The name may be created and removed by others while we look: that many rounds of "not there" and "already there".
constexpr int kCreateAttempts = 8;

bool is_temporary(std::uint64_t flags) { return (flags & O_TMPFILE) == O_TMPFILE; }

bool wants_change(std::uint64_t flags) {
  return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0 || is_temporary(flags);
}

// Errors of opening that mean "this host process has no descriptor left".
std::int64_t to_result(int error) { return error == EMFILE ? -ENFILE : -error; }

// `object` opened for data with `flags`, if it is something that may be opened.
Found<UniqueFd> open_object(int object, std::uint64_t flags) {
  struct stat status;
  if (::fstat(object, &status) != 0) return std::unexpected(errno);
  if (S_ISLNK(status.st_mode)) return std::unexpected(ELOOP);
  if (S_ISDIR(status.st_mode)) {
    // A directory opens for reading alone; the rest is open(2)'s EISDIR.
    if ((flags & O_CREAT) != 0) return std::unexpected(EISDIR);
    return reopen(object, static_cast<int>(flags | O_DIRECTORY));
  }
  if ((flags & O_DIRECTORY) != 0) return std::unexpected(ENOTDIR);
  if (!S_ISREG(status.st_mode)) return std::unexpected(EACCES);
  return reopen(object, static_cast<int>(flags & ~static_cast<std::uint64_t>(O_CREAT | O_EXCL)));
}

// An existing object, or a regular file created by this very call: nothing else is ever opened, so no device and no
// FIFO sees an open(2) of ours.
Found<UniqueFd> open_or_create(LookupBase base, const char* path, std::uint64_t flags, std::uint64_t mode) {
  const bool create = (flags & O_CREAT) != 0;
  const bool exclusive = create && (flags & O_EXCL) != 0;
  const bool follow = (flags & O_NOFOLLOW) == 0 && !exclusive;
  for (int attempt = 0; attempt < kCreateAttempts; ++attempt) {
    auto object = find_object(base, path, follow);
    if (object) {
      if (exclusive) return std::unexpected(EEXIST);
      return open_object(object->get(), flags);
    }
    if (!create || object.error() != ENOENT) return object;
    auto created = open_beneath(base, path, flags | O_EXCL, mode);
    if (created || created.error() != EEXIST || exclusive) return created;
  }
  // Somebody plays with the name, or it is a symbolic link to nothing, which the guest kernel resolves itself.
  return std::unexpected(ENOENT);
}

}  // namespace

std::int64_t open_file(HandleTable& table, std::uint32_t base_number, const GuestPath& path, std::uint64_t flags,
                       std::uint64_t mode) {
  const Handle* base = table.find(base_number);
  if (base == nullptr) return -EBADF;
  if ((flags & ~kKnownFlags) != 0) return -EINVAL;
  flags &= ~kDroppedFlags;
  const bool only_path = (flags & O_PATH) != 0;
  if (only_path) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
  // A borrowed descriptor is to be used as it is: opening its object again could give more access than it has.
  if (base->borrowed) return path.empty() ? -EACCES : -ENOTDIR;
  if (!path.empty() && base->kind != HandleKind::directory) return -ENOTDIR;
  if (base->read_only && wants_change(flags)) return -EROFS;
  const bool creates = (flags & O_CREAT) != 0 || is_temporary(flags);
  mode = creates ? mode & 07777 : 0;

  auto open_it = [&]() -> Found<UniqueFd> {
    if (is_temporary(flags)) return open_beneath(base->base(), path.empty() ? "." : path.c_str(), flags, mode);
    if (only_path) {
      if (path.empty()) {
        const int copy = ::fcntl(base->descriptor, F_DUPFD_CLOEXEC, 3);
        if (copy < 0) return std::unexpected(errno);
        return UniqueFd(copy);
      }
      return find_object(base->base(), path.c_str(), (flags & O_NOFOLLOW) == 0);
    }
    if (path.empty()) return open_object(base->descriptor, flags);
    return open_or_create(base->base(), path.c_str(), flags, mode);
  };
  auto opened = open_it();
  if (!opened) return to_result(opened.error());

  struct stat status;
  if (::fstat(opened->get(), &status) != 0) return -errno;
  Handle handle;
  if (S_ISDIR(status.st_mode)) {
    handle.kind = HandleKind::directory;
  } else if (only_path) {
    if ((flags & O_DIRECTORY) != 0) return -ENOTDIR;
    handle.kind = HandleKind::path;
  } else if (S_ISREG(status.st_mode)) {
    handle.kind = HandleKind::file;
    handle.readable = (flags & O_ACCMODE) != O_WRONLY;
    handle.writable = (flags & O_ACCMODE) != O_RDONLY;
  } else {
    return -EACCES;
  }
  handle.descriptor = opened->get();
  handle.owned = *std::move(opened);
  handle.read_only = base->read_only;
  handle.is_root = base->is_root && path.empty() && handle.kind == HandleKind::directory;
  return table.add(std::move(handle));
}

}  // namespace baryon::host

#include "hypervisor/files/names.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace baryon::host {
namespace {

// Calls `action(directory, name)` with the parent directory of `path` and its last component.
template <class Action>
std::int64_t with_parent(const Handle& base, GuestPath& path, Action action) {
  if (base.kind != HandleKind::directory) return -ENOTDIR;
  const char* name = path.split_last();
  if (name == nullptr) return -EINVAL;
  if (path.empty()) return action(base.descriptor, name);
  auto parent = find_directory(base.base(), path.c_str());
  if (!parent) return -parent.error();
  return action(parent->get(), name);
}

std::int64_t to_result(int result) { return result == 0 ? 0 : -errno; }

}  // namespace

std::int64_t make_directory(const Handle& base, GuestPath& path, std::uint64_t mode) {
  return with_parent(base, path, [&](int directory, const char* name) {
    return to_result(::mkdirat(directory, name, static_cast<mode_t>(mode & 07777)));
  });
}

std::int64_t make_node(const Handle& base, GuestPath& path, std::uint64_t mode) {
  const std::uint64_t type = mode & S_IFMT;
  if (type != S_IFIFO && type != S_IFSOCK) return -EPERM;
  return with_parent(base, path, [&](int directory, const char* name) {
    return to_result(::mknodat(directory, name, static_cast<mode_t>(type | (mode & 0777)), 0));
  });
}

std::int64_t unlink_name(const Handle& base, GuestPath& path, std::uint64_t flags) {
  if (flags != 0 && flags != AT_REMOVEDIR) return -EINVAL;
  return with_parent(base, path, [&](int directory, const char* name) {
    return to_result(::unlinkat(directory, name, static_cast<int>(flags)));
  });
}

std::int64_t make_symlink(const Handle& base, GuestPath& path, const GuestPath& target) {
  if (target.empty()) return -ENOENT;
  return with_parent(base, path, [&](int directory, const char* name) {
    return to_result(::symlinkat(target.c_str(), directory, name));
  });
}

std::int64_t make_link(const Handle& base, GuestPath& path, const Handle& new_base, GuestPath& new_path) {
  return with_parent(new_base, new_path, [&](int new_directory, const char* new_name) -> std::int64_t {
    if (path.empty()) {
      if (base.kind == HandleKind::directory) return -EPERM;
      return link_object(base.descriptor, new_directory, new_name);
    }
    return with_parent(base, path, [&](int directory, const char* name) {
      return to_result(::linkat(directory, name, new_directory, new_name, 0));
    });
  });
}

std::int64_t rename_name(const Handle& base, GuestPath& path, const Handle& new_base, GuestPath& new_path,
                         std::uint64_t flags) {
  // RENAME_WHITEOUT makes a device node; overlayfs alone needs it.
  if ((flags & ~static_cast<std::uint64_t>(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0) return -EINVAL;
  return with_parent(base, path, [&](int directory, const char* name) {
    return with_parent(new_base, new_path, [&](int new_directory, const char* new_name) {
      return to_result(::renameat2(directory, name, new_directory, new_name, static_cast<unsigned>(flags)));
    });
  });
}

std::int64_t read_symlink(const Handle& base, GuestPath& path, char* out, std::size_t size) {
  if (size == 0) return -EINVAL;
  auto read = [&](int directory, const char* name) -> std::int64_t {
    const ssize_t bytes = ::readlinkat(directory, name, out, size);
    return bytes >= 0 ? bytes : -errno;
  };
  if (path.empty()) {
    if (base.kind != HandleKind::path) return -EINVAL;
    const std::int64_t bytes = read(base.descriptor, "");
    return bytes == -ENOENT ? -EINVAL : bytes;  // readlinkat(2): ENOENT for "" when it is no symbolic link
  }
  return with_parent(base, path, read);
}

}  // namespace baryon::host

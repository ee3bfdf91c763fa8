#include "hypervisor/files/attributes.hpp"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace baryon::host {
namespace {

bool served(std::string_view name) { return name.starts_with("user.") && name.size() <= XATTR_NAME_MAX; }

// Calls `action(descriptor)` with the object opened for reading: the f*xattr calls refuse O_PATH descriptors.
template <class Action>
std::int64_t with_opened(const Handle& base, const GuestPath& path, Action action) {
  UniqueFd found;
  int object = base.descriptor;
  if (!path.empty()) {
    if (base.kind != HandleKind::directory) return -ENOTDIR;
    auto looked_up = find_object(base.base(), path.c_str(), /*follow=*/false);
    if (!looked_up) return -looked_up.error();
    found = *std::move(looked_up);
    object = found.get();
  }
  struct stat status;
  if (::fstat(object, &status) != 0) return -errno;
  // Nothing else can have user attributes (xattr(7)), and opening it might have effects.
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return -EPERM;
  auto opened = reopen(object, O_RDONLY | O_NONBLOCK);
  if (!opened) return -opened.error();
  return action(opened->get());
}

std::int64_t to_result(ssize_t result) { return result >= 0 ? result : -errno; }

}  // namespace

std::int64_t get_attribute(const Handle& base, const GuestPath& path, const GuestPath& name, std::span<char> out) {
  if (!served(name.c_str())) return -ENODATA;
  const std::int64_t bytes = with_opened(base, path, [&](int descriptor) {
    return to_result(::fgetxattr(descriptor, name.c_str(), out.data(), out.size()));
  });
  return bytes == -EPERM ? -ENODATA : bytes;
}

std::int64_t set_attribute(const Handle& base, const GuestPath& path, const GuestPath& name,
                           std::span<const char> value, std::uint64_t flags) {
  if (flags > (XATTR_CREATE | XATTR_REPLACE)) return -EINVAL;
  if (!served(name.c_str())) return -EPERM;
  // The guest may change the bytes meanwhile; the kernel copies them once.
  return with_opened(base, path, [&](int descriptor) {
    return to_result(::fsetxattr(descriptor, name.c_str(), value.data(), value.size(), static_cast<int>(flags)));
  });
}

std::int64_t remove_attribute(const Handle& base, const GuestPath& path, const GuestPath& name) {
  if (!served(name.c_str())) return -ENODATA;
  const std::int64_t result =
      with_opened(base, path, [&](int descriptor) { return to_result(::fremovexattr(descriptor, name.c_str())); });
  return result == -EPERM ? -ENODATA : result;
}

std::int64_t list_attributes(const Handle& base, const GuestPath& path, std::span<char> out) {
  std::vector<char> all(XATTR_LIST_MAX);
  const std::int64_t bytes = with_opened(
      base, path, [&](int descriptor) { return to_result(::flistxattr(descriptor, all.data(), all.size())); });
  if (bytes < 0) return bytes == -EPERM || bytes == -EOPNOTSUPP ? 0 : bytes;
  std::size_t used = 0;
  for (std::size_t at = 0; at < static_cast<std::size_t>(bytes);) {
    const std::size_t length = ::strnlen(all.data() + at, static_cast<std::size_t>(bytes) - at) + 1;
    if (served({all.data() + at, length - 1})) {
      if (used + length > out.size()) return -ERANGE;
      std::memcpy(out.data() + used, all.data() + at, length);
      used += length;
    }
    at += length;
  }
  return static_cast<std::int64_t>(used);
}

}  // namespace baryon::host

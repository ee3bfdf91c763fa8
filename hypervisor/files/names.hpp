// QCalls that make, remove and read names. The parent directory is resolved inside the mount, then the operation is
// done on the last component alone, which is never "", ".", ".." (-EINVAL). All return 0 (read_link: bytes) or a
// negative errno. Whether the mount may be changed is the caller's check.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hypervisor/files/handle_table.hpp"
#include "hypervisor/files/path.hpp"

namespace baryon::host {

// These consume their paths (GuestPath::split_last).
[[nodiscard]] std::int64_t make_directory(const Handle& base, GuestPath& path, std::uint64_t mode);
// A FIFO or a socket's name; -EPERM for anything else. Nothing on the host's side ever opens it.
[[nodiscard]] std::int64_t make_node(const Handle& base, GuestPath& path, std::uint64_t mode);
[[nodiscard]] std::int64_t unlink_name(const Handle& base, GuestPath& path, std::uint64_t flags);
[[nodiscard]] std::int64_t make_symlink(const Handle& base, GuestPath& path, const GuestPath& target);
// An empty `path` links the object of `base` itself (a handle opened with O_TMPFILE, for one).
[[nodiscard]] std::int64_t make_link(const Handle& base, GuestPath& path, const Handle& new_base, GuestPath& new_path);
[[nodiscard]] std::int64_t rename_name(const Handle& base, GuestPath& path, const Handle& new_base, GuestPath& new_path,
                                       std::uint64_t flags);
// An empty `path` reads the link behind `base`. At most `size` bytes, not NUL-terminated.
[[nodiscard]] std::int64_t read_symlink(const Handle& base, GuestPath& path, char* out, std::size_t size);

}  // namespace baryon::host

// QCalls about an object's metadata. Every function resolves `path` below `base` (empty: `base` itself) and returns 0
// or a negative errno. Whether the mount may be changed is the caller's check.
#pragma once

#include <cstdint>

#include "hypervisor/files/handle_table.hpp"
#include "hypervisor/files/path.hpp"
#include "kernel/abi/qcall.hpp"

namespace baryon::host {

// `flags`: AT_SYMLINK_NOFOLLOW or 0.
[[nodiscard]] std::int64_t stat_file(const Handle& base, const GuestPath& path, std::uint64_t flags,
                                     abi::FileStat& out);

// The handle's own object.
[[nodiscard]] std::int64_t stat_file(const Handle& handle, abi::FileStat& out);

// Follows a final symbolic link, as chmod(2).
[[nodiscard]] std::int64_t chmod_file(const Handle& base, const GuestPath& path, std::uint64_t mode);

[[nodiscard]] std::int64_t chown_file(const Handle& base, const GuestPath& path, std::uint64_t uid, std::uint64_t gid,
                                      std::uint64_t flags);

// `times`: atime s, ns, mtime s, ns.
[[nodiscard]] std::int64_t utimens_file(const Handle& base, const GuestPath& path, const std::uint64_t (&times)[4],
                                        std::uint64_t flags);

[[nodiscard]] std::int64_t stat_file_system(const Handle& handle, abi::FileSystemStat& out);

}  // namespace baryon::host

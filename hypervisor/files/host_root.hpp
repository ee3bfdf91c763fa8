// Path resolution that cannot leave a mount.
//
// Every lookup is an openat2(2) below a directory descriptor: RESOLVE_IN_ROOT from a mount's root (absolute symbolic
// links and ".." stay inside it), RESOLVE_BENEATH from any other directory (they are refused with EXDEV), never through
// magic links. procfs of the host is not entered: /proc/<pid>/mem of this very process would be in reach.
//
// Objects are found with O_PATH first, which has no side effect on devices and FIFOs, and reopened only when they turn
// out to be regular files or directories.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <expected>

#include "hypervisor/files/unique_fd.hpp"

namespace baryon::host {

// Where a lookup starts. `is_root`: `descriptor` is a mount's root.
struct LookupBase {
  int descriptor;
  bool is_root;
};

// A positive errno in the error case.
template <class T>
using Found = std::expected<T, int>;

// openat2 as above; retried a few times when a concurrent rename makes the kernel unsure (EAGAIN).
// `resolve`: further RESOLVE_* restrictions.
[[nodiscard]] Found<UniqueFd> open_beneath(LookupBase base, const char* path, std::uint64_t flags,
                                           std::uint64_t mode = 0, std::uint64_t resolve = 0) noexcept;

// O_PATH lookup of the object at `path`, which is not on procfs (EACCES). `follow`: a final symbolic link is followed.
[[nodiscard]] Found<UniqueFd> find_object(LookupBase base, const char* path, bool follow,
                                          std::uint64_t resolve = 0) noexcept;

// O_PATH lookup of a directory that is not on procfs; for operations on a name in it.
[[nodiscard]] Found<UniqueFd> find_directory(LookupBase base, const char* path) noexcept;

// Opens the very object behind `object` (O_PATH or not) with `flags`. Needs /proc/self/fd at the time of the first
// call of prepare_reopen(), not afterwards: a chroot in between does no harm.
[[nodiscard]] Found<UniqueFd> reopen(int object, int flags) noexcept;

// chmod(2) of the very object behind `object`.
[[nodiscard]] int change_mode(int object, mode_t mode) noexcept;  // 0 or a negative errno

// link(2) of the very object behind `object` to `name` in `directory`.
[[nodiscard]] int link_object(int object, int directory, const char* name) noexcept;  // 0 or a negative errno

// Opens /proc/self/fd once for the process. False with errno when there is none.
[[nodiscard]] bool prepare_reopen() noexcept;

}  // namespace baryon::host

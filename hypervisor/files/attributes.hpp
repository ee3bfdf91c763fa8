// Extended attributes of host files: those that begin with "user.", of regular files and directories. Everything else
// (security labels, capabilities, overlay marks) means something to the host and is neither shown nor changed.
//
// Results are >= 0 or a negated errno. A symbolic link at the end of the path is not followed and has no attributes.
#pragma once

#include <cstdint>
#include <span>

#include "hypervisor/files/handle_table.hpp"
#include "hypervisor/files/path.hpp"

namespace baryon::host {

// ENODATA for names that are not served; ERANGE if `out` is too small.
[[nodiscard]] std::int64_t get_attribute(const Handle& base, const GuestPath& path, const GuestPath& name,
                                         std::span<char> out);
// EPERM for names that are not served. `flags`: XATTR_CREATE, XATTR_REPLACE.
[[nodiscard]] std::int64_t set_attribute(const Handle& base, const GuestPath& path, const GuestPath& name,
                                         std::span<const char> value, std::uint64_t flags);
[[nodiscard]] std::int64_t remove_attribute(const Handle& base, const GuestPath& path, const GuestPath& name);
// ERANGE if `out` is too small.
[[nodiscard]] std::int64_t list_attributes(const Handle& base, const GuestPath& path, std::span<char> out);

}  // namespace baryon::host

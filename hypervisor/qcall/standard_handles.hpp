// The handles that exist from the start: standard streams (0-2), then the mounts.
#pragma once

#include <array>
#include <vector>

#include "hypervisor/files/handle_table.hpp"
#include "hypervisor/qcall/server.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

// `table` is empty. Streams are borrowed: never closed, their flags never changed. A mount that cannot be opened, or is
// neither a directory nor a regular file, is an error that names it.
Expected<void> add_standard_handles(HandleTable& table, const std::array<int, 3>& streams,
                                    const std::vector<HostMount>& mounts);

// A stream that comes later, or beside the standard ones: the table owns it, and the guest may close it. Its handle,
// -EBADF, -ENFILE.
std::int64_t add_stream(HandleTable& table, UniqueFd descriptor);

}  // namespace baryon::host

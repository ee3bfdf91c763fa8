// What `exec` asks for, and the request that a sandbox understands.
#pragma once

#include <cstddef>
#include <vector>

#include "hypervisor/oci/config.hpp"
#include "hypervisor/oci/flags.hpp"

namespace baryon::host::oci {

// The process of --process, or the bundle's own with what the flags and arguments say instead, as runc does it.
[[nodiscard]] Expected<Process> process_of(const Parsed& flags, const Config& config);

// An abi::ExecRequest for `streams` descriptors. Refused: a request larger than abi::kMaxExecRequest.
[[nodiscard]] Expected<std::vector<std::byte>> exec_request(const Process& process,
                                                            const std::vector<std::uint64_t>& filter,
                                                            std::uint32_t streams);

}  // namespace baryon::host::oci

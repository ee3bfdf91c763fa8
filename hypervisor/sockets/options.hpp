// Which socket options a guest may use. All others are refused with ENOPROTOOPT.
#pragma once

#include <cstddef>
#include <cstdint>

namespace baryon::host {

// 0 or the length (get), or a negative errno. `value` is private memory of `size` bytes at most 256.
[[nodiscard]] std::int64_t get_socket_option(int descriptor, std::uint64_t level, std::uint64_t name, std::byte* value,
                                             std::size_t size);
[[nodiscard]] std::int64_t set_socket_option(int descriptor, std::uint64_t level, std::uint64_t name,
                                             const std::byte* value, std::size_t size);
// Whether a control message may be sent.
[[nodiscard]] bool may_send_control(int level, int type);

}  // namespace baryon::host

// Terminal control on the standard streams, and putting their modes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace baryon::host {

// The kernel's struct termios (asm-generic/termbits.h), as TCGETS fills it; not the C library's larger one.
inline constexpr std::size_t kTermiosSize = 36;
inline constexpr std::size_t kWinsizeSize = 8;

// 0 or a negative errno (-ENOTTY).
[[nodiscard]] std::int64_t get_terminal(int descriptor, std::byte (&modes)[kTermiosSize]) noexcept;
[[nodiscard]] std::int64_t get_window_size(int descriptor, std::byte (&size)[kWinsizeSize]) noexcept;
[[nodiscard]] std::int64_t set_window_size(int descriptor, const std::byte (&size)[kWinsizeSize]) noexcept;

// `request`: TCSETS, TCSETSW or TCSETSF (-EINVAL otherwise). Never waits for output to drain: while there is some and
// the request is one that waits, the answer is -EAGAIN and nothing has changed.
[[nodiscard]] std::int64_t set_terminal(int descriptor, std::uint64_t request,
                                        const std::byte (&modes)[kTermiosSize]) noexcept;

// Remembers the modes of those descriptors that are terminals, for restore_terminals(). The latest call counts.
void remember_terminals(std::span<const int> descriptors) noexcept;

// Puts back what set_terminal() has changed since remember_terminals(). Async-signal-safe, any thread, repeatable.
void restore_terminals() noexcept;

}  // namespace baryon::host

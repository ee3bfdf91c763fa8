// What the QCall server asks of whoever starts programs in the running sandbox (kernel/abi/program.hpp).
//
// Called with the server's mutex held: an implementation must not call back into the server and must not block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace baryon::host {

struct ExecDesk {
  virtual ~ExecDesk() = default;

  // The request with that number, once: bytes written, or -ENOENT, -ENOSPC.
  virtual std::int64_t fetch(std::uint64_t number, std::span<std::byte> out) = 0;

  // The guest says what became of it. `text` is the guest's, unchecked. 0, -ENOENT, -EINVAL.
  virtual std::int64_t report(std::uint64_t number, std::uint64_t event, std::uint64_t value,
                              std::string_view text) = 0;
};

}  // namespace baryon::host

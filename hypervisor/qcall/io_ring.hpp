// The server's io_uring. Everything but create() and the destructor belongs to one thread, the server's.
//
// Where the host knows them (Linux 6.1), IORING_SETUP_SINGLE_ISSUER and DEFER_TASKRUN are used: completions are
// produced only when this thread asks, so they interrupt nobody. The ring is created disabled and enabled by its
// thread.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>

#include "hypervisor/qcall/operation.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

// What a completion is for.
struct Token {
  enum class Kind : std::uint8_t { doorbell, operation, ignored };
  Kind kind;
  std::uint8_t queue;
  std::uint8_t slot;
  std::uint32_t generation;

  [[nodiscard]] std::uint64_t encode() const noexcept {
    return static_cast<std::uint64_t>(generation) << 32 | static_cast<std::uint64_t>(slot) << 16 |
           static_cast<std::uint64_t>(queue) << 8 | static_cast<std::uint64_t>(kind);
  }
  static Token decode(std::uint64_t value) noexcept {
    return {static_cast<Kind>(value & 0xff), static_cast<std::uint8_t>(value >> 8),
            static_cast<std::uint8_t>(value >> 16), static_cast<std::uint32_t>(value >> 32)};
  }
};

struct RingCompletion {
  Token token;
  std::int32_t result;
};

class IoRing {
 public:
  // The error names what forbids io_uring on this host.
  static Expected<std::unique_ptr<IoRing>> create();
  ~IoRing();
  IoRing(const IoRing&) = delete;
  IoRing& operator=(const IoRing&) = delete;

  // The calling thread becomes the ring's. 0 or a negative errno.
  [[nodiscard]] int enable() noexcept;

  // These queue a request; submit() or wait() hands it to the kernel. `buffer` and the operation's transfer must stay
  // until the completion.
  void read_doorbell(int descriptor, std::uint64_t* buffer) noexcept;
  void poll(int descriptor, std::uint32_t events, Token token) noexcept;
  void transfer(int descriptor, const Transfer& transfer, Token token) noexcept;
  void sync(int descriptor, bool data_only, Token token) noexcept;
  void timer(const __kernel_timespec& delay, Token token) noexcept;  // `delay` is copied by submit()
  void cancel(Token token) noexcept;

  void submit() noexcept;
  // Submits, then sleeps until there is a completion. Returns early on a signal.
  void wait() noexcept;
  // As wait(), for at most `milliseconds`.
  void wait_for(std::int64_t milliseconds) noexcept;

  // Cheap: whether next() might find something.
  [[nodiscard]] bool ready() const noexcept;
  [[nodiscard]] bool next(RingCompletion& completion) noexcept;

  // Requests that the kernel has not answered yet.
  [[nodiscard]] std::uint64_t outstanding() const noexcept { return outstanding_; }

 private:
  IoRing() = default;
  io_uring_sqe* entry(Token token) noexcept;

  io_uring ring_{};
  bool created_ = false;
  bool deferred_ = false;  // IORING_SETUP_DEFER_TASKRUN is on
  std::uint64_t outstanding_ = 0;
};

}  // namespace baryon::host

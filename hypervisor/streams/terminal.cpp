#include "hypervisor/streams/terminal.hpp"

#include <asm/ioctls.h>
#include <signal.h>
#include <sys/ioctl.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace baryon::host {
namespace {

constexpr std::size_t kMaxTerminals = 3;

// Plain data with a fixed place, so that a signal handler can use it. `changed` is the publication: `modes` and
// `descriptor` are written before it can become true.
struct Remembered {
  int descriptor = -1;
  std::byte modes[kTermiosSize] = {};
  std::atomic<bool> changed{false};
};
constinit Remembered remembered[kMaxTerminals];

bool output_pending(int descriptor) {
  int bytes = 0;
  return ::ioctl(descriptor, TIOCOUTQ, &bytes) == 0 && bytes > 0;
}

}  // namespace

std::int64_t get_terminal(int descriptor, std::byte (&modes)[kTermiosSize]) noexcept {
  std::memset(modes, 0, sizeof modes);
  return ::ioctl(descriptor, TCGETS, modes) == 0 ? 0 : -errno;
}

std::int64_t get_window_size(int descriptor, std::byte (&size)[kWinsizeSize]) noexcept {
  std::memset(size, 0, sizeof size);
  return ::ioctl(descriptor, TIOCGWINSZ, size) == 0 ? 0 : -errno;
}

std::int64_t set_window_size(int descriptor, const std::byte (&size)[kWinsizeSize]) noexcept {
  return ::ioctl(descriptor, TIOCSWINSZ, size) == 0 ? 0 : -errno;
}

std::int64_t set_terminal(int descriptor, std::uint64_t request, const std::byte (&modes)[kTermiosSize]) noexcept {
  if (request != TCSETS && request != TCSETSW && request != TCSETSF) return -EINVAL;
  if (request != TCSETS && output_pending(descriptor)) return -EAGAIN;
  for (Remembered& terminal : remembered)
    if (terminal.descriptor == descriptor) terminal.changed.store(true);
  return ::ioctl(descriptor, request, modes) == 0 ? 0 : -errno;
}

void remember_terminals(std::span<const int> descriptors) noexcept {
  std::size_t count = 0;
  for (Remembered& terminal : remembered) {
    terminal.changed.store(false);
    terminal.descriptor = -1;
  }
  for (const int descriptor : descriptors) {
    if (count == kMaxTerminals) break;
    Remembered& terminal = remembered[count];
    if (descriptor < 0 || get_terminal(descriptor, terminal.modes) != 0) continue;
    terminal.descriptor = descriptor;
    ++count;
  }
}

void restore_terminals() noexcept {
  const int saved_errno = errno;
  // A background process that sets modes gets SIGTTOU, which would stop it in the middle of its exit; tcsetattr(3).
  sigset_t block;
  sigset_t previous;
  sigemptyset(&block);
  sigaddset(&block, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &block, &previous);
  for (Remembered& terminal : remembered)
    if (terminal.changed.exchange(false)) ::ioctl(terminal.descriptor, TCSETS, terminal.modes);
  ::pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  errno = saved_errno;
}

}  // namespace baryon::host

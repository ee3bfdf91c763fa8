#include "hypervisor/oci/process_setup.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

namespace baryon::host::oci {

void close_others(std::vector<int> kept, unsigned first) {
  std::ranges::sort(kept);
  for (const int descriptor : kept) {
    if (descriptor < static_cast<int>(first)) continue;
    const auto number = static_cast<unsigned>(descriptor);
    if (number > first) ::close_range(first, number - 1, 0);
    first = number + 1;
  }
  ::close_range(first, ~0u, 0);
}

void default_signals() {
  for (int number = 1; number < 32; ++number)
    if (number != SIGKILL && number != SIGSTOP) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace baryon::host::oci

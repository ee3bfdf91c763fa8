#include "hypervisor/oci/start_gate.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace baryon::host::oci {

namespace {

UniqueFd open_writer(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
}

}  // namespace

Expected<UniqueFd> StartGate::make(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) return fail_errno("cannot create " + path, errno);
  // For writing as well, so that a reader never sees the end of the file when a writer goes.
  UniqueFd gate(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!gate.valid()) return fail_errno("cannot open " + path, errno);
  return gate;
}

bool StartGate::wait(int descriptor) {
  for (;;) {
    char byte;
    const ssize_t got = ::read(descriptor, &byte, 1);
    if (got == 1) return true;
    if (got >= 0 || errno != EINTR) return false;
  }
}

bool StartGate::is_waiting(const std::string& path) { return open_writer(path).valid(); }

Expected<bool> StartGate::open_gate(const std::string& path) {
  {
    const UniqueFd gate = open_writer(path);
    if (!gate.valid()) {
      if (errno == ENXIO || errno == ENOENT) return false;
      return fail_errno("cannot open " + path, errno);
    }
    const char go = 1;
    ::signal(SIGPIPE, SIG_IGN);
    if (::write(gate.get(), &go, 1) != 1) {
      if (errno == EPIPE) return false;
      return fail_errno("cannot write to " + path, errno);
    }
  }
  // Short: the sandbox has nothing else to do. It may be frozen, though, and go later.
  for (int attempt = 0; attempt < 2000 && is_waiting(path); ++attempt) {
    const timespec pause{.tv_sec = 0, .tv_nsec = attempt < 50 ? 50'000 : 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

}  // namespace baryon::host::oci

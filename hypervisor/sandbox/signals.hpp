// The host's signals that a sandbox takes over: blocked in every thread, read from a signalfd.
#pragma once

#include <signal.h>
#include <sys/signalfd.h>

#include "hypervisor/support/error.hpp"

namespace baryon::host {

// Whether a key, a change of size or a hang-up has caused it: then it is for the terminal's foreground job.
[[nodiscard]] bool is_from_terminal(const signalfd_siginfo& info);

class SignalSource {
 public:
  // usual: those that people and terminals send. all: every one that can be caught, but for background access to the
  // terminal and the engine's kick.
  enum class Which : unsigned char { usual, all };

  // Blocks the signals in the calling thread; threads started later inherit that. A signal that the parent had set to
  // be ignored (nohup, a shell's background job) stays ignored and is not taken over.
  static Expected<SignalSource> create(Which which = Which::usual);

  SignalSource(SignalSource&& other) noexcept;
  SignalSource& operator=(SignalSource&&) = delete;
  SignalSource(const SignalSource&) = delete;
  SignalSource& operator=(const SignalSource&) = delete;
  // Restores the mask of the thread that destroys it, which is to be the creating one.
  ~SignalSource();

  // Readable when take() will find something.
  [[nodiscard]] int descriptor() const { return descriptor_; }

  struct Taken {
    int number;  // 0: there is none
    bool from_terminal;
  };
  // The next signal. Does not block.
  [[nodiscard]] Taken take() const;

 private:
  SignalSource(int descriptor, const sigset_t& before) : descriptor_(descriptor), before_(before) {}
  int descriptor_;
  sigset_t before_;
};

}  // namespace baryon::host

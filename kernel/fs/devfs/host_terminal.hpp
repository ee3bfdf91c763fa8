// A terminal of the host that a sandbox's streams are attached to. Its modes and its window are the host's; sessions
// and process groups, of which the host knows nothing, are kept here.
#pragma once

#include "kernel/fs/tty/terminal.hpp"

namespace baryon::fs {

class HostTerminal final : public Terminal {
 public:
  // The one that `device` (the host's st_rdev) stands for: all streams on it share it. `handle` opens it again.
  static Result<Ref<HostTerminal>> of(u64 device, u32 handle);
  Result<Ref<File>> open(u32 flags) override;
  // Nobody in the sandbox has opened it to make it a session's: it becomes that of the first who asks.
  void settle();

 private:
  template <class T, class... Args>
  friend Result<Ref<T>> baryon::make_ref(Args&&...);
  HostTerminal(u64 device, u32 handle) : Terminal(device), handle_(handle) {}
  ~HostTerminal() override;
  const u32 handle_;
  HostTerminal* next_known_ = nullptr;
};

}  // namespace baryon::fs

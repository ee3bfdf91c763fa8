#include "kernel/fs/devfs/host_terminal.hpp"

#include "kernel/fs/devfs/device.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::fs {
namespace {

constinit SpinLock known_lock;
constinit HostTerminal* known = nullptr;

}  // namespace

Result<Ref<HostTerminal>> HostTerminal::of(u64 device, u32 handle) {
  Ref<HostTerminal> fresh = TRY(make_ref<HostTerminal>(device, handle));
  SpinGuard guard(known_lock);
  for (HostTerminal* at = known; at != nullptr; at = at->next_known_)
    if (at->device == device && at->try_ref()) return Ref<HostTerminal>::adopt(at);
  fresh->next_known_ = known;
  known = fresh.get();
  return fresh;
}

HostTerminal::~HostTerminal() {
  SpinGuard guard(known_lock);
  for (HostTerminal** at = &known; *at != nullptr; at = &(*at)->next_known_)
    if (*at == this) {
      *at = next_known_;
      return;
    }
}

// The handle of a stream that is not one of the sandbox's own goes with that stream, so it cannot be shared.
Result<Ref<File>> HostTerminal::open(u32) {
  if (handle_ > abi::kHandleStderr) return Errno::nxio;
  return open_stream(handle_, 0);
}

void HostTerminal::settle() {
  sched::Process& self = sched::current_process();
  if (session() == 0 && !terminal_of_session(self.session_id)) assign(self.session_id, self.group_id);
}

}  // namespace baryon::fs

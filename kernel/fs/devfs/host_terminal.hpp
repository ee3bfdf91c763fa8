// A terminal of the host that a sandbox's streams are attached to. Its modes and its window are the host's; sessions
// and process groups, of which the host knows nothing, are kept here, as is its name in the sandbox.
#pragma once

#include "kernel/base/list.hpp"
#include "kernel/fs/tty/named_terminal.hpp"

namespace baryon::fs {

class HostTerminal;

// The host's handle of a stream: open files share it, the last one closes it. The sandbox's own standard streams stay
// open.
class StreamHandle final : public RefCounted {
 public:
  // `terminal`: null unless the host's object is one.
  StreamHandle(u32 number, Ref<HostTerminal> terminal);

  const u32 number;
  const Ref<HostTerminal> terminal;
  ListNode node;  // of the terminal's, under its lock

 private:
  ~StreamHandle() override;
};

class HostTerminal final : public NamedTerminal {
 public:
  // The one that `host_device` (the host's st_rdev) stands for: all streams on it share it. A new one is `owner`'s.
  static Result<Ref<HostTerminal>> of(u64 host_device, u32 owner);
  // Through a stream on it that is still open; ENXIO if there is none.
  Result<Ref<File>> open(u32 flags) override;
  // Nobody in the sandbox has opened it to make it a session's: it becomes that of the first who asks.
  void settle();

  void attach(StreamHandle& stream);
  void detach(StreamHandle& stream);

 private:
  template <class T, class... Args>
  friend Result<Ref<T>> baryon::make_ref(Args&&...);
  friend class NamedTerminal;
  HostTerminal(u32 number, u64 host_device, u32 owner) : NamedTerminal(number, owner), host_device_(host_device) {}
  ~HostTerminal() override;

  const u64 host_device_;
  // --- under the lock of all of them, in host_terminal.cpp ---
  HostTerminal* next_known_ = nullptr;
  List<StreamHandle, &StreamHandle::node> streams_;
};

}  // namespace baryon::fs

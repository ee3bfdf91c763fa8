// Signals: numbers, masks, siginfo, actions, queues. Layouts are Linux's generic ones, equal on x86-64
// and aarch64 (include/uapi/asm-generic/{siginfo,signal}.h, signal(7)).
#pragma once

#include "kernel/base/list.hpp"
#include "kernel/base/types.hpp"

namespace baryon::sched {

enum Signal : int {
  kSighup = 1,
  kSigint,
  kSigquit,
  kSigill,
  kSigtrap,
  kSigabrt,
  kSigbus,
  kSigfpe,
  kSigkill,
  kSigusr1,
  kSigsegv,
  kSigusr2,
  kSigpipe,
  kSigalrm,
  kSigterm,
  kSigstkflt,
  kSigchld,
  kSigcont,
  kSigstop,
  kSigtstp,
  kSigttin,
  kSigttou,
  kSigurg,
  kSigxcpu,
  kSigxfsz,
  kSigvtalrm,
  kSigprof,
  kSigwinch,
  kSigio,
  kSigpwr,
  kSigsys,
};
inline constexpr int kSignals = 64;
inline constexpr int kFirstRealtime = 32;  // queued one by one from here on

// Bit n-1 stands for signal n.
using SignalMask = u64;
constexpr SignalMask mask_of(int signal) { return u64{1} << (signal - 1); }
inline constexpr SignalMask kUnblockable = mask_of(kSigkill) | mask_of(kSigstop);
// Raised by the thread's own instructions: taken before all others.
inline constexpr SignalMask kSynchronous =
    mask_of(kSigsegv) | mask_of(kSigbus) | mask_of(kSigill) | mask_of(kSigtrap) | mask_of(kSigfpe) | mask_of(kSigsys);

// si_code values used here.
enum SignalCode : i32 {
  kSiUser = 0,
  kSiKernel = 0x80,
  kSiQueue = -1,
  kSiTimer = -2,
  kSiTkill = -6,
  kSegvMaperr = 1,
  kSegvAccerr = 2,
  kBusAdraln = 1,
  kBusAdrerr = 2,
  kIllOpn = 2,
  kFpeIntdiv = 1,
  kFpeFltinv = 7,
  kCldExited = 1,
  kCldKilled = 2,
  kCldDumped = 3,
  kCldStopped = 5,
  kCldContinued = 6,
  kTrapBrkpt = 1,
  kTrapTrace = 2,
};

struct SigInfo {
  i32 signo = 0;
  i32 error = 0;
  i32 code = 0;
  i32 pad = 0;
  union {
    struct {
      i32 pid;
      u32 uid;
      u64 value;  // sigqueue
    } user;
    struct {
      i32 id;
      i32 overrun;
      u64 value;
    } timer;
    struct {
      i32 pid;
      u32 uid;
      i32 status;
      i32 pad;
      i64 user_ticks, system_ticks;
    } child;
    struct {
      u64 address;
      u16 address_lsb;
    } fault;
    struct {
      u64 address;
      i32 number;
      u32 architecture;
    } system_call;
    u8 bytes[112] = {};
  };
};
static_assert(sizeof(SigInfo) == 128);

inline constexpr u64 kSigDefault = 0, kSigIgnore = 1;
enum SignalActionFlags : u64 {
  kSaNocldstop = 1,
  kSaNocldwait = 2,
  kSaSiginfo = 4,
  kSaRestorer = 0x04000000,
  kSaOnstack = 0x08000000,
  kSaRestart = 0x10000000,
  kSaNodefer = 0x40000000,
  kSaResethand = 0x80000000,
};
// The kernel's struct sigaction as rt_sigaction passes it.
struct SignalAction {
  u64 handler = kSigDefault;
  u64 flags = 0;
  u64 restorer = 0;
  SignalMask mask = 0;
};
static_assert(sizeof(SignalAction) == 32);

enum class DefaultAction { terminate, core, ignore, stop, resume };
DefaultAction default_action(int signal);

// stack_t, as sigaltstack(2) exchanges it.
struct AlternateStack {
  u64 base = 0;
  i32 flags = 2;  // SS_DISABLE
  i32 pad = 0;
  u64 size = 0;
};
inline constexpr i32 kSsOnstack = 1, kSsDisable = 2;
inline constexpr i32 kSsAutodisarm = static_cast<i32>(1u << 31);

// Pending signals of a thread or a process. A signal below kFirstRealtime is pending at most once, a
// real-time signal as often as it was sent. The owner provides the lock.
class PendingSignals {
 public:
  struct Entry {
    ListNode node;
    SigInfo info;
  };

  ~PendingSignals() { flush(~u64{0}); }
  SignalMask set() const { return set_; }
  u32 queued() const { return queued_; }
  // Takes ownership of `entry`. nullptr: the siginfo could not be kept, only the bit is set.
  void add(int signal, Entry* entry);
  // Removes the next signal of `mask` (synchronous ones first, then the lowest number, oldest first) and
  // returns its number; 0: none.
  int take(SignalMask mask, SigInfo& info);
  // Forgets all signals in `mask`.
  void flush(SignalMask mask);

 private:
  SignalMask set_ = 0;
  u32 queued_ = 0;
  List<Entry, &Entry::node> entries_;
};

}  // namespace baryon::sched

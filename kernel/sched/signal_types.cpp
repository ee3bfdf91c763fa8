#include "kernel/sched/signal_types.hpp"

#include "kernel/base/heap.hpp"

namespace baryon::sched {

// signal(7), "Standard signals". Real-time signals terminate.
DefaultAction default_action(int signal) {
  switch (signal) {
    case kSigquit:
    case kSigill:
    case kSigtrap:
    case kSigabrt:
    case kSigbus:
    case kSigfpe:
    case kSigsegv:
    case kSigxcpu:
    case kSigxfsz:
    case kSigsys: return DefaultAction::core;
    case kSigchld:
    case kSigurg:
    case kSigwinch: return DefaultAction::ignore;
    case kSigstop:
    case kSigtstp:
    case kSigttin:
    case kSigttou: return DefaultAction::stop;
    case kSigcont: return DefaultAction::resume;
    default: return DefaultAction::terminate;
  }
}

void PendingSignals::add(int signal, Entry* entry) {
  set_ |= mask_of(signal);
  if (entry == nullptr) return;
  entry->info.signo = signal;
  entries_.push_back(*entry);
  ++queued_;
}

int PendingSignals::take(SignalMask mask, SigInfo& info) {
  SignalMask candidates = set_ & mask;
  if (candidates == 0) return 0;
  if ((candidates & kSynchronous) != 0) candidates &= kSynchronous;
  const int signal = __builtin_ctzll(candidates) + 1;
  Entry* found = nullptr;
  bool more = false;
  for (Entry& entry : entries_) {
    if (entry.info.signo != signal) continue;
    if (found == nullptr) {
      found = &entry;
    } else {
      more = true;
      break;
    }
  }
  if (!more) set_ &= ~mask_of(signal);
  if (found == nullptr) {
    // The details were lost for want of memory or room: as if kill(2) by nobody had sent it.
    info = SigInfo{};
    info.signo = signal;
    info.code = kSiUser;
    return signal;
  }
  info = found->info;
  found->node.unlink();
  --queued_;
  delete found;
  return signal;
}

void PendingSignals::flush(SignalMask mask) {
  set_ &= ~mask;
  for (Entry* entry = entries_.front(); entry != nullptr;) {
    Entry* next = entries_.next(*entry);
    if ((mask_of(entry->info.signo) & mask) != 0) {
      entry->node.unlink();
      --queued_;
      delete entry;
    }
    entry = next;
  }
}

}  // namespace baryon::sched

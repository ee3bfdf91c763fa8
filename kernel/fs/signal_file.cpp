#include "kernel/fs/signal_file.hpp"

#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"

namespace baryon::fs {
namespace {

// struct signalfd_siginfo (linux/signalfd.h).
struct Record {
  u32 signo;
  i32 error, code;
  u32 pid, uid;
  i32 fd;
  u32 tid, band, overrun, trap;
  i32 status, value;
  u64 pointer, user_time, system_time, address;
  u16 address_lsb, pad;
  i32 syscall;
  u64 call_address;
  u32 arch;
  u8 reserved[28];
};
static_assert(sizeof(Record) == 128);

Record record_of(const sched::SigInfo& info) {
  Record record = {};
  record.signo = static_cast<u32>(info.signo);
  record.error = info.error;
  record.code = info.code;
  if (info.code == sched::kSiTimer) {
    record.tid = static_cast<u32>(info.timer.id);
    record.overrun = static_cast<u32>(info.timer.overrun);
    record.value = static_cast<i32>(info.timer.value);
    record.pointer = info.timer.value;
  } else {
    record.pid = static_cast<u32>(info.user.pid);
    record.uid = info.user.uid;
    // SIGCHLD's siginfo has the status where sigqueue's has the value (siginfo_t).
    record.status = info.signo == sched::kSigchld ? static_cast<i32>(info.user.value) : 0;
    record.value = static_cast<i32>(info.user.value);
    record.pointer = info.user.value;
  }
  return record;
}

}  // namespace

void SignalFile::set_mask(sched::SignalMask mask) {
  mask_.store(mask, std::memory_order_relaxed);
  sched::current_process().signal_queue.wake_all(kPollIn | kPollReadNormal);
}

Result<u64> SignalFile::read_at(IoBuffer& buffer, u64) {
  if (buffer.remaining() < sizeof(Record)) return Errno::inval;
  u64 done = 0;
  while (buffer.remaining() >= sizeof(Record)) {
    sched::SigInfo info;
    int signal = sched::take_signal(mask(), info);
    if (signal == 0) {
      if (done) return done;
      if (nonblocking()) return Errno::again;
      TRY(sched::wait(sched::current_process().signal_queue,
                      [&] { return (signal = sched::take_signal(mask(), info)) != 0; }));
    }
    const Record record = record_of(info);
    auto copied = buffer.copy_in(&record, sizeof record);
    if (!copied.ok()) return done ? Result<u64>(done) : copied.error();
    done += sizeof record;
  }
  return done;
}

u32 SignalFile::poll(u32) {
  sched::Task& task = sched::current();
  SpinGuard guard(task.process->lock);
  const bool any = ((task.pending.set() | task.process->shared_pending.set()) & mask()) != 0;
  return any ? kPollIn | kPollReadNormal : 0;
}

sched::WaitQueue* SignalFile::poll_queue() { return &sched::current_process().signal_queue; }

}  // namespace baryon::fs

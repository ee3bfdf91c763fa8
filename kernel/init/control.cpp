#include "kernel/init/control.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/log.hpp"
#include "kernel/fs/tty/terminal.hpp"
#include "kernel/init/exec.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/signal.hpp"

namespace baryon::init {
namespace {

abi::ControlChannel* channel = nullptr;

// `exec` 0: process 1.
void signal_one(u64 exec, int number) {
  if (exec == 0) sched::signal_process(1, number);
  else signal_exec(exec, number);
}

// The job that has the terminal of process 1 or of an exec; without job control, that process. A hang-up is the
// session's leader's to hear of as well (POSIX.1-2017, 11.1.10).
void signal_from_terminal(u64 exec, int number) {
  const Ref<sched::Process> process = sched::find_process(exec == 0 ? 1 : pid_of_exec(exec));
  const Ref<fs::Terminal> terminal = process ? fs::terminal_of_session(process->session_id) : Ref<fs::Terminal>();
  const u32 foreground = terminal ? terminal->foreground() : 0;
  if (foreground == 0 || (number == sched::kSighup && foreground != process->group_id)) signal_one(exec, number);
  if (foreground != 0) terminal->signal_foreground(number);
}

void handle(const abi::ControlMessage& message) {
  switch (message.kind) {
    case abi::ControlKind::signal:
      if (message.arg[0] >= 1 && message.arg[0] <= sched::kSignals)
        signal_one(message.arg[1], static_cast<int>(message.arg[0]));
      return;
    case abi::ControlKind::terminal:
      if (message.arg[0] >= 1 && message.arg[0] <= sched::kSignals)
        signal_from_terminal(message.arg[1], static_cast<int>(message.arg[0]));
      return;
    case abi::ControlKind::exec:
      if (!announce_exec(message.arg[0], message.arg[1])) log_warn("the host asks for too many programs at a time");
      return;
    case abi::ControlKind::stop: {
      const u32 signal = message.arg[0] & 0x7f;
      if (Ref<sched::Process> process = sched::find_process(1))
        process->begin_exit(signal != 0 ? signal : sched::kSigkill);
      return;
    }
    case abi::ControlKind::none: return;
  }
  log_warn("control message of unknown kind %u", static_cast<u32>(message.kind));
}

}  // namespace

void set_up_control(abi::ControlChannel* page) { channel = page; }

bool poll_control() {
  if (channel == nullptr || arch::cpu_index() != 0) return false;
  u32 head = channel->head.load(std::memory_order_relaxed);
  const u32 tail = channel->tail.load(std::memory_order_acquire);
  if (head == tail) return false;
  while (head != tail) {
    handle(channel->messages[head % abi::kControlSlots]);
    channel->head.store(++head, std::memory_order_release);
  }
  return true;
}

}  // namespace baryon::init

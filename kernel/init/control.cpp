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

// The job that has process 1's terminal; without job control, process 1.
void tell_foreground(int signal) {
  Ref<sched::Process> process = sched::find_process(1);
  const Ref<fs::Terminal> terminal = process ? fs::terminal_of_session(process->session_id) : Ref<fs::Terminal>();
  if (terminal && terminal->foreground() != 0) terminal->signal_foreground(signal);
  else sched::signal_process(1, signal);
}

void handle(const abi::ControlMessage& message) {
  switch (message.kind) {
    case abi::ControlKind::signal:
      if (message.arg[0] >= 1 && message.arg[0] <= sched::kSignals)
        signal_one(message.arg[1], static_cast<int>(message.arg[0]));
      return;
    case abi::ControlKind::window_resize:
      return message.arg[1] == 0 ? tell_foreground(sched::kSigwinch) : signal_exec(message.arg[1], sched::kSigwinch);
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

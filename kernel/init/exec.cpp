#include "kernel/init/exec.hpp"

#include <atomic>

#include "kernel/abi/program.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/log.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/init/start_process.hpp"
#include "kernel/qcall/client.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::init {
namespace {

// One that is announced, being started or running. From announcement to its end it is in the table, which is bounded:
// the host asks for no more at a time.
struct Exec {
  u64 number = 0;  // 0: free
  u64 bytes = 0;
  enum class State : u8 { announced, starting, running } state = State::announced;
  u64 early_signals = 0;  // bit n: signal n + 1 came before the start
  u32 pid = 0;
};

SpinLock lock;  // guards `table`; taken before the scheduler's
Exec table[abi::kMaxExecs];
std::atomic<u32> waiting{0};  // of them, announced; spares a sandbox without execs the pages of the table
sched::WaitQueue announced;

Exec* find(u64 number) {
  for (Exec& exec : table)
    if (exec.number == number) return &exec;
  return nullptr;
}

void report(u64 number, abi::ExecEvent event, u64 value, const char* text = nullptr) {
  qcall::Request request;
  request.op = abi::QCallOp::exec_report;
  request.arg[0] = number;
  request.arg[1] = static_cast<u64>(event);
  request.arg[2] = value;
  u32 length = 0;
  if (text != nullptr)
    while (text[length] != '\0') ++length;
  if (length != 0) request.add_segment(text, length);
  (void)qcall::call(request);
}

void forget(u64 number) {
  SpinGuard guard(lock);
  if (Exec* exec = find(number)) *exec = {};
}

// The last thread of its process: everything it had is closed.
void ended(sched::Process& process) {
  u64 number = 0;
  {
    SpinGuard guard(lock);
    for (Exec& exec : table)
      if (exec.number != 0 && exec.state == Exec::State::running && exec.pid == process.pid()) {
        number = exec.number;
        exec = {};
        break;
      }
  }
  if (number != 0) report(number, abi::ExecEvent::ended, process.wait_status());
}

// A request in kernel memory, taken apart. The host made it of what its caller gave: every length is checked.
class Parsed {
 public:
  explicit Parsed(std::span<u8> bytes) : bytes_(bytes) {}
  Result<void> parse(ProgramSpec& spec);

 private:
  Result<const char*> string();
  std::span<u8> bytes_;
  u64 at_ = 0;
  Vector<const char*> strings_;
};

Result<const char*> Parsed::string() {
  const u64 begin = at_;
  while (at_ < bytes_.size() && bytes_[at_] != 0) ++at_;
  if (at_ == bytes_.size()) return Errno::inval;
  ++at_;
  return reinterpret_cast<const char*>(bytes_.data() + begin);
}

Result<void> Parsed::parse(ProgramSpec& spec) {
  if (bytes_.size() < sizeof(abi::ExecRequest)) return Errno::inval;
  const auto& request = *reinterpret_cast<const abi::ExecRequest*>(bytes_.data());
  const u64 filter_bytes = u64{request.filter_count} * abi::kFilterInstructionSize;
  const u64 strings = u64{request.argument_count} + request.environment_count;
  if (request.stream_count > abi::kMaxExecStreams || request.argument_count == 0 || strings > bytes_.size() ||
      filter_bytes > bytes_.size() - sizeof request)
    return Errno::inval;
  at_ = sizeof request + filter_bytes;
  spec.identity = &request.identity;
  spec.streams = {request.streams, request.stream_count};
  spec.filter = {reinterpret_cast<const syscall::bpf::Instruction*>(bytes_.data() + sizeof request),
                 request.filter_count};
  spec.working_directory = TRY(string());
  for (u64 i = 0; i < strings; ++i) TRY(strings_.push_back(TRY(string())));
  spec.path = strings_[0];
  spec.arguments = {strings_.data(), request.argument_count};
  spec.environment = {strings_.data() + request.argument_count, request.environment_count};
  return {};
}

Result<Ref<sched::Task>> prepare(u64 number, u64 bytes, StartFailure& failure) {
  failure.setup = true;
  struct Buffer {
    ~Buffer() { heap_free(data); }
    u8* data;
  } buffer{bytes >= sizeof(abi::ExecRequest) && bytes <= abi::kMaxExecRequest ? static_cast<u8*>(heap_allocate(bytes))
                                                                              : nullptr};
  if (buffer.data == nullptr) return Errno::nomem;
  qcall::Request request;
  request.op = abi::QCallOp::exec_request;
  request.arg[0] = number;
  request.add_segment(buffer.data, static_cast<u32>(bytes));
  const i64 got = TRY(qcall::call(request));
  Parsed parsed({buffer.data, static_cast<u64>(got)});
  ProgramSpec spec;
  TRY(parsed.parse(spec));
  spec.on_end = &ended;
  failure.setup = false;
  return make_process(spec, failure);
}

void start(u64 number, u64 bytes) {
  StartFailure failure;
  Result<Ref<sched::Task>> task = prepare(number, bytes, failure);
  if (!task.ok()) {
    forget(number);
    report(number, abi::ExecEvent::failed,
           static_cast<u64>(task.error().code()) | (failure.setup ? abi::kExecSetup : 0), failure.reason);
    return;
  }
  const u32 pid = task.value()->process->pid();
  report(number, abi::ExecEvent::started, pid);
  u64 early = 0;
  {
    SpinGuard guard(lock);
    Exec* exec = find(number);
    exec->state = Exec::State::running;
    exec->pid = pid;
    early = exec->early_signals;
  }
  for (int signal = 1; signal <= 64; ++signal)
    if ((early >> (signal - 1) & 1) != 0) sched::signal_process(pid, signal);
  task.value()->start();
}

bool take(u64& number, u64& bytes) {
  if (waiting.load(std::memory_order_acquire) == 0) return false;
  SpinGuard guard(lock);
  for (Exec& exec : table) {
    if (exec.number == 0 || exec.state != Exec::State::announced) continue;
    exec.state = Exec::State::starting;
    waiting.fetch_sub(1, std::memory_order_relaxed);
    number = exec.number;
    bytes = exec.bytes;
    return true;
  }
  return false;
}

}  // namespace

bool announce_exec(u64 number, u64 bytes) {
  if (number == 0) return false;
  {
    SpinGuard guard(lock);
    Exec* exec = find(0);
    if (exec == nullptr) return false;
    *exec = {};
    exec->number = number;
    exec->bytes = bytes;
    waiting.fetch_add(1, std::memory_order_release);
  }
  announced.wake_all();
  return true;
}

u32 pid_of_exec(u64 number) {
  SpinGuard guard(lock);
  const Exec* exec = number != 0 ? find(number) : nullptr;
  return exec != nullptr && exec->state == Exec::State::running ? exec->pid : 0;
}

void signal_exec(u64 number, int signal) {
  u32 pid = 0;
  {
    SpinGuard guard(lock);
    Exec* exec = number != 0 ? find(number) : nullptr;
    if (exec == nullptr) return;
    if (exec->state == Exec::State::running) pid = exec->pid;
    else exec->early_signals |= u64{1} << (signal - 1);
  }
  if (pid != 0) sched::signal_process(pid, signal);
}

void serve_execs() {
  for (;;) {
    u64 number = 0, bytes = 0;
    (void)sched::wait(announced, [&] { return take(number, bytes); }, sched::kNever, sched::Interruptible::no);
    if (number != 0) start(number, bytes);
  }
}

}  // namespace baryon::init

// From the entry code to a handler and back.
#include <atomic>

#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/seccomp.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {
namespace {

std::atomic<u64> reported[abi::kCountedSyscalls / 64];

// Said once for each number, however many threads ask.
void report_unknown(u64 number) {
  ++arch::stats().syscalls_unknown;
  if (number < abi::kCountedSyscalls) {
    const u64 bit = u64{1} << (number % 64);
    if ((reported[number / 64].fetch_or(bit, std::memory_order_relaxed) & bit) != 0) return;
  }
  const TableEntry* entry = find(number);
  log_info("system call %lu (%s) is not implemented: ENOSYS", static_cast<unsigned long>(number),
           entry != nullptr && entry->name != nullptr ? entry->name : "unknown");
}

void count(u64 number) {
  abi::KernelStats& stats = arch::stats();
  if (number < abi::kCountedSyscalls) ++stats.syscalls[number];
  else ++stats.syscalls_other;
}

}  // namespace

void dispatch(arch::TrapFrame& frame) {
  const u64 number = arch::syscall_number(frame);
  count(number);
  SyscallContext context{
      frame,
      {arch::syscall_argument(frame, 0), arch::syscall_argument(frame, 1), arch::syscall_argument(frame, 2),
       arch::syscall_argument(frame, 3), arch::syscall_argument(frame, 4), arch::syscall_argument(frame, 5)}};
  const TableEntry* entry = find(number);
  const bool before = is_tracing() && traced_before(entry);
  if (before) [[unlikely]]
    trace(entry, number, context.arg, 0);
  i64 value = -static_cast<i64>(Errno::nosys);
  if (sched::current().seccomp_mode != kSeccompNone && !seccomp_allows(context, number, value)) [[unlikely]] {
    // `value` is the filter's.
  } else if (entry != nullptr && entry->handler != nullptr) [[likely]] {
    Result<u64> result = entry->handler(context);
    value = result.ok() ? static_cast<i64>(result.value()) : -static_cast<i64>(result.error().code());
  } else {
    report_unknown(number);
  }
  arch::set_syscall_result(frame, value);
  if (is_tracing() && !before) [[unlikely]]
    trace(entry, number, context.arg, value);
}

}  // namespace baryon::syscall

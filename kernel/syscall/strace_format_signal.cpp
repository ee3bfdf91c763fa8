// Lines between calls: signals and the end.
#include "kernel/syscall/strace_format_internal.hpp"

namespace baryon::syscall {
namespace {

constexpr i32 kIll = 4, kTrap = 5, kBus = 7, kFpe = 8, kSegv = 11;

struct CodeName {
  i32 signal;  // 0: of any
  i32 code;
  std::string_view text;
};
constexpr CodeName kCodes[] = {{0, 0, "SI_USER"},         {0, 0x80, "SI_KERNEL"},  {0, -1, "SI_QUEUE"},
                               {0, -2, "SI_TIMER"},       {0, -6, "SI_TKILL"},     {kSegv, 1, "SEGV_MAPERR"},
                               {kSegv, 2, "SEGV_ACCERR"}, {kBus, 1, "BUS_ADRALN"}, {kBus, 2, "BUS_ADRERR"},
                               {kIll, 1, "ILL_ILLOPC"},   {kIll, 2, "ILL_ILLOPN"}, {kFpe, 1, "FPE_INTDIV"},
                               {kFpe, 2, "FPE_INTOVF"},   {kFpe, 3, "FPE_FLTDIV"}, {kFpe, 7, "FPE_FLTINV"},
                               {kTrap, 1, "TRAP_BRKPT"},  {kTrap, 2, "TRAP_TRACE"}};

void show_code(Line& line, i32 signal, i32 code) {
  for (const CodeName& name : kCodes)
    if (name.code == code && (name.signal == 0 || name.signal == signal)) return line.put(name.text);
  line.number(code);
}

bool is_fault(i32 signal) {
  return signal == kSegv || signal == kBus || signal == kIll || signal == kFpe || signal == kTrap;
}

}  // namespace

void format_signal(Line& line, const SignalReport& report) {
  line.put("--- ");
  strace::show_signal(line, static_cast<u64>(report.signal));
  line.put(" {si_signo=");
  strace::show_signal(line, static_cast<u64>(report.signal));
  line.put(", si_code=");
  show_code(line, report.signal, report.code);
  if (report.code > 0 && is_fault(report.signal)) {
    line.put(", si_addr=");
    line.pointer(report.address);
  } else if (report.code <= 0) {
    line.put(", si_pid=");
    line.number(report.pid);
    line.put(", si_uid=");
    line.number_unsigned(report.uid);
  }
  line.put("} ---");
}

void format_exit(Line& line, int status) {
  line.put("+++ exited with ");
  line.number(status);
  line.put(" +++");
}

void format_killed(Line& line, int signal) {
  line.put("+++ killed by ");
  strace::show_signal(line, static_cast<u64>(signal));
  line.put(" +++");
}

}  // namespace baryon::syscall

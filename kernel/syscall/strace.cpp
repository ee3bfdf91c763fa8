// strace output: one line for each finished call.
#include "kernel/base/format.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {

void trace(const TableEntry* entry, u64 number, const u64 (&arguments)[6], i64 result) {
  char line[512];
  std::size_t length = 0;
  auto put = [&](const char* form, auto... values) { length += format(line + length, sizeof line - length, form, values...); };
  put("[%u] ", sched::current().tid());
  if (entry != nullptr && entry->name != nullptr) put("%s(", entry->name);
  else put("syscall_%lu(", static_cast<unsigned long>(number));
  for (int i = 0; i < 6; ++i) put(i == 0 ? "0x%lx" : ", 0x%lx", static_cast<unsigned long>(arguments[i]));
  put(") = %ld", static_cast<long>(result));
  log::strace(line, static_cast<unsigned>(length));
}

}  // namespace baryon::syscall

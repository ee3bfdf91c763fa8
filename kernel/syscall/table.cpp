// The one table: number → handler, from the families' annotated lists.
#include <array>

#include "kernel/arch/api/syscall_numbers.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {

#define SYSCALL(name, x86_64, aarch64, arguments) Result<u64> sys_##name(SyscallContext&);
#include "kernel/syscall/all_tables.inc"
#undef SYSCALL

namespace {

struct Row {
  int number;
  TableEntry entry;
};

constexpr Row kRows[] = {
#define SYSCALL(name, x86_64, aarch64, arguments) \
  {arch::pick_syscall_number(x86_64, aarch64), {&sys_##name, #name, arguments}},
#include "kernel/syscall/all_tables.inc"
#undef SYSCALL
};

constexpr int kLimit = 512;

constexpr bool numbers_are_unique() {
  bool used[kLimit] = {};
  for (const Row& row : kRows) {
    if (row.number < 0) continue;
    if (row.number >= kLimit || used[row.number]) return false;
    used[row.number] = true;
  }
  return true;
}
static_assert(numbers_are_unique(), "two handlers for one system call number");

constinit const auto kTable = [] {
  std::array<TableEntry, kLimit> table{};
  for (const Row& row : kRows)
    if (row.number >= 0) table[static_cast<std::size_t>(row.number)] = row.entry;
  return table;
}();

}  // namespace

const TableEntry* find(u64 number) { return number < kLimit ? &kTable[number] : nullptr; }

}  // namespace baryon::syscall

#include "kernel/fs/tty/named_terminal.hpp"

#include "kernel/sched/clock.hpp"

namespace baryon::fs {
namespace {

constinit SpinLock table_lock;
constinit NamedTerminal* table[NamedTerminal::kMost] = {};  // each takes itself out before it dies

u64 device_of(u32 number) { return make_device(136 + (number >> 8), number & 0xff); }

}  // namespace

NamedTerminal::NamedTerminal(u32 number, u32 owner)
    : Terminal(device_of(number)), uid(owner), created_ns(sched::realtime_ns()), number_(number) {}

Ref<NamedTerminal> NamedTerminal::find(u32 number) {
  if (number >= kMost) return {};
  SpinGuard guard(table_lock);
  NamedTerminal* terminal = table[number];
  return terminal != nullptr && terminal->try_ref() ? Ref<NamedTerminal>::adopt(terminal) : Ref<NamedTerminal>();
}

u32 NamedTerminal::next(u32 from) {
  SpinGuard guard(table_lock);
  while (from < kMost && table[from] == nullptr) ++from;
  return from;
}

u32 NamedTerminal::next_free(u32 from) {
  SpinGuard guard(table_lock);
  while (from < kMost && table[from] != nullptr) ++from;
  return from;
}

bool NamedTerminal::enter_table() {
  SpinGuard guard(table_lock);
  if (table[number_] != nullptr) return false;
  table[number_] = this;
  return true;
}

void NamedTerminal::leave_table() {
  SpinGuard guard(table_lock);
  if (table[number_] == this) table[number_] = nullptr;
}

}  // namespace baryon::fs

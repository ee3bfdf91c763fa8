// Calls whose arguments depend on an operation: futex, fcntl, prctl.
#include "kernel/syscall/strace_format_internal.hpp"

namespace baryon::syscall::strace {
namespace {

void separate(const Call& call) { call.out.put(", "); }

// futex(2): (uaddr, op, val, timeout or val2, uaddr2, val3); `index` is op's.
void show_futex(const Call& call, u32 index) {
  enum Kind { wait, wait_bitset, wake, wake_bitset, requeue, compare_requeue, wake_op, lock, unlock };
  struct Operation {
    std::string_view name;
    Kind kind;
  };
  static constexpr Operation kOperations[] = {{"FUTEX_WAIT", wait},
                                              {"FUTEX_WAKE", wake},
                                              {"FUTEX_FD", wake},
                                              {"FUTEX_REQUEUE", requeue},
                                              {"FUTEX_CMP_REQUEUE", compare_requeue},
                                              {"FUTEX_WAKE_OP", wake_op},
                                              {"FUTEX_LOCK_PI", lock},
                                              {"FUTEX_UNLOCK_PI", unlock},
                                              {"FUTEX_TRYLOCK_PI", unlock},
                                              {"FUTEX_WAIT_BITSET", wait_bitset},
                                              {"FUTEX_WAKE_BITSET", wake_bitset},
                                              {"FUTEX_WAIT_REQUEUE_PI", compare_requeue},
                                              {"FUTEX_CMP_REQUEUE_PI", compare_requeue},
                                              {"FUTEX_LOCK_PI2", lock}};
  constexpr u32 kPrivate = 128, kRealtime = 256;
  const auto op = static_cast<u32>(call.arg[index]);
  const u32 command = op & ~(kPrivate | kRealtime);
  Line& out = call.out;
  if (index + 4 >= 6 || command >= std::size(kOperations)) return out.hex(op);
  out.put(kOperations[command].name);
  if ((op & kPrivate) != 0) out.put("_PRIVATE");
  if ((op & kRealtime) != 0) out.put("|FUTEX_CLOCK_REALTIME");
  const u64* rest = call.arg + index + 1;
  const auto word = [&](u64 value) {
    separate(call);
    out.number_unsigned(static_cast<u32>(value));
  };
  const auto timeout = [&] {
    separate(call);
    show_timespec(call, rest[1]);
  };
  const auto other = [&] {
    separate(call);
    out.pointer(rest[2]);
  };
  const auto bits = [&](u64 value) {
    separate(call);
    if (static_cast<u32>(value) == ~u32{0}) out.put("FUTEX_BITSET_MATCH_ANY");
    else out.hex(static_cast<u32>(value));
  };
  switch (kOperations[command].kind) {
    case wait: word(rest[0]), timeout(); break;
    case wait_bitset: word(rest[0]), timeout(), separate(call), out.pointer(rest[2]), bits(rest[3]); break;
    case wake: word(rest[0]); break;
    case wake_bitset:
      word(rest[0]), separate(call), out.pointer(rest[1]), separate(call), out.pointer(rest[2]), bits(rest[3]);
      break;
    case requeue: word(rest[0]), word(rest[1]), other(); break;
    case compare_requeue: word(rest[0]), word(rest[1]), other(), word(rest[3]); break;
    case wake_op: word(rest[0]), word(rest[1]), other(), bits(rest[3]); break;
    case lock: separate(call), show_timespec(call, rest[1]); break;
    case unlock: break;
  }
}

// fcntl(2): (fd, command, argument).
void show_fcntl(const Call& call, u32 index) {
  enum Kind { none, number, descriptor_flags, status_flags, lock, pointer };
  struct Command {
    u32 value;
    std::string_view name;
    Kind kind;
  };
  static constexpr Command kCommands[] = {{0, "F_DUPFD", number},
                                          {1, "F_GETFD", none},
                                          {2, "F_SETFD", descriptor_flags},
                                          {3, "F_GETFL", none},
                                          {4, "F_SETFL", status_flags},
                                          {5, "F_GETLK", lock},
                                          {6, "F_SETLK", lock},
                                          {7, "F_SETLKW", lock},
                                          {8, "F_SETOWN", number},
                                          {9, "F_GETOWN", none},
                                          {36, "F_OFD_GETLK", lock},
                                          {37, "F_OFD_SETLK", lock},
                                          {38, "F_OFD_SETLKW", lock},
                                          {1030, "F_DUPFD_CLOEXEC", number},
                                          {1031, "F_SETPIPE_SZ", number},
                                          {1032, "F_GETPIPE_SZ", none},
                                          {1033, "F_ADD_SEALS", pointer},
                                          {1034, "F_GET_SEALS", none}};
  Line& out = call.out;
  const auto value = static_cast<u32>(call.arg[index]);
  const u64 argument = index < 5 ? call.arg[index + 1] : 0;
  for (const Command& command : kCommands) {
    if (command.value != value) continue;
    out.put(command.name);
    if (command.kind == none) return;
    separate(call);
    switch (command.kind) {
      case none: return;
      case number: return out.number(static_cast<i32>(argument));
      case descriptor_flags: return show_flags(out, "fd", argument);
      case status_flags: return show_flags(out, "open", argument);
      case pointer: return out.hex(argument);
      case lock: break;
    }
    // struct flock (fcntl(2))
    struct {
      u16 type, whence;
      i64 start, length;
      i32 pid, pad;
    } range;
    if (!call.load(range, argument)) return out.pointer(argument);
    static constexpr std::string_view kTypes[] = {"F_RDLCK", "F_WRLCK", "F_UNLCK"};
    out.put("{l_type=");
    if (range.type < 3) out.put(kTypes[range.type]);
    else out.hex(range.type);
    out.put(", l_whence=");
    show_enum(out, "whence", range.whence);
    out.put(", l_start=");
    out.number(range.start);
    out.put(", l_len=");
    out.number(range.length);
    return out.put('}');
  }
  out.hex(value);
  separate(call);
  out.hex(argument);
}

// prctl(2): (option, ...).
void show_prctl(const Call& call, u32 index) {
  enum Kind { none, number, name, pointer };
  struct Option {
    u32 value;
    std::string_view name;
    Kind kind;
  };
  static constexpr Option kOptions[] = {{1, "PR_SET_PDEATHSIG", number},
                                        {2, "PR_GET_PDEATHSIG", pointer},
                                        {3, "PR_GET_DUMPABLE", none},
                                        {4, "PR_SET_DUMPABLE", number},
                                        {7, "PR_GET_KEEPCAPS", none},
                                        {8, "PR_SET_KEEPCAPS", number},
                                        {15, "PR_SET_NAME", name},
                                        {16, "PR_GET_NAME", name},
                                        {21, "PR_GET_SECCOMP", none},
                                        {22, "PR_SET_SECCOMP", number},
                                        {23, "PR_CAPBSET_READ", number},
                                        {24, "PR_CAPBSET_DROP", number},
                                        {29, "PR_SET_TIMERSLACK", number},
                                        {30, "PR_GET_TIMERSLACK", none},
                                        {36, "PR_SET_CHILD_SUBREAPER", number},
                                        {37, "PR_GET_CHILD_SUBREAPER", pointer},
                                        {38, "PR_SET_NO_NEW_PRIVS", number},
                                        {39, "PR_GET_NO_NEW_PRIVS", none},
                                        {0x53564d41, "PR_SET_VMA", number}};
  Line& out = call.out;
  const auto value = static_cast<u32>(call.arg[index]);
  const u64 argument = index < 5 ? call.arg[index + 1] : 0;
  for (const Option& option : kOptions) {
    if (option.value != value) continue;
    out.put(option.name);
    if (option.kind == none) return;
    separate(call);
    if (option.kind == number) return out.number(static_cast<i64>(argument));
    if (option.kind == name) return show_path(call, argument);
    return out.pointer(argument);
  }
  out.hex(value);
  for (u32 i = index + 1; i < 5; ++i) {
    separate(call);
    out.hex(call.arg[i]);
  }
}

}  // namespace

bool show_operation(const Call& call, const Entry& entry, u32 index) {
  if (entry.name == "futexop") show_futex(call, index);
  else if (entry.name == "fcntl_cmd") show_fcntl(call, index);
  else if (entry.name == "prctl") show_prctl(call, index);
  else return false;
  return true;
}

}  // namespace baryon::syscall::strace

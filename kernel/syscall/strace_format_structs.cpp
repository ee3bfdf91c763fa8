// Structs that calls exchange, as far as they tell something. Layouts are Linux's user space ones; struct stat's
// is x86-64's, like the flag values.
#include "kernel/syscall/strace_format_internal.hpp"

namespace baryon::syscall::strace {
namespace {

void field(Line& out, std::string_view name) {
  if (!out.view().ends_with('{')) out.put(", ");
  out.put(name);
  out.put('=');
}

struct Pair {  // timespec, timeval, rlimit
  i64 first, second;
};

void put_pair(Line& out, const Pair& pair, std::string_view first, std::string_view second) {
  out.put('{');
  field(out, first);
  out.number(pair.first);
  field(out, second);
  out.number(pair.second);
  out.put('}');
}

void put_timespec(Line& out, const Pair& time) {
  constexpr i64 kNow = 0x3fffffff, kOmit = 0x3ffffffe;  // utimensat(2)
  if (time.second == kNow) return out.put("UTIME_NOW");
  if (time.second == kOmit) return out.put("UTIME_OMIT");
  put_pair(out, time, "tv_sec", "tv_nsec");
}

// `count` structs of the same kind, one behind the other.
template <class T, class Put>
void show_array(const Call& call, VirtAddr from, u64 count, Put&& put) {
  T element;
  if (count == 0 && from != 0) return call.out.put("[]");
  if (!call.load(element, from)) return call.out.pointer(from);
  call.out.put('[');
  for (u64 i = 0; i < count; ++i) {
    if (i > 0) call.out.put(", ");
    if (i == kShownElements || !call.load(element, from + i * sizeof element)) {
      call.out.put("...");
      break;
    }
    put(element);
  }
  call.out.put(']');
}

template <class T, class Put>
void show_one(const Call& call, VirtAddr from, Put&& put) {
  T value;
  if (call.load(value, from)) put(value);
  else call.out.pointer(from);
}

void show_interval(const Call& call, VirtAddr from, std::string_view unit) {
  struct Interval {
    Pair every, next;
  };
  show_one<Interval>(call, from, [&](const Interval& timer) {
    call.out.put("{it_interval=");
    put_pair(call.out, timer.every, "tv_sec", unit);
    call.out.put(", it_value=");
    put_pair(call.out, timer.next, "tv_sec", unit);
    call.out.put('}');
  });
}

void put_sigset(Line& out, u64 mask) {
  const bool inverted = __builtin_popcountll(mask) > 32;
  if (inverted) {
    mask = ~mask;
    out.put('~');
  }
  out.put('[');
  bool any = false;
  for (u32 signal = 1; signal <= 64; ++signal) {
    if ((mask >> (signal - 1) & 1) == 0) continue;
    if (any) out.put(' ');
    any = true;
    char text[16];
    Line name(text, sizeof text);
    show_signal(name, signal);
    std::string_view shown = name.view();
    shown.remove_prefix(3);  // "SIG"
    out.put(shown);
  }
  out.put(']');
}

void show_action(const Call& call, VirtAddr from) {
  struct Action {
    u64 handler, flags, restorer, mask;
  };
  show_one<Action>(call, from, [&](const Action& action) {
    Line& out = call.out;
    out.put('{');
    field(out, (action.flags & 4) != 0 ? "sa_sigaction" : "sa_handler");
    if (action.handler == 0) out.put("SIG_DFL");
    else if (action.handler == 1) out.put("SIG_IGN");
    else out.hex(action.handler);
    field(out, "sa_mask");
    put_sigset(out, action.mask);
    field(out, "sa_flags");
    show_flags(out, "sigaction", action.flags);
    if ((action.flags & 0x04000000) != 0) {
      field(out, "sa_restorer");
      out.pointer(action.restorer);
    }
    out.put('}');
  });
}

void put_stat(Line& out, u32 mode, u64 device, i64 size) {
  constexpr u32 kTypeMask = 0170000, kCharacter = 0020000, kBlock = 0060000;
  out.put('{');
  field(out, "st_mode");
  show_mode(out, mode);
  if ((mode & kTypeMask) == kCharacter || (mode & kTypeMask) == kBlock) {
    field(out, "st_rdev");
    out.put("makedev(");
    out.hex((device >> 8 & 0xfff) | (device >> 32 & ~u64{0xfff}));
    out.put(", ");
    out.hex((device & 0xff) | (device >> 12 & ~u64{0xff}));
    out.put(')');
  } else {
    field(out, "st_size");
    out.number(size);
  }
  out.put(", ...}");
}

void show_poll(const Call& call, VirtAddr from, u64 count) {
  struct Poll {
    i32 fd;
    u16 events, returned;
  };
  show_array<Poll>(call, from, count, [&](const Poll& poll) {
    call.out.put('{');
    field(call.out, "fd");
    call.out.number(poll.fd);
    field(call.out, "events");
    show_flags(call.out, "poll_events", poll.events);
    if (!call.failed() && poll.returned != 0) {
      field(call.out, "revents");
      show_flags(call.out, "poll_events", poll.returned);
    }
    call.out.put('}');
  });
}

struct [[gnu::packed]] EpollEvent {  // packed on x86-64 only (epoll_ctl(2))
  u32 events;
  u64 data;
};
void put_epoll(Line& out, const EpollEvent& event) {
  out.put('{');
  field(out, "events");
  show_flags(out, "epoll_events", event.events);
  field(out, "data");
  out.hex(event.data);
  out.put('}');
}

void put_limit(Line& out, std::string_view name, u64 value) {
  field(out, name);
  if (value == ~u64{0}) out.put("RLIM64_INFINITY");
  else if (value != 0 && value % 1024 == 0) out.number_unsigned(value / 1024), out.put("*1024");
  else out.number_unsigned(value);
}

// Names that stand for what the call fills, without `>` before them.
bool is_always_filled(std::string_view name) {
  for (std::string_view filled : {"stat", "statx", "utsname", "fd_pair", "epoll_events"})
    if (name == filled) return true;
  return false;
}

bool show_time(const Call& call, std::string_view name, VirtAddr from) {
  Line& out = call.out;
  if (name == "timespec") show_timespec(call, from);
  else if (name == "timespecs") show_array<Pair>(call, from, 2, [&](const Pair& time) { put_timespec(out, time); });
  else if (name == "timeval")
    show_one<Pair>(call, from, [&](const Pair& time) { put_pair(out, time, "tv_sec", "tv_usec"); });
  else if (name == "timevals")
    show_array<Pair>(call, from, 2, [&](const Pair& time) { put_pair(out, time, "tv_sec", "tv_usec"); });
  else if (name == "itimerspec") show_interval(call, from, "tv_nsec");
  else if (name == "itimerval") show_interval(call, from, "tv_usec");
  else return false;
  return true;
}

bool show_signal_struct(const Call& call, std::string_view name, VirtAddr from) {
  Line& out = call.out;
  if (name == "sigset") {
    show_one<u64>(call, from, [&](u64 mask) { put_sigset(out, mask); });
  } else if (name == "sigaction") {
    show_action(call, from);
  } else if (name == "siginfo") {
    struct Info {
      i32 signal, error, code;
    };
    show_one<Info>(call, from, [&](const Info& info) {
      out.put("{si_signo=");
      show_signal(out, static_cast<u32>(info.signal));
      field(out, "si_code");
      out.number(info.code);
      out.put(", ...}");
    });
  } else if (name == "stack") {
    struct Stack {
      u64 base;
      u32 flags, pad;
      u64 size;
    };
    show_one<Stack>(call, from, [&](const Stack& stack) {
      out.put("{ss_sp=");
      out.pointer(stack.base);
      field(out, "ss_flags");
      show_flags(out, "sigstack", stack.flags);
      field(out, "ss_size");
      out.number_unsigned(stack.size);
      out.put('}');
    });
  } else {
    return false;
  }
  return true;
}

bool show_file_struct(const Call& call, const Entry& entry, u32 index) {
  Line& out = call.out;
  const VirtAddr from = call.arg[index];
  const std::string_view name = entry.name;
  if (name == "stat") {
    struct Stat {
      u64 device, inode, links;
      u32 mode, uid, gid, pad;
      u64 special;
      i64 size;
    };
    show_one<Stat>(call, from, [&](const Stat& stat) { put_stat(out, stat.mode, stat.special, stat.size); });
  } else if (name == "statx") {
    struct Statx {
      u32 mask, block_size;
      u64 attributes;
      u32 links, uid, gid;
      u16 mode, pad;
      u64 inode, size;
    };
    show_one<Statx>(call, from, [&](const Statx& stat) {
      out.put("{stx_mode=");
      show_mode(out, stat.mode);
      field(out, "stx_size");
      out.number_unsigned(stat.size);
      out.put(", ...}");
    });
  } else if (name == "pollfds") {
    show_poll(call, from, static_cast<u32>(call.arg[entry.index(index < 5 ? index + 1 : 5)]));
  } else if (name == "epoll_event") {
    show_one<EpollEvent>(call, from, [&](const EpollEvent& event) { put_epoll(out, event); });
  } else if (name == "epoll_events") {
    show_array<EpollEvent>(call, from, static_cast<u64>(call.result),
                           [&](const EpollEvent& event) { put_epoll(out, event); });
  } else if (name == "fd_pair") {
    show_array<i32>(call, from, 2, [&](i32 fd) { out.number(fd); });
  } else if (name == "offset") {
    show_array<i64>(call, from, 1, [&](i64 offset) { out.number(offset); });
  } else if (name == "int_pointer") {
    show_array<i32>(call, from, 1, [&](i32 value) { out.number(value); });
  } else {
    return false;
  }
  return true;
}

}  // namespace

void show_mode(Line& out, u32 mode) {
  static constexpr std::string_view kTypes[] = {"",        "S_IFIFO", "S_IFCHR", "", "S_IFDIR",  "", "S_IFBLK", "",
                                                "S_IFREG", "",        "S_IFLNK", "", "S_IFSOCK", "", "",        ""};
  const std::string_view type = kTypes[mode >> 12 & 15];
  if (type.empty()) return out.octal(mode);
  out.put(type);
  out.put('|');
  out.octal(mode & 07777);
}

void show_timespec(const Call& call, VirtAddr from) {
  show_one<Pair>(call, from, [&](const Pair& time) { put_timespec(call.out, time); });
}

bool show_struct(const Call& call, const Entry& entry, u32 index) {
  Line& out = call.out;
  const VirtAddr from = call.arg[index];
  if (call.failed() && (entry.filled_by_call || is_always_filled(entry.name))) {
    out.pointer(from);
    return true;
  }
  if (show_time(call, entry.name, from) || show_signal_struct(call, entry.name, from) ||
      show_file_struct(call, entry, index))
    return true;
  if (entry.name == "rlimit") {
    show_one<Pair>(call, from, [&](const Pair& limit) {
      out.put('{');
      put_limit(out, "rlim_cur", static_cast<u64>(limit.first));
      put_limit(out, "rlim_max", static_cast<u64>(limit.second));
      out.put('}');
    });
    return true;
  }
  if (entry.name == "utsname") {
    char system[65];
    show_one<decltype(system)>(call, from, [&](const char(&text)[65]) {
      std::size_t length = 0;
      while (length < sizeof text && text[length] != '\0') ++length;
      out.put("{sysname=");
      out.quoted({text, length}, false);
      out.put(", ...}");
    });
    return true;
  }
  return false;
}

}  // namespace baryon::syscall::strace

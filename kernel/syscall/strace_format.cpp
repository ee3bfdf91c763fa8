// Walks a format string over the arguments of a finished call.
#include "kernel/syscall/strace_format.hpp"

#include "kernel/syscall/strace_format_internal.hpp"

namespace baryon::syscall {
namespace {

using namespace strace;

constexpr std::size_t kResultRoom = 160;  // the result is shown whatever the arguments took

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The text before the first `separator`; `text` becomes what follows it. (string_view's own ways need library
// functions that a kernel lacks.)
std::string_view take_until(std::string_view& text, char separator) {
  std::size_t n = 0;
  while (n < text.size() && text[n] != separator) ++n;
  const std::string_view head(text.data(), n);
  text.remove_prefix(n < text.size() ? n + 1 : n);
  return head;
}

struct Formats {
  std::string_view arguments;
  std::string_view result;  // empty: the default
};

Formats split_result(const char* formats) {
  const std::string_view text = formats != nullptr ? formats : "";
  std::string_view result = text;
  const std::string_view arguments = take_until(result, '-');  // no other '-' stands in a format
  if (!result.empty()) result.remove_prefix(1);                // the '>'
  return {trim(arguments), trim(result)};
}

Entry next_entry(std::string_view& rest) {
  std::string_view text = trim(take_until(rest, ','));
  Entry entry;
  if (text.starts_with('>')) {
    entry.filled_by_call = true;
    text.remove_prefix(1);
  }
  entry.name = take_until(text, ':');
  entry.operand = text;
  return entry;
}

void show_descriptor(Line& out, u64 value, bool directory) {
  constexpr i32 kCurrentDirectory = -100;  // AT_FDCWD
  const auto fd = static_cast<i32>(value);
  if (directory && fd == kCurrentDirectory) out.put("AT_FDCWD");
  else out.number(fd);
}

// False: not one of these.
bool show_number(Line& out, const Entry& entry, u64 value) {
  const std::string_view name = entry.name;
  if (name == "fd" || name == "dirfd") show_descriptor(out, value, name == "dirfd");
  else if (name == "int" || name == "pid") out.number(static_cast<i32>(value));
  else if (name == "uint") out.number_unsigned(static_cast<u32>(value));
  else if (name == "long") out.number(static_cast<i64>(value));
  else if (name == "size") out.number_unsigned(value);
  else if (name == "ptr") out.pointer(value);
  else if (name == "mode") out.octal(value & 07777);
  else if (name == "file_mode") show_mode(out, static_cast<u32>(value));
  else if (name == "signal") show_signal(out, value);
  else if (name == "flags") show_flags(out, entry.operand, value);
  else if (name == "enum") show_enum(out, entry.operand, value);
  else if (name == "clock" || name == "whence") show_enum(out, name, value);
  else if (name == "device") {
    out.put("makedev(");
    out.hex((value >> 8 & 0xfff) | (value >> 32 & ~u64{0xfff}));
    out.put(", ");
    out.hex((value & 0xff) | (value >> 12 & ~u64{0xff}));
    out.put(')');
  } else {
    return false;
  }
  return true;
}

// False: not one of these.
bool show_buffer(const Call& call, const Entry& entry, u32 index) {
  const u64 value = call.arg[index];
  if (entry.name == "path") {
    if (entry.filled_by_call && call.failed()) call.out.pointer(value);
    else show_path(call, value);
  } else if (entry.name == "in") {
    show_bytes(call, value, call.arg[entry.index(index + 1 < 6 ? index + 1 : 5)]);
  } else if (entry.name == "out") {
    if (call.failed()) call.out.pointer(value);
    else show_bytes(call, value, static_cast<u64>(call.result));
  } else if (entry.name == "iov") {
    if (entry.filled_by_call && call.failed()) call.out.pointer(value);
    else
      show_iovecs(call, value, call.arg[entry.index(index + 1 < 6 ? index + 1 : 5)],
                  entry.filled_by_call ? static_cast<u64>(call.result) : ~u64{0});
  } else {
    return false;
  }
  return true;
}

void show_arguments(const Call& call, std::string_view formats) {
  for (u32 index = 0; index < 6 && !formats.empty(); ++index) {
    const Entry entry = next_entry(formats);
    constexpr u64 kMayCreate = 0100 | 020000000;  // O_CREAT, __O_TMPFILE
    if (entry.name == "open_mode" && (index == 0 || (call.arg[index - 1] & kMayCreate) == 0)) return;
    if (index > 0) call.out.put(", ");
    const u64 value = call.arg[index];
    if (show_operation(call, entry, index)) return;
    if (entry.name == "open_mode") call.out.octal(value & 07777);
    else if (!show_number(call.out, entry, value) && !show_buffer(call, entry, index) &&
             !show_socket(call, entry, index) && !show_struct(call, entry, index))
      call.out.hex(value);
  }
}

// The kernel's own codes of a call that a signal interrupted (include/linux/errno.h).
bool show_restart(Line& out, i64 code) {
  switch (code) {
    case 512: out.put("? ERESTARTSYS (To be restarted if SA_RESTART is set)"); return true;
    case 514: out.put("? ERESTARTNOHAND (To be restarted if no handler)"); return true;
    case 516: out.put("? ERESTART_RESTARTBLOCK (Interrupted by signal)"); return true;
    default: return false;
  }
}

void show_result(const Call& call, std::string_view format) {
  if (format == "never") return call.out.put('?');
  if (call.failed()) {
    if (show_restart(call.out, -call.result)) return;
    call.out.put("-1 ");
    if (!show_errno(call.out, static_cast<int>(-call.result))) {
      call.out.put("errno ");
      call.out.number(-call.result);
    }
    return;
  }
  const auto value = static_cast<u64>(call.result);
  if (format == "ptr") call.out.pointer(value);
  else if (format == "hex") call.out.hex(value);
  else if (format == "mode") call.out.octal(value);
  else call.out.number(call.result);
}

}  // namespace

bool never_returns(const char* formats) { return split_result(formats).result == "never"; }

void format_call(Line& line, const char* name, u64 number, const char* formats, const u64 (&arguments)[6], i64 result,
                 ReadMemory read) {
  const Formats split = split_result(formats);
  const Call call{line, arguments, result, read};
  line.hold_back(kResultRoom);
  if (name != nullptr) {
    line.put(name);
  } else {
    line.put("syscall_");
    line.hex(number);
  }
  line.put('(');
  if (name == nullptr || formats == nullptr) {
    for (u32 i = 0; i < 6; ++i) {
      if (i > 0) line.put(", ");
      line.hex(arguments[i]);
    }
  } else {
    show_arguments(call, split.arguments);
  }
  line.release(kResultRoom);
  line.put(") = ");
  show_result(call, split.result);
}

}  // namespace baryon::syscall

// Addresses, messages and options of socket calls.
#include "kernel/syscall/strace_format_internal.hpp"

namespace baryon::syscall::strace {
namespace {

constexpr u32 kUnix = 1, kInet = 2, kInet6 = 10, kNetlink = 16;

u16 big_endian(const u8* bytes) { return static_cast<u16>(bytes[0] << 8 | bytes[1]); }

void put_inet(Line& out, const u8* bytes) {
  out.put("{sa_family=AF_INET, sin_port=htons(");
  out.number(big_endian(bytes + 2));
  out.put("), sin_addr=inet_addr(\"");
  for (u32 i = 0; i < 4; ++i) {
    if (i > 0) out.put('.');
    out.number(bytes[4 + i]);
  }
  out.put("\")}");
}

void put_group(Line& out, u16 group) {
  static constexpr char kDigits[] = "0123456789abcdef";
  bool any = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const u32 digit = group >> shift & 15u;
    if (digit == 0 && !any && shift > 0) continue;
    any = true;
    out.put(kDigits[digit]);
  }
}

// The first longest run of zero groups is "::" (RFC 5952).
void put_inet6(Line& out, const u8* bytes) {
  out.put("{sa_family=AF_INET6, sin6_port=htons(");
  out.number(big_endian(bytes + 2));
  out.put("), sin6_addr=\"");
  u32 best = 8, best_length = 1;
  for (u32 i = 0; i < 8; ++i) {
    u32 length = 0;
    while (i + length < 8 && big_endian(bytes + 8 + 2 * (i + length)) == 0) ++length;
    if (length > best_length) best = i, best_length = length;
  }
  for (u32 i = 0; i < 8;) {
    if (i == best) {
      out.put("::");
      i += best_length;
      continue;
    }
    if (i > 0 && i != best + best_length) out.put(':');
    put_group(out, big_endian(bytes + 8 + 2 * i));
    ++i;
  }
  out.put("\"}");
}

void show_address(const Call& call, VirtAddr from, u64 length) {
  Line& out = call.out;
  u8 bytes[128] = {};
  if (length > sizeof bytes) length = sizeof bytes;
  if (from == 0 || length < 2 || !call.read(bytes, from, length)) return out.pointer(from);
  u16 family;
  __builtin_memcpy(&family, bytes, sizeof family);
  if (family == kInet && length >= 16) return put_inet(out, bytes);
  if (family == kInet6 && length >= 28) return put_inet6(out, bytes);
  out.put("{sa_family=");
  show_enum(out, "domain", family);
  if (family == kUnix && length > 2) {
    const char* name = reinterpret_cast<const char*>(bytes) + 2;
    u64 size = length - 2;
    out.put(", sun_path=");
    if (name[0] == 0) {
      out.put('@');
      ++name, --size;
    } else {
      u64 end = 0;
      while (end < size && name[end] != 0) ++end;
      size = end;
    }
    out.quoted({name, size}, false);
  } else if (family == kNetlink && length >= 12) {
    u32 pid;
    __builtin_memcpy(&pid, bytes + 4, sizeof pid);
    out.put(", nl_pid=");
    out.number_unsigned(pid);
  }
  out.put('}');
}

struct MessageHeader {
  VirtAddr name;
  u32 name_length, pad0;
  VirtAddr vectors;
  u64 vector_count;
  VirtAddr control;
  u64 control_length;
  u32 flags, pad1;
};

void show_message(const Call& call, const Entry& entry, VirtAddr from) {
  Line& out = call.out;
  MessageHeader header;
  if ((call.failed() && entry.filled_by_call) || !call.load(header, from)) return out.pointer(from);
  out.put("{msg_name=");
  show_address(call, header.name, header.name_length);
  out.put(", msg_namelen=");
  out.number_unsigned(header.name_length);
  out.put(", msg_iov=");
  show_iovecs(call, header.vectors, header.vector_count,
              entry.filled_by_call ? static_cast<u64>(call.result) : ~u64{0});
  out.put(", msg_iovlen=");
  out.number_unsigned(header.vector_count);
  out.put(", msg_controllen=");
  out.number_unsigned(header.control_length);
  out.put(", msg_flags=");
  show_flags(out, "msg", header.flags);
  out.put('}');
}

}  // namespace

bool show_socket(const Call& call, const Entry& entry, u32 index) {
  const VirtAddr from = call.arg[index];
  if (entry.name == "sockaddr") {
    if (entry.filled_by_call) {
      u32 length = 0;  // through the pointer behind it
      if (call.failed() || index + 1 > 5 || !call.load(length, call.arg[index + 1])) call.out.pointer(from);
      else show_address(call, from, length);
    } else {
      show_address(call, from, static_cast<u32>(call.arg[entry.index(index < 5 ? index + 1 : 5)]));
    }
  } else if (entry.name == "msghdr") {
    show_message(call, entry, from);
  } else if (entry.name == "sockopt") {
    const u32 level = static_cast<u32>(call.arg[index - 1]);
    show_enum(call.out, level == 1 ? "so" : level == 6 ? "tcp" : level == 41 ? "ipv6" : level == 0 ? "ip" : "", from);
  } else {
    return false;
  }
  return true;
}

}  // namespace baryon::syscall::strace

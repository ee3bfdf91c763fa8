#include "kernel/syscall/socket_control.hpp"

#include <algorithm>

#include "kernel/sched/current.hpp"

namespace baryon::syscall {
namespace {

constexpr u64 align(u64 length) { return (length + 7) & ~u64{7}; }

Result<void> load_rights(std::span<const u8> data, net::Rights& rights) {
  const u64 count = data.size() / sizeof(i32);
  if (count + rights.size() > net::kMaxRights) return Errno::inval;
  for (u64 i = 0; i < count; ++i) {
    i32 fd;
    std::memcpy(&fd, data.data() + i * sizeof fd, sizeof fd);
    Ref<fs::File> file = TRY(file_at(static_cast<u32>(fd)));
    TRY(rights.add(Ref<RefCounted>(std::move(file))));
  }
  return {};
}

// unix(7): a process without capabilities may give its own ids only.
Result<void> load_identity(std::span<const u8> data, net::Identity& identity) {
  if (data.size() != sizeof identity) return Errno::inval;
  std::memcpy(&identity, data.data(), sizeof identity);
  const sched::Process& process = sched::current_process();
  const sched::Credentials& own = process.credentials;
  using sched::Capability;
  if (identity.pid != static_cast<i32>(process.pid()) && !own.can(Capability::sys_admin)) return Errno::perm;
  if (identity.uid != own.uid && identity.uid != own.euid && identity.uid != own.suid && !own.can(Capability::setuid))
    return Errno::perm;
  if (identity.gid != own.gid && identity.gid != own.egid && identity.gid != own.sgid && !own.can(Capability::setgid))
    return Errno::perm;
  return {};
}

// A cursor over the program's buffer.
struct Writer {
  VirtAddr to;
  u64 room;
  u64 used = 0;
  u32& flags;

  // As put_cmsg: what does not fit is cut, which MSG_CTRUNC says.
  Result<void> put(i32 level, i32 type, const void* data, u64 size) {
    if (room - used < sizeof(ControlHeader)) {
      flags |= net::kControlTruncated;
      return {};
    }
    u64 length = sizeof(ControlHeader) + size;
    if (length > room - used) {
      length = room - used;
      flags |= net::kControlTruncated;
    }
    TRY(copy_out(to + used, ControlHeader{length, level, type}));
    const u64 bytes = length - sizeof(ControlHeader);
    if (bytes > 0 && !arch::copy_to_user(to + used + sizeof(ControlHeader), data, bytes)) return Errno::fault;
    used += std::min(align(length), room - used);
    return {};
  }
};

Result<void> put_rights(Writer& out, net::Rights& rights, bool close_on_exec) {
  i32 fds[net::kMaxRights];
  const u64 left = out.room - out.used;
  const u64 fit = left < sizeof(ControlHeader) + sizeof(i32) ? 0 : (left - sizeof(ControlHeader)) / sizeof(i32);
  u32 count = 0;
  while (count < rights.size() && count < fit) {
    // What is in flight came in through load_rights: a file.
    Ref<fs::File> file(static_cast<fs::File*>(rights[count].get()));
    auto fd = fs::current_files().install(std::move(file), close_on_exec, fs::descriptor_limit());
    if (!fd.ok()) break;
    fds[count++] = static_cast<i32>(fd.value());
  }
  if (count < rights.size()) out.flags |= net::kControlTruncated;
  rights.drop();
  if (count == 0) return {};
  auto written = out.put(net::kLevelSocket, net::kScmRights, fds, count * sizeof(i32));
  if (!written.ok())
    for (u32 i = 0; i < count; ++i) (void)fs::current_files().remove(static_cast<u32>(fds[i]));
  return written;
}

}  // namespace

Result<void> load_control(VirtAddr from, u64 length, SentControl& out) {
  if (length > kControlMost) return Errno::nobufs;
  if (from == 0 || length < sizeof(ControlHeader)) return {};
  Vector<u8> bytes;
  TRY(bytes.resize(length));
  if (!arch::copy_from_user(bytes.data(), from, length)) return Errno::fault;
  for (u64 at = 0; length - at >= sizeof(ControlHeader);) {
    ControlHeader header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    if (header.length < sizeof header || header.length > length - at) return Errno::inval;
    const std::span<const u8> data(bytes.data() + at + sizeof header, header.length - sizeof header);
    if (header.level == net::kLevelSocket) {
      if (header.type == net::kScmRights) TRY(load_rights(data, out.rights));
      else if (header.type == net::kScmCredentials) TRY(load_identity(data, out.identity));
      else return Errno::inval;
    } else {
      for (u64 i = 0; i < header.length; ++i) TRY(out.rest.push_back(bytes[at + i]));
      while (out.rest.size() % 8) TRY(out.rest.push_back(0));
    }
    at += align(header.length);
    if (at >= length) break;
  }
  return {};
}

Result<u64> store_control(net::ReceiveRequest& received, std::span<const u8> rest, VirtAddr to, u64 length,
                          u32 call_flags, u32& flags) {
  Writer out{to, to == 0 ? 0 : length, 0, flags};
  if (received.has_identity)
    TRY(out.put(net::kLevelSocket, net::kScmCredentials, &received.identity, sizeof received.identity));
  if (!received.rights.empty()) TRY(put_rights(out, received.rights, (call_flags & net::kControlCloseOnExec) != 0));
  for (u64 at = 0; rest.size() - at >= sizeof(ControlHeader);) {
    ControlHeader header;
    std::memcpy(&header, rest.data() + at, sizeof header);
    if (header.length < sizeof header || header.length > rest.size() - at) break;
    TRY(out.put(header.level, header.type, rest.data() + at + sizeof header, header.length - sizeof header));
    at += std::min(align(header.length), rest.size() - at);
  }
  return out.used;
}

}  // namespace baryon::syscall

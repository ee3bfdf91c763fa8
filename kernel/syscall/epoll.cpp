// epoll(7).
#include <algorithm>

#include "kernel/arch/api/file_abi.hpp"
#include "kernel/fs/epoll.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/syscall/file_support.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {
namespace {

Result<u64> create(u64 flags) {
  if (flags & ~u64{fs::kCloseOnExec}) return Errno::inval;
  return u64{
      TRY(fs::current_files().install(TRY(make_ref<fs::Epoll>()), flags & fs::kCloseOnExec, fs::descriptor_limit()))};
}

Result<u64> wait_events(u64 fd, VirtAddr out, u64 most, u64 deadline_ns) {
  constexpr u32 kBatch = 64;
  constexpr i32 kMost = 0x7fffffff / sizeof(arch::UserEpollEvent);
  if (static_cast<i32>(most) <= 0 || static_cast<i32>(most) > kMost) return Errno::inval;
  Ref<fs::File> file = TRY(file_at(fd));
  fs::Epoll* epoll = fs::as_epoll(*file);
  if (!epoll) return Errno::inval;
  sched::take_events();
  for (;;) {
    fs::EpollEvent events[kBatch];
    u64 done = 0;
    while (done < most) {
      const u32 room = static_cast<u32>(std::min<u64>(kBatch, most - done));
      const u32 count = epoll->collect({events, room});
      for (u32 i = 0; i < count; ++i) {
        const arch::UserEpollEvent event{events[i].events, events[i].data};
        if (!arch::copy_to_user(out + (done + i) * sizeof event, &event, sizeof event))
          return done + i ? Result<u64>(done + i) : Errno::fault;
      }
      done += count;
      // A full batch may have more behind it, but level-triggered ones would come round again: one round is enough.
      if (count < room || most <= kBatch) break;
      if (done >= kBatch) break;
    }
    if (done > 0 || deadline_ns == 0) return done;
    auto waited = epoll->wait(deadline_ns);
    if (!waited.ok()) return waited.error().code() == Errno::timedout ? Result<u64>(u64{0}) : Errno::intr;
  }
}

u64 deadline_of(u64 milliseconds) {
  const i32 timeout = static_cast<i32>(milliseconds);
  if (timeout < 0) return sched::kNever;
  if (timeout == 0) return 0;
  return sched::deadline_after(sched::monotonic_ns(), static_cast<u64>(timeout) * 1'000'000);
}

Result<u64> wait_masked(SyscallContext& c, u64 deadline_ns) {
  if (c.arg[4] == 0) return wait_events(c.arg[0], c.arg[1], c.arg[2], deadline_ns);
  if (c.arg[5] != sizeof(sched::SignalMask)) return Errno::inval;
  sched::set_temporary_mask(TRY(copy_in<sched::SignalMask>(c.arg[4])));
  Result<u64> result = wait_events(c.arg[0], c.arg[1], c.arg[2], deadline_ns);
  sched::finish_temporary_mask(!result.ok() && result.error().code() == Errno::intr);
  return result;
}

}  // namespace

Result<u64> sys_epoll_create(SyscallContext& c) {
  return static_cast<i32>(c.arg[0]) <= 0 ? Result<u64>(Errno::inval) : create(0);
}
Result<u64> sys_epoll_create1(SyscallContext& c) { return create(static_cast<u32>(c.arg[0])); }

Result<u64> sys_epoll_ctl(SyscallContext& c) {
  arch::UserEpollEvent user{};
  const u32 operation = static_cast<u32>(c.arg[1]), fd = static_cast<u32>(c.arg[2]);
  if (operation != fs::kEpollDelete) user = TRY(copy_in<arch::UserEpollEvent>(c.arg[3]));
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  Ref<fs::File> target = TRY(file_at(fd));
  fs::Epoll* epoll = fs::as_epoll(*file);
  if (!target->poll_queue()) return Errno::perm;
  if (!epoll || target == file) return Errno::inval;
  const fs::EpollEvent event{user.events, user.data};
  switch (operation) {
    case fs::kEpollAdd: TRY(epoll->add(*target, fd, event)); break;
    case fs::kEpollModify: TRY(epoll->modify(*target, fd, event)); break;
    case fs::kEpollDelete: TRY(epoll->remove(*target, fd)); break;
    default: return Errno::inval;
  }
  return u64{0};
}

Result<u64> sys_epoll_wait(SyscallContext& c) {
  return wait_events(c.arg[0], c.arg[1], c.arg[2], deadline_of(c.arg[3]));
}
Result<u64> sys_epoll_pwait(SyscallContext& c) { return wait_masked(c, deadline_of(c.arg[3])); }
Result<u64> sys_epoll_pwait2(SyscallContext& c) { return wait_masked(c, TRY(read_timeout(c.arg[3]))); }

}  // namespace baryon::syscall

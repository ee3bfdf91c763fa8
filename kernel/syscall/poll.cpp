// poll(2), ppoll(2), select(2), pselect6(2).
#include <algorithm>
#include <cstring>

#include "kernel/fs/poller.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/syscall/file_support.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {
namespace {

struct PollFd {
  i32 fd;
  u16 events;
  u16 revents;
};
static_assert(sizeof(PollFd) == 8);

// A temporary signal mask, if the program gave one. Its lifetime ends with finish().
Result<bool> set_mask(VirtAddr mask, u64 size) {
  if (mask == 0) return false;
  if (size != sizeof(sched::SignalMask)) return Errno::inval;
  sched::set_temporary_mask(TRY(copy_in<sched::SignalMask>(mask)));
  return true;
}
void finish_mask(bool masked, const Result<u64>& result) {
  if (masked) sched::finish_temporary_mask(!result.ok() && result.error().code() == Errno::intr);
}

Result<u64> poll_files(VirtAddr address, u64 count, u64 deadline_ns) {
  if (count > fs::descriptor_limit()) return Errno::inval;
  Vector<PollFd> list;
  TRY(list.resize(count));
  if (count > 0 && !arch::copy_from_user(list.data(), address, count * sizeof(PollFd))) return Errno::fault;
  fs::Poller poller;
  for (PollFd& entry : list) {
    entry.revents = 0;
    if (entry.fd < 0) continue;
    auto file = file_at(static_cast<u32>(entry.fd));
    Ref<fs::File> ref;
    if (file.ok() && !(file.value()->flags() & fs::kPath)) ref = file.take();
    TRY(poller.add(std::move(ref), entry.events));
  }
  TRY(poller.wait(deadline_ns));
  u64 ready = 0;
  auto watched = poller.files().begin();
  for (PollFd& entry : list) {
    if (entry.fd >= 0) entry.revents = static_cast<u16>((watched++)->events);
    if (entry.revents) ++ready;
  }
  if (count > 0 && !arch::copy_to_user(address, list.data(), count * sizeof(PollFd))) return Errno::fault;
  return ready;
}

constexpr u32 kSelectRead = fs::kPollReadNormal | fs::kPollReadBand | fs::kPollIn | fs::kPollHangUp | fs::kPollError;
constexpr u32 kSelectWrite = fs::kPollWriteNormal | fs::kPollWriteBand | fs::kPollOut | fs::kPollError;
constexpr u32 kSelectExcept = fs::kPollPriority;

Result<u64> select_files(u64 count, const VirtAddr (&sets)[3], u64 deadline_ns) {
  if (static_cast<i32>(count) < 0) return Errno::inval;
  count = std::min<u64>(count, 65536);
  const u64 words = (count + 63) / 64;
  Vector<u64> bits[3];
  for (int set = 0; set < 3; ++set) {
    TRY(bits[set].resize(words));
    if (sets[set] && words && !arch::copy_from_user(bits[set].data(), sets[set], words * 8)) return Errno::fault;
  }
  constexpr u32 kInterest[3] = {kSelectRead, kSelectWrite, kSelectExcept};
  Vector<u32> descriptors;
  fs::Poller poller;
  for (u32 fd = 0; fd < count; ++fd) {
    u32 interest = 0;
    for (int set = 0; set < 3; ++set)
      if (bits[set][fd / 64] >> (fd % 64) & 1) interest |= kInterest[set];
    if (interest == 0) continue;
    TRY(descriptors.push_back(fd));
    TRY(poller.add(TRY(file_at(fd)), interest));
  }
  TRY(poller.wait(deadline_ns));
  u64 ready = 0;
  for (int set = 0; set < 3; ++set) {
    Vector<u64> result;
    TRY(result.resize(words));
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      const u32 fd = descriptors[i];
      if (bits[set][fd / 64] >> (fd % 64) & 1 && poller.files()[i].events & kInterest[set]) {
        result[fd / 64] |= u64{1} << (fd % 64);
        ++ready;
      }
    }
    if (sets[set] && words && !arch::copy_to_user(sets[set], result.data(), words * 8)) return Errno::fault;
  }
  return ready;
}

u64 remaining(u64 deadline_ns) {
  const u64 now = sched::monotonic_ns();
  return deadline_ns > now ? deadline_ns - now : 0;
}

}  // namespace

Result<u64> sys_poll(SyscallContext& c) {
  const i32 timeout = static_cast<i32>(c.arg[2]);
  const u64 deadline = timeout < 0 ? sched::kNever
                       : timeout == 0
                           ? 0
                           : sched::deadline_after(sched::monotonic_ns(), static_cast<u64>(timeout) * 1'000'000);
  return poll_files(c.arg[0], static_cast<u32>(c.arg[1]), deadline);
}

// The time that is left is stored, as Linux does.
Result<u64> sys_ppoll(SyscallContext& c) {
  const u64 deadline = TRY(read_timeout(c.arg[2]));
  const bool masked = TRY(set_mask(c.arg[3], c.arg[4]));
  Result<u64> result = poll_files(c.arg[0], static_cast<u32>(c.arg[1]), deadline);
  if (c.arg[2]) (void)copy_out(c.arg[2], to_timespec(remaining(deadline)));
  finish_mask(masked, result);
  return result;
}

Result<u64> sys_select(SyscallContext& c) {
  u64 deadline = sched::kNever;
  if (c.arg[4]) {
    Timeval span = TRY(copy_in<Timeval>(c.arg[4]));
    if (span.seconds < 0 || span.microseconds < 0) return Errno::inval;
    span.seconds += span.microseconds / 1'000'000;
    span.microseconds %= 1'000'000;
    deadline = sched::deadline_after(sched::monotonic_ns(), TRY(to_ns(span)));
  }
  Result<u64> result = select_files(c.arg[0], {c.arg[1], c.arg[2], c.arg[3]}, deadline);
  if (c.arg[4]) (void)copy_out(c.arg[4], to_timeval(remaining(deadline)));
  return result;
}

Result<u64> sys_pselect6(SyscallContext& c) {
  struct MaskArgument {
    VirtAddr mask;
    u64 size;
  };
  const u64 deadline = TRY(read_timeout(c.arg[4]));
  MaskArgument argument{};
  if (c.arg[5]) argument = TRY(copy_in<MaskArgument>(c.arg[5]));
  const bool masked = TRY(set_mask(argument.mask, argument.size));
  Result<u64> result = select_files(c.arg[0], {c.arg[1], c.arg[2], c.arg[3]}, deadline);
  if (c.arg[4]) (void)copy_out(c.arg[4], to_timespec(remaining(deadline)));
  finish_mask(masked, result);
  return result;
}

}  // namespace baryon::syscall

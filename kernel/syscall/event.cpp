// eventfd(2), timerfd_create(2).
#include "kernel/fs/event_file.hpp"
#include "kernel/syscall/file_support.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {
namespace {

Result<u64> make_event(u64 initial, u64 flags) {
  constexpr u64 kSemaphore = 1;
  if (flags & ~(kSemaphore | fs::kCloseOnExec | fs::kNonBlock)) return Errno::inval;
  Ref<fs::File> file = TRY(make_ref<fs::EventFile>(u64{static_cast<u32>(initial)}, (flags & kSemaphore) != 0,
                                                   static_cast<u32>(flags) & fs::kNonBlock));
  return u64{TRY(fs::current_files().install(std::move(file), flags & fs::kCloseOnExec, fs::descriptor_limit()))};
}

Result<Ref<fs::File>> timer_at(u64 fd) {
  Ref<fs::File> file = TRY(file_at(fd));
  if (file->kind() != fs::FileKind::timer) return Errno::inval;
  return file;
}

IntervalSpec to_spec(const fs::TimerFile::Setting& setting) {
  return {to_timespec(setting.interval_ns), to_timespec(setting.value_ns)};
}

}  // namespace

Result<u64> sys_eventfd(SyscallContext& c) { return make_event(c.arg[0], 0); }
Result<u64> sys_eventfd2(SyscallContext& c) { return make_event(c.arg[0], static_cast<u32>(c.arg[1])); }

Result<u64> sys_timerfd_create(SyscallContext& c) {
  constexpr u64 kRealtime = 0, kMonotonic = 1, kBoottime = 7, kRealtimeAlarm = 8, kBoottimeAlarm = 9;
  const u64 clock = static_cast<u32>(c.arg[0]);
  if (clock == kRealtimeAlarm || clock == kBoottimeAlarm) return Errno::perm;
  if (clock != kRealtime && clock != kMonotonic && clock != kBoottime) return Errno::inval;
  if (c.arg[1] & ~u64{fs::kCloseOnExec | fs::kNonBlock}) return Errno::inval;
  Ref<fs::File> file = TRY(make_ref<fs::TimerFile>(clock == kRealtime, static_cast<u32>(c.arg[1]) & fs::kNonBlock));
  return u64{TRY(fs::current_files().install(std::move(file), c.arg[1] & fs::kCloseOnExec, fs::descriptor_limit()))};
}

Result<u64> sys_timerfd_settime(SyscallContext& c) {
  constexpr u64 kAbsolute = 1, kCancelOnSet = 2;
  if (c.arg[1] & ~(kAbsolute | kCancelOnSet)) return Errno::inval;
  const auto spec = TRY(copy_in<IntervalSpec>(c.arg[2]));
  const u64 interval = TRY(to_ns(spec.interval)), value = TRY(to_ns(spec.value));
  Ref<fs::File> file = TRY(timer_at(c.arg[0]));
  const auto old = static_cast<fs::TimerFile&>(*file).set(interval, value, c.arg[1] & kAbsolute);
  TRY(copy_out_if(c.arg[3], to_spec(old)));
  return u64{0};
}

Result<u64> sys_timerfd_gettime(SyscallContext& c) {
  Ref<fs::File> file = TRY(timer_at(c.arg[0]));
  TRY(copy_out(c.arg[1], to_spec(static_cast<fs::TimerFile&>(*file).get())));
  return u64{0};
}

}  // namespace baryon::syscall

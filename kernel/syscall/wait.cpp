// Waiting for children: wait4(2), waitid(2).
#include "kernel/fs/context.hpp"
#include "kernel/fs/process_file.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/time_types.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {
namespace {

using Which = sched::WaitRequest::Which;

enum : u32 {
  kNoHang = 1,
  kUntraced = 2,  // WSTOPPED
  kExited = 4,
  kContinued = 8,
  kNoWait = 0x01000000,
  kNoThread = 0x20000000,
  kAll = 0x40000000,
  kClone = 0x80000000,
};

sched::WaitRequest request_of(u32 options) {
  sched::WaitRequest request;
  request.stopped = (options & kUntraced) != 0;
  request.continued = (options & kContinued) != 0;
  request.no_hang = (options & kNoHang) != 0;
  request.keep = (options & kNoWait) != 0;
  request.all = (options & kAll) != 0;
  request.clones_only = (options & kClone) != 0;
  return request;
}

UsageTimes usage_of(const sched::WaitReport& report) {
  UsageTimes usage{};
  usage.user = to_timeval(report.cpu_ns);
  usage.max_rss_kib = report.peak_pages * (kPageSize / 1024);
  return usage;
}

}  // namespace

Result<u64> sys_wait4(SyscallContext& c) {
  const i32 pid = static_cast<i32>(c.arg[0]);
  const u32 options = static_cast<u32>(c.arg[2]);
  if ((options & ~(kNoHang | kUntraced | kContinued | kNoThread | kAll | kClone)) != 0) return Errno::inval;
  if (pid == static_cast<i32>(0x80000000)) return Errno::srch;
  sched::WaitRequest request = request_of(options);
  if (pid > 0) request.which = Which::pid, request.id = static_cast<u32>(pid);
  else if (pid == 0) request.which = Which::group, request.id = sched::current_process().group_id;
  else if (pid < -1) request.which = Which::group, request.id = static_cast<u32>(-pid);
  const sched::WaitReport report = TRY(sched::wait_child(request));
  if (report.pid == 0) return 0;
  TRY(copy_out_if(c.arg[1], report.status));
  TRY(copy_out_if(c.arg[3], usage_of(report)));
  return u64{report.pid};
}

Result<u64> sys_waitid(SyscallContext& c) {
  constexpr u64 kIdAll = 0, kIdPid = 1, kIdGroup = 2, kIdDescriptor = 3;
  const u32 options = static_cast<u32>(c.arg[3]);
  if ((options & ~(kNoHang | kNoWait | kExited | kUntraced | kContinued | kNoThread | kAll | kClone)) != 0 ||
      (options & (kExited | kUntraced | kContinued)) == 0)
    return Errno::inval;
  sched::WaitRequest request = request_of(options);
  request.exited = (options & kExited) != 0;
  const i32 id = static_cast<i32>(c.arg[1]);
  Ref<sched::Process> named;
  switch (c.arg[0] & 0xffffffff) {
    case kIdAll: break;
    case kIdPid:
      if (id <= 0) return Errno::inval;
      request.which = Which::pid, request.id = static_cast<u32>(id);
      break;
    case kIdGroup:
      if (id < 0) return Errno::inval;
      request.which = Which::group;
      request.id = id == 0 ? sched::current_process().group_id : static_cast<u32>(id);
      break;
    case kIdDescriptor: {
      if (id < 0) return Errno::inval;
      Ref<fs::File> file = TRY(fs::current_files().get(static_cast<u32>(id)));
      named = TRY(fs::ProcessFile::process_of(*file));
      if (file->nonblocking()) request.no_hang = true;
      request.which = Which::pid, request.id = named->pid();
      break;
    }
    default: return Errno::inval;
  }
  const sched::WaitReport report = TRY(sched::wait_child(request));
  if (report.pid == 0 && named && (options & kNoHang) == 0) return Errno::again;  // a non-blocking pidfd
  sched::SigInfo info;
  if (report.pid != 0) {
    info.signo = sched::kSigchld;
    info.child.pid = static_cast<i32>(report.pid);
    info.child.uid = report.uid;
    sched::child_info(report, info);
  }
  TRY(copy_out_if(c.arg[4], usage_of(report)));
  // Linux writes these fields alone: signo, errno, code, pid, uid, status.
  constexpr u64 kWritten = 28;
  if (c.arg[2] != 0 && !arch::copy_to_user(c.arg[2], &info, kWritten)) return Errno::fault;
  return 0;
}

}  // namespace baryon::syscall

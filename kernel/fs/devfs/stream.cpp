#include "kernel/fs/devfs/stream.hpp"

#include <algorithm>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/fs/devfs/device.hpp"
#include "kernel/fs/hostfs/host_file.hpp"
#include "kernel/fs/ioctls.hpp"
#include "kernel/fs/tty/devpts.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"

namespace baryon::fs {

using abi::QCallOp;

namespace {

constexpr u32 kTermiosSize = 36, kWinsizeSize = 8;

bool answers_as_terminal(u32 handle) {
  u8 modes[kTermiosSize];
  qcall::Request request;
  request.op = QCallOp::terminal_get;
  request.handle = handle;
  request.add_segment(modes, sizeof modes);
  return qcall::call(request).ok();
}

}  // namespace

Result<Ref<File>> open_stream(u32 handle, u32 descriptor, u32 owner) {
  abi::FileStat status;
  TRY(host_stat(handle, status));
  const u32 type = status.mode & kTypeMask;
  // What the host has not opened for a direction it refuses itself.
  const bool both_ways = type == kCharDevice || type == kSocket || descriptor > 2;
  const u32 access = both_ways ? kReadWrite : descriptor == 0 ? kReadOnly : kWriteOnly;
  Ref<HostTerminal> terminal;
  if ((status.mode & kTypeMask) == kCharDevice && answers_as_terminal(handle))
    terminal = TRY(HostTerminal::of(status.special_device, owner));
  Ref<StreamHandle> shared = TRY(make_ref<StreamHandle>(handle, terminal));
  Ref<File> file = TRY(make_ref<StreamFile>(std::move(shared), access, status));
  if (terminal) file->set_dentry(TRY(slave_dentry(*terminal)));
  return file;
}

Result<i64> StreamFile::call(QCallOp op, u64 a0, u64 a1, void* data, u32 size) {
  qcall::Request request;
  request.op = op;
  request.handle = handle_;
  request.arg[0] = a0;
  request.arg[1] = a1;
  if (data) request.add_segment(data, size);
  return qcall::call(request);
}

Result<u64> StreamFile::read_at(IoBuffer& buffer, u64) {
  if (terminal_) {
    terminal_->settle();
    TRY(terminal_->check_read());
  }
  if (nonblocking() && !always_ready() && buffer.remaining() > 0 && TRY(call(QCallOp::poll, kPollIn, 1)) == 0) {
    if (!queue_.empty()) watch(kPollIn);  // an edge-triggered poller asks no more until it is told
    return Errno::again;
  }
  return host_read(handle_, buffer, abi::kCurrentPosition, true);
}

Result<u64> StreamFile::write_at(IoBuffer& buffer, u64&) {
  if (nonblocking() && !always_ready() && buffer.remaining() > 0) {
    if (TRY(call(QCallOp::poll, kPollOut, 1)) == 0) {
      if (!queue_.empty()) watch(kPollOut);
      return Errno::again;
    }
    // A pipe that is ready takes PIPE_BUF bytes without waiting (pipe(7)).
    buffer.limit(4096);
  }
  auto written = host_write(handle_, buffer, abi::kCurrentPosition, false, true);
  if (!written.ok() && written.error().code() == Errno::pipe) sched::raise_signal(sched::kSigpipe);
  return written;
}

Result<u64> StreamFile::seek(i64 offset, u32 whence) {
  if (whence > kSeekHole) return Errno::inval;
  return static_cast<u64>(TRY(call(QCallOp::seek, static_cast<u64>(offset), whence)));
}

u32 StreamFile::poll(u32 interest) {
  constexpr u32 kAskable = kPollIn | kPollPriority | kPollOut | kPollReadHangUp | kPollReadNormal | kPollReadBand |
                           kPollWriteNormal | kPollWriteBand;
  interest &= kAskable;
  if (always_ready()) return interest & (kPollIn | kPollOut | kPollReadNormal | kPollWriteNormal);
  auto result = call(QCallOp::poll, interest, 1);
  if (!result.ok()) return kPollError;
  if (result.value() != 0) return static_cast<u32>(result.value());
  if (!queue_.empty()) watch(interest);
  return 0;
}

// Has the host tell when one of the events comes. A request that asks for less is replaced.
void StreamFile::watch(u32 interest) {
  bool cancel = false;
  {
    SpinGuard guard(watch_lock_);
    if ((watched_ & interest) == interest && watched_ != 0) return;
    cancel = watched_ != 0;
    watched_ |= interest | kPollError;
  }
  if (cancel) {
    notice_.cancel();  // poll_done wakes the queue; pollers ask again and then watch for everything
    return;
  }
  ref();  // the request's own, until poll_done
  qcall::Request request;
  request.op = QCallOp::poll;
  request.handle = handle_;
  request.arg[0] = interest;
  if (!notice_.submit(request).ok()) {
    SpinGuard guard(watch_lock_);
    watched_ = 0;
    unref();
  }
}

void StreamFile::poll_done(qcall::Pending& pending, i64 result) {
  auto& stream = *static_cast<StreamFile*>(pending.context());
  {
    SpinGuard guard(stream.watch_lock_);
    stream.watched_ = 0;
  }
  stream.queue_.wake_all(result > 0 ? static_cast<u32>(result) : kPollIn | kPollOut | kPollError | kPollHangUp);
  stream.unref();
}

Result<void> StreamFile::stat(abi::FileStat& out) {
  if (terminal_ && dentry() != nullptr) return File::stat(out);
  TRY(host_stat(handle_, out));
  return {};
}

Result<void> StreamFile::statfs(abi::FileSystemStat& out) {
  TRY(call(QCallOp::statfs, 0, 0, &out, sizeof out));
  return {};
}

Result<void> StreamFile::truncate(u64 size) {
  TRY(call(QCallOp::truncate, size));
  return {};
}

Result<void> StreamFile::sync(bool data_only) {
  TRY(call(QCallOp::sync, data_only));
  return {};
}

Result<String> StreamFile::describe(const Dentry& root) {
  if (terminal_ && dentry() != nullptr) return File::describe(root);
  switch (status_.mode & kTypeMask) {
    case kFifo: {
      String text = TRY(String::copy("pipe:"));
      TRY(text.appendf("[%llu]", static_cast<unsigned long long>(status_.inode)));
      return text;
    }
    case kCharDevice: return String::copy(status_.special_device == make_device(1, 3) ? "/dev/null" : "/dev/console");
    default: return AnonymousFile::describe(root);
  }
}

Result<u64> StreamFile::ioctl(u32 command, u64 argument) {
  u8 modes[64] = {};
  if (terminal_) terminal_->settle();
  switch (command) {
    case kTcgets:
      TRY(call(QCallOp::terminal_get, 0, 0, modes, kTermiosSize));
      if (!arch::copy_to_user(argument, modes, kTermiosSize)) return Errno::fault;
      return u64{0};
    case kTcsets:
    case kTcsetsw:
    case kTcsetsf:
      if (!arch::copy_from_user(modes, argument, kTermiosSize)) return Errno::fault;
      if (terminal_) TRY(terminal_->check_change());
      TRY(call(QCallOp::terminal_set, command, 0, modes, kTermiosSize));
      return u64{0};
    case kTiocgwinsz:
      TRY(call(QCallOp::window_size, 0, 0, modes, kWinsizeSize));
      if (!arch::copy_to_user(argument, modes, kWinsizeSize)) return Errno::fault;
      return u64{0};
    case kTiocswinsz:
      if (!arch::copy_from_user(modes, argument, kWinsizeSize)) return Errno::fault;
      if (terminal_) TRY(terminal_->check_change());
      TRY(call(QCallOp::window_size, 1, 0, modes, kWinsizeSize));
      return u64{0};
    case kTiocgpgrp:
    case kTiocgsid:
    case kTiocspgrp:
    case kTiocsctty:
    case kTiocnotty: return terminal_ ? terminal_->control(command, argument, false) : Result<u64>(Errno::notty);
    case kTcflsh:
    case kTcsbrk: return terminal_ ? Result<u64>(u64{0}) : Result<u64>(Errno::notty);
    case kFionread: {
      // The host does not count: whether there is something is all that is known. A file knows.
      u32 count = 0;
      if (always_ready()) {
        abi::FileStat now;
        TRY(stat(now));
        const u64 at = static_cast<u64>(TRY(call(QCallOp::seek, 0, kSeekCurrent)));
        count = now.size > at ? static_cast<u32>(std::min<u64>(now.size - at, 0x7fffffff)) : 0;
      } else {
        count = TRY(call(QCallOp::poll, kPollIn, 1)) & kPollIn ? 1 : 0;
      }
      if (!arch::copy_to_user(argument, &count, sizeof count)) return Errno::fault;
      return u64{0};
    }
    default: return Errno::notty;
  }
}

}  // namespace baryon::fs

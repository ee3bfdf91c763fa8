// ioctl(2) of pseudoterminals: ioctl_tty(2). Settings and window size are the slave's, whichever side asks.
#include "kernel/arch/api/user_memory.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/fs/ioctls.hpp"
#include "kernel/fs/tty/devpts.hpp"
#include "kernel/fs/tty/pty.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::fs {
namespace {

constexpr u64 kSpeeds = 2 * sizeof(u32);  // what struct termios2 has more than struct termios

struct OldTermio {
  u16 sets[4];
  u8 line;
  u8 characters[8];
};
static_assert(sizeof(OldTermio) == 18);

template <class T>
Result<u64> give(u64 argument, const T& value) {
  return arch::copy_to_user(argument, &value, sizeof value) ? Result<u64>(u64{0}) : Result<u64>(Errno::fault);
}
template <class T>
Result<T> take(u64 argument) {
  T value{};
  if (!arch::copy_from_user(&value, argument, sizeof value)) return Errno::fault;
  return value;
}

}  // namespace

Result<u64> Pty::get_settings(u64 argument, u64 size) {
  struct {
    Termios termios;
    u32 speeds[2];
  } out{};
  static_assert(sizeof out == sizeof(Termios) + kSpeeds);
  {
    SpinGuard guard(lock_);
    out.termios = line_.settings();
  }
  out.speeds[0] = out.speeds[1] = 38400;
  return arch::copy_to_user(argument, &out, size) ? Result<u64>(u64{0}) : Result<u64>(Errno::fault);
}

Result<u64> Pty::set_settings(u32 command, u64 argument, u64 size, bool master) {
  if (!master) TRY(check_change());
  u8 bytes[sizeof(Termios) + kSpeeds];
  if (!arch::copy_from_user(bytes, argument, size)) return Errno::fault;
  Termios wanted;
  __builtin_memcpy(&wanted, bytes, sizeof wanted);
  return apply(wanted, command == kTcsetsf || command == kTcsetsf2);
}

// Draining would wait for the other side to have read; a pseudoterminal's output is delivered once it is in the queue.
Result<u64> Pty::apply(const Termios& wanted, bool flush_first) {
  {
    SpinGuard guard(lock_);
    if (flush_first) line_.flush_input();
    line_.configure(wanted);
    if (!(wanted.input & kIxon)) line_.stop(false);
  }
  wake_slave(kPollIn | kPollOut);  // what is readable may have changed with the mode
  return u64{0};
}

// struct termio of System V: the low halves of the sets and eight characters.
Result<u64> Pty::get_old_settings(u64 argument) {
  OldTermio out{};
  {
    SpinGuard guard(lock_);
    const Termios& settings = line_.settings();
    out.sets[0] = static_cast<u16>(settings.input);
    out.sets[1] = static_cast<u16>(settings.output);
    out.sets[2] = static_cast<u16>(settings.control);
    out.sets[3] = static_cast<u16>(settings.local);
    __builtin_memcpy(out.characters, settings.characters, sizeof out.characters);
  }
  return give(argument, out);
}

Result<u64> Pty::set_old_settings(u32 command, u64 argument, bool master) {
  if (!master) TRY(check_change());
  const auto given = TRY(take<OldTermio>(argument));
  Termios wanted;
  {
    SpinGuard guard(lock_);
    wanted = line_.settings();
  }
  u32 Termios::* const sets[] = {&Termios::input, &Termios::output, &Termios::control, &Termios::local};
  for (u32 i = 0; i < 4; ++i) wanted.*sets[i] = (wanted.*sets[i] & 0xffff0000) | given.sets[i];
  __builtin_memcpy(wanted.characters, given.characters, sizeof given.characters);
  return apply(wanted, command == kTcsetaf);
}

// tcflush(3); the master's input is the slave's output.
Result<u64> Pty::flush(u64 which, bool master) {
  constexpr u64 kInput = 0, kOutput = 1, kBoth = 2;
  if (which > kBoth) return Errno::inval;
  if (!master) TRY(check_change());
  const bool of_slave_input = which == kBoth || which == (master ? kOutput : kInput);
  const bool of_slave_output = which == kBoth || which == (master ? kInput : kOutput);
  {
    SpinGuard guard(lock_);
    if (of_slave_input) line_.flush_input();
    if (of_slave_output) line_.output().clear();
  }
  if (of_slave_input) wake_master(kPollOut);
  if (of_slave_output) wake_slave(kPollOut);
  return u64{0};
}

Result<u64> Pty::set_window(u64 argument) {
  const auto wanted = TRY(take<WindowSize>(argument));
  bool changed = false;
  {
    SpinGuard guard(lock_);
    changed = window_ != wanted;
    window_ = wanted;
  }
  if (changed) signal_foreground(sched::kSigwinch);
  return u64{0};
}

Result<u64> Pty::ioctl(u32 command, u64 argument, bool master) {
  switch (command) {
    case kTcgets: return get_settings(argument, sizeof(Termios));
    case kTcgets2: return get_settings(argument, sizeof(Termios) + kSpeeds);
    case kTcsets:
    case kTcsetsw:
    case kTcsetsf: return set_settings(command, argument, sizeof(Termios), master);
    case kTcgeta: return get_old_settings(argument);
    case kTcseta:
    case kTcsetaw:
    case kTcsetaf: return set_old_settings(command, argument, master);
    case kTcsets2:
    case kTcsetsw2:
    case kTcsetsf2: return set_settings(command, argument, sizeof(Termios) + kSpeeds, master);
    case kTiocgwinsz: {
      WindowSize size;
      {
        SpinGuard guard(lock_);
        size = window_;
      }
      return give(argument, size);
    }
    case kTiocswinsz: return set_window(argument);
    case kTcflsh: return flush(argument, master);
    case kTcxonc: {
      constexpr u64 kOff = 0, kOn = 1, kSendChars = 3;
      if (argument > kSendChars) return Errno::inval;
      if (!master) TRY(check_change());
      if (argument > kOn) return u64{0};
      {
        SpinGuard guard(lock_);
        line_.stop(argument == kOff);
      }
      if (argument == kOn) wake_slave(kPollOut);
      return u64{0};
    }
    case kTcsbrk:
    case kTcsbrkp:
      if (!master) TRY(check_change());
      return u64{0};
    case kTiocexcl:
    case kTiocnxcl:
    case kTiocslcktrmios: return u64{0};
    case kTiocglcktrmios: return give(argument, Termios{});
    case kTiocgetd: return give(argument, u32{0});
    case kTiocsetd: return TRY(take<u32>(argument)) == 0 ? Result<u64>(u64{0}) : Result<u64>(Errno::inval);
    case kFionread: {
      u32 count = 0;
      {
        SpinGuard guard(lock_);
        count = master ? line_.output().used() : line_.available();
      }
      return give(argument, count);
    }
    case kTiocoutq: {
      u32 count = 0;
      if (!master) {
        SpinGuard guard(lock_);
        count = line_.output().used();
      }
      return give(argument, count);
    }
    default: break;
  }
  if (!master) return control(command, argument, false);
  switch (command) {
    case kTiocgptn: return give(argument, number());
    case kTiocsptlck: locked = TRY(take<u32>(argument)) != 0; return u64{0};
    case kTiocgptlck: return give(argument, u32{locked});
    case kTiocsig:
      if (argument != sched::kSigint && argument != sched::kSigquit && argument != sched::kSigtstp) return Errno::inval;
      signal_foreground(static_cast<int>(argument));
      return u64{0};
    case kTiocgptpeer: {
      const u32 flags = static_cast<u32>(argument);
      Ref<File> slave = TRY(open(flags));
      slave->set_dentry(TRY(slave_dentry(*this)));
      return u64{TRY(current_files().install(std::move(slave), flags & kCloseOnExec, descriptor_limit()))};
    }
    default: return control(command, argument, true);
  }
}

}  // namespace baryon::fs

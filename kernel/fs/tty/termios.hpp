// Terminal settings as programs see them: termios(3), include/uapi/asm-generic/termbits.h. Equal on x86-64 and aarch64.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::fs {

// struct termios of the system call interface; c_ispeed and c_ospeed follow in struct termios2.
struct Termios {
  u32 input;    // c_iflag
  u32 output;   // c_oflag
  u32 control;  // c_cflag
  u32 local;    // c_lflag
  u8 line;      // c_line: the discipline, always 0 (N_TTY)
  u8 characters[19];

  bool is(u32 Termios::* set, u32 flag) const { return (this->*set & flag) != 0; }
};
static_assert(sizeof(Termios) == 36);

struct WindowSize {
  u16 rows = 0, columns = 0, x_pixels = 0, y_pixels = 0;
  bool operator==(const WindowSize&) const = default;
};

// c_iflag
inline constexpr u32 kIstrip = 0040, kInlcr = 0100, kIgncr = 0200, kIcrnl = 0400, kIxon = 02000, kIxany = 04000,
                     kImaxbel = 020000, kIutf8 = 040000;
// c_oflag
inline constexpr u32 kOpost = 01, kOnlcr = 04, kOcrnl = 010, kOnocr = 020, kOnlret = 040, kXtabs = 014000;
// c_cflag: 38400 baud, 8 bits, receiver on
inline constexpr u32 kB38400 = 017, kCs8 = 060, kCread = 0200;
// c_lflag
inline constexpr u32 kIsig = 01, kIcanon = 02, kEcho = 010, kEchoe = 020, kEchok = 040, kEchonl = 0100, kNoflsh = 0200,
                     kTostop = 0400, kEchoctl = 01000, kEchoke = 04000, kIexten = 0100000;
// c_cc
enum ControlCharacter : u32 {
  kVintr = 0,
  kVquit = 1,
  kVerase = 2,
  kVkill = 3,
  kVeof = 4,
  kVtime = 5,
  kVmin = 6,
  kVstart = 8,
  kVstop = 9,
  kVsusp = 10,
  kVeol = 11,
  kVreprint = 12,
  kVwerase = 14,
  kVlnext = 15,
  kVeol2 = 16,
};

// What a terminal starts with (drivers/tty/tty_io.c, tty_std_termios).
inline constexpr Termios kStandardTermios = {
    .input = kIcrnl | kIxon,
    .output = kOpost | kOnlcr,
    .control = kB38400 | kCs8 | kCread,
    .local = kIsig | kIcanon | kEcho | kEchoe | kEchok | kEchoctl | kEchoke | kIexten,
    .line = 0,
    .characters = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0},
};

}  // namespace baryon::fs

// The line discipline N_TTY: what lies between the keyboard's bytes and the program's (termios(3)).
//
//   keyboard ──receive──▸ editing, signals ──▸ input queue ──take──▸ program
//                          │ echo                                      │
//   screen ◂── output ◂────┴────────────── output processing ◂──put────┘
//
// Plain state without locks, waiting or signals: its owner (pty.cpp) has those.
#pragma once

#include <span>

#include "kernel/fs/tty/byte_ring.hpp"
#include "kernel/fs/tty/termios.hpp"

namespace baryon::fs {

class LineDiscipline {
 public:
  static constexpr u32 kInputSize = 4096;  // N_TTY_BUF_SIZE
  using Output = ByteRing<8192>;
  // The signals that keys have asked for, as a set of 1 << number.
  using Signals = u64;

  // From the keyboard. Returns how many bytes were taken: fewer when the queue is full, then the rest comes again once
  // the program has read. Without room for echo the echo is lost, as the screen is not being read either.
  u32 receive(std::span<const u8> bytes, Signals& signals);
  // From the program: returns how many bytes found room in output().
  u32 put(std::span<const u8> bytes);
  // For the program: at most one line in canonical mode. `end`: the read is complete although fewer bytes came than
  // were asked for (a line's end, an end-of-file character).
  u32 take(std::span<u8> out, bool& end);
  // Whether a read has something to return: a line, or in raw mode `minimum` bytes.
  bool readable(u32 minimum = 1) const;
  u32 available() const;

  const Termios& settings() const { return settings_; }
  void configure(const Termios& settings);
  void flush_input();
  Output& output() { return output_; }
  // Held back by a stop character or tcflow(3).
  bool stopped() const { return stopped_; }
  void stop(bool on) { stopped_ = on; }

 private:
  bool canonical() const { return settings_.local & kIcanon; }
  bool has(u32 local_flag) const { return settings_.local & local_flag; }
  // Whether `byte` is the control character, which may be disabled (0).
  bool matches(u8 byte, ControlCharacter which) const { return byte != 0 && byte == settings_.characters[which]; }
  bool full() const { return used_ >= kInputSize - 1; }
  u8& at(u32 index) { return input_[(head_ + index) % kInputSize]; }
  bool ends_line(u32 index) const { return line_ends_[(head_ + index) % kInputSize]; }

  bool receive_byte(u8 byte, Signals& signals);  // false: no room
  bool receive_control(u8 byte, Signals& signals);
  bool edit(u8 byte);  // canonical mode: true if the byte was an editing or line-ending character
  void append(u8 byte, bool line_end);
  void erase_last();
  void erase_word();
  void erase_line();
  void reprint();
  void echo(u8 byte);
  void rub_out(u8 byte, u32 columns_before);
  u32 line_columns();
  bool put_byte(u8 byte);
  void put_text(const char* text);

  Termios settings_ = kStandardTermios;
  u8 input_[kInputSize];
  bool line_ends_[kInputSize] = {};  // by slot: this byte ends a line; a NUL that does is an end of file
  u32 head_ = 0, used_ = 0;
  u32 editing_ = 0;  // how many of the last bytes are the line that is still being edited
  u32 lines_ = 0;    // complete ones in the queue
  u32 column_ = 0, line_start_column_ = 0;
  bool literal_next_ = false;
  bool stopped_ = false;
  Output output_;
};

}  // namespace baryon::fs

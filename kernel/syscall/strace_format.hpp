// Turns a system call's numbers into a line like strace(1)'s: pure, over a callback that reads the program's memory.
//
// A call's format string (the last column of table_<family>.def) has one entry for each argument, separated by
// commas, and may end with "-> RESULT":
//
//   SYSCALL(read, 0, 63, "fd, out:2, size")
//
// An entry is [>]NAME[:OPERAND]. `>`: the call fills what the argument points to, so a failed call shows the pointer.
// An OPERAND that is a digit is the index of the argument that holds a length or count; some NAMEs know where to look.
//
//   numbers    fd dirfd int uint long size pid hex ptr mode (octal) file_mode signal clock whence device
//   text       path    a NUL-terminated string
//   bytes      out:N   filled by the call; the result says how many
//              in:N    argument N says how many
//              iov:N   N iovecs for writing; >iov:N for reading into them
//   flags      flags:SET, e.g. flags:open, flags:mmap; enum:SET, e.g. enum:advice (strace_format_names.cpp lists them)
//   structs    timespec timespecs (two) timeval timevals (two) itimerspec itimerval stat statx sigset sigaction siginfo
//              stack pollfds:N epoll_event epoll_events fd_pair offset int_pointer rlimit utsname
//   sockets    sockaddr:N  argument N is its length; >sockaddr: the next argument points to it
//              msghdr >msghdr  sockopt (the argument before it is the level)
//   depending on other arguments
//              open_mode     mode if the flags before it create a file, otherwise the list ends
//              futexop fcntl_cmd prctl    the operation and, as it demands, all arguments behind it: the list ends
//   results    -> int (the default), hex, ptr, mode, never (the call does not return: it is shown before it is made)
//
// An unknown NAME is shown in hexadecimal, like one whose memory cannot be read.
#pragma once

#include <cstddef>
#include <string_view>

#include "kernel/base/types.hpp"

namespace baryon::syscall {

// Copies from the program's memory; false where that faults. May block.
using ReadMemory = bool (*)(void* to, VirtAddr from, u64 length);

// Text in a caller's buffer; what does not fit is cut.
class Line {
 public:
  Line(char* buffer, std::size_t size) : buffer_(buffer), size_(size) {}
  std::string_view view() const { return {buffer_, length_}; }
  // Keeps room at the end of the buffer for what must not be cut; needs a buffer larger than that.
  void hold_back(std::size_t room) { size_ -= room; }
  // Lets go of that room; text that was cut ends in dots.
  void release(std::size_t room) {
    const bool cut = length_ == size_;
    size_ += room;
    if (cut) put("...");
  }

  void put(char c);
  void put(std::string_view text);
  void number(i64 value);
  void number_unsigned(u64 value, unsigned minimum_digits = 1);
  void hex(u64 value);      // 0x..; 0 is "0"
  void octal(u64 value);    // with a leading 0
  void pointer(u64 value);  // 0 is "NULL"
  // Between double quotes, escaped as in C. `cut`: there is more, shown by dots.
  void quoted(std::string_view bytes, bool cut);

 private:
  void digits(u64 value, unsigned base, unsigned minimum_digits);
  char* buffer_;
  std::size_t size_;
  std::size_t length_ = 0;
};

// A good size for the buffer; format_call needs 256 bytes at least.
inline constexpr std::size_t kTraceLineSize = 1024;

// "name(arguments) = result". `name` may be nullptr (no such number known); `formats` too. `result`: -errno, or a
// value.
void format_call(Line& line, const char* name, u64 number, const char* formats, const u64 (&arguments)[6], i64 result,
                 ReadMemory read);
// Whether the formats say that the call does not return.
bool never_returns(const char* formats);

struct SignalReport {
  i32 signal;
  i32 code;
  u64 address;  // of a fault
  i32 pid;      // of a sender
  u32 uid;
};
// "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---"
void format_signal(Line& line, const SignalReport& report);
// "+++ exited with 0 +++", "+++ killed by SIGSEGV +++"
void format_exit(Line& line, int status);
void format_killed(Line& line, int signal);

}  // namespace baryon::syscall

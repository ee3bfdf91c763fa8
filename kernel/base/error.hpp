// The one error type: a Linux errno. A function that can fail returns Result<T>; TRY unwraps it.
//
//   Result<u64> length = file.read(buffer);
//   u64 n = TRY(file.read(buffer));      // returns the error from the enclosing function
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "kernel/base/types.hpp"

namespace baryon {

// Linux errno values (asm-generic/errno-base.h, errno.h); equal on x86-64 and aarch64. Those above 511
// are the kernel's own and never reach a program.
enum class Errno : i32 {
  perm = 1,
  noent = 2,
  srch = 3,
  intr = 4,
  io = 5,
  nxio = 6,
  toobig = 7,
  noexec = 8,
  badf = 9,
  child = 10,
  again = 11,
  nomem = 12,
  acces = 13,
  fault = 14,
  notblk = 15,
  busy = 16,
  exist = 17,
  xdev = 18,
  nodev = 19,
  notdir = 20,
  isdir = 21,
  inval = 22,
  nfile = 23,
  mfile = 24,
  notty = 25,
  txtbsy = 26,
  fbig = 27,
  nospc = 28,
  spipe = 29,
  rofs = 30,
  mlink = 31,
  pipe = 32,
  dom = 33,
  range = 34,
  deadlk = 35,
  nametoolong = 36,
  nolck = 37,
  nosys = 38,
  notempty = 39,
  loop = 40,
  nomsg = 42,
  idrm = 43,
  nodata = 61,
  time = 62,
  proto = 71,
  overflow = 75,
  badfd = 77,
  libbad = 80,
  ilseq = 84,
  notsock = 88,
  destaddrreq = 89,
  msgsize = 90,
  prototype = 91,
  noprotoopt = 92,
  protonosupport = 93,
  socktnosupport = 94,
  opnotsupp = 95,
  pfnosupport = 96,
  afnosupport = 97,
  addrinuse = 98,
  addrnotavail = 99,
  netdown = 100,
  netunreach = 101,
  connaborted = 103,
  connreset = 104,
  nobufs = 105,
  isconn = 106,
  notconn = 107,
  toomanyrefs = 109,
  timedout = 110,
  connrefused = 111,
  hostunreach = 113,
  already = 114,
  inprogress = 115,
  stale = 116,
  dquot = 122,
  canceled = 125,
  ownerdead = 130,
  notrecoverable = 131,
  // A blocked call was interrupted by a signal. How it goes on is decided when the signal is delivered
  // (Linux: include/linux/errno.h).
  restart_sys = 512,         // restart if the handler has SA_RESTART, else EINTR
  restart_no_handler = 514,  // restart only when no handler runs, else EINTR
  restart_block = 516,       // like no_handler, but the rest of the time-out is kept (nanosleep)
};

// An errno in flight; converts into any Result.
class [[nodiscard]] Error {
 public:
  constexpr explicit(false) Error(Errno code) : code_(code) {}
  constexpr Errno code() const { return code_; }
  // For -errno results of QCalls. A value that is no errno becomes EIO.
  static constexpr Error from_negative(i64 value) {
    return Error(value < 0 && value > -4096 ? static_cast<Errno>(-value) : Errno::io);
  }

 private:
  Errno code_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  constexpr explicit(false) Result(T value) : value_(std::move(value)), ok_(true) {}
  constexpr explicit(false) Result(Error error) : error_(error.code()), ok_(false) {}
  constexpr explicit(false) Result(Errno code) : error_(code), ok_(false) {}
  constexpr Result(Result&& other) noexcept : ok_(other.ok_) {
    if (ok_) new (&value_) T(std::move(other.value_));
    else error_ = other.error_;
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      this->~Result();
      new (this) Result(std::move(other));
    }
    return *this;
  }
  constexpr ~Result() {
    if (ok_) value_.~T();
  }

  constexpr bool ok() const { return ok_; }
  constexpr explicit operator bool() const { return ok_; }
  constexpr Error error() const { return Error(error_); }
  constexpr T& value() & { return value_; }
  constexpr const T& value() const& { return value_; }
  constexpr T&& value() && { return std::move(value_); }
  constexpr T take() { return std::move(value_); }
  constexpr T value_or(T fallback) && { return ok_ ? std::move(value_) : std::move(fallback); }

 private:
  union {
    T value_;
    Errno error_;
  };
  bool ok_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  constexpr Result() = default;
  constexpr explicit(false) Result(Error error) : error_(error.code()) {}
  constexpr explicit(false) Result(Errno code) : error_(code) {}
  constexpr bool ok() const { return error_ == Errno{}; }
  constexpr explicit operator bool() const { return ok(); }
  constexpr Error error() const { return Error(error_); }
  constexpr void take() const {}

 private:
  Errno error_{};
};

}  // namespace baryon

#define TRY(expression)                                                 \
  ({                                                                    \
    auto&& try_result_ = (expression);                                  \
    if (!try_result_.ok()) return ::baryon::Error(try_result_.error()); \
    try_result_.take();                                                 \
  })

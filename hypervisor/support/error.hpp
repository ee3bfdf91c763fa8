// The host's error type. An Error is made where the failing input is known and printed once, in main():
//   baryon: error: <what> (<hint>)
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace baryon::host {

// Exit statuses of baryon's own failures; 125-127 as in env(1) and nohup(1), the program's own status otherwise.
enum class ExitCode : std::uint8_t {
  own_failure = 125,     // bad option, no engine, guest panic, out of memory
  not_executable = 126,  // PROGRAM found, but not something this sandbox can run
  not_found = 127,       // PROGRAM not found
};

struct [[nodiscard]] Error {
  ExitCode code = ExitCode::own_failure;
  std::string what;  // names the input it is about; no trailing period or newline
  std::string hint;  // what to do about it; may be empty
  bool operator==(const Error&) const = default;
};

template <class T>
using Expected = std::expected<T, Error>;

// fail("cannot …", "try …") converts to any Expected<T>.
[[nodiscard]] inline std::unexpected<Error> fail(std::string what, std::string hint = {},
                                                 ExitCode code = ExitCode::own_failure) {
  return std::unexpected(Error{code, std::move(what), std::move(hint)});
}

// As fail(), with ": <strerror(error_number)>" appended to `what`. Pass errno before anything can change it.
[[nodiscard]] std::unexpected<Error> fail_errno(std::string what, int error_number, std::string hint = {},
                                                ExitCode code = ExitCode::own_failure);

// "baryon: error: <what> (<hint>)\n"; control characters of hostile input are escaped.
[[nodiscard]] std::string to_message(const Error& error);

// Writes to_message(error) to stderr and returns the exit status.
int report(const Error& error);

// `text` with control characters (C0, DEL, C1) and bytes that UTF-8 never uses as \xNN, so that a path taken from the
// command line, a file or the guest cannot drive the user's terminal.
[[nodiscard]] std::string escape_for_terminal(std::string_view text);

}  // namespace baryon::host

// Unwraps an Expected<T>, or returns its error from the enclosing function (which returns some Expected<U>).
// A statement expression (GNU C): `auto fd = BARYON_TRY(open_root(path));`
#define BARYON_TRY(expression)                                      \
  __extension__({                                                   \
    auto&& baryon_try_result = (expression);                        \
    if (!baryon_try_result) [[unlikely]]                            \
      return std::unexpected(std::move(baryon_try_result).error()); \
    *std::move(baryon_try_result);                                  \
  })

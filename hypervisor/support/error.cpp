#include "hypervisor/support/error.hpp"

#include <cstring>

#include "hypervisor/support/write_all.hpp"

namespace baryon::host {

std::unexpected<Error> fail_errno(std::string what, int error_number, std::string hint, ExitCode code) {
  char buffer[128];
  // The GNU strerror_r: it may return a string of its own and leave `buffer` alone.
  what += ": ";
  what += strerror_r(error_number, buffer, sizeof buffer);
  return fail(std::move(what), std::move(hint), code);
}

std::string escape_for_terminal(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // 0x80-0x9f on their own are C1 controls to some terminals, but also continuation bytes of UTF-8: kept, for a
    // UTF-8 terminal takes them as controls only when they are encoded (c2 80..c2 9f), which is caught here by c2.
    const bool is_control = byte < 0x20 || byte == 0x7f;
    const bool begins_c1 = byte == 0xc2 && &c + 1 < text.data() + text.size() &&
                           static_cast<unsigned char>((&c)[1]) < 0xa0;
    if (is_control || begins_c1 || byte >= 0xf8 || byte == 0xc0 || byte == 0xc1) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out;
}

std::string to_message(const Error& error) {
  std::string message = "baryon: error: " + escape_for_terminal(error.what);
  if (!error.hint.empty()) message += " (" + escape_for_terminal(error.hint) + ")";
  message += '\n';
  return message;
}

int report(const Error& error) {
  static_cast<void>(write_all(2, to_message(error)));
  return static_cast<int>(error.code);
}

}  // namespace baryon::host

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
  bool second_of_c1 = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // The C1 controls are c2 80..c2 9f in UTF-8; a byte 80..9f elsewhere is the middle of some other character.
    const bool first_of_c1 =
        byte == 0xc2 && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xe0) == 0x80;
    const bool never_in_utf8 = byte >= 0xf8 || byte == 0xc0 || byte == 0xc1;
    if (byte < 0x20 || byte == 0x7f || never_in_utf8 || first_of_c1 || second_of_c1) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += text[i];
    }
    second_of_c1 = first_of_c1;
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

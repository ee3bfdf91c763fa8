#include "hypervisor/config/parse.hpp"

#include <charconv>
#include <vector>

namespace baryon::host {

namespace {

constexpr std::string_view kSizeForm = "digits with an optional K, M or G, such as 512M";
constexpr std::string_view kBindForm = "HOST:GUEST, HOST:GUEST:ro or HOST:GUEST:rw";

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::vector<std::string_view> split_at_colons(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

Expected<bool> parse_read_only(std::string_view mode) {
  if (mode == "ro") return true;
  if (mode == "rw") return false;
  return fail(quoted(mode) + " is not an access mode", "use ro or rw");
}

}  // namespace

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 80;
  std::string out = "'";
  out += text.substr(0, kShown);
  if (text.size() > kShown) out += "…";
  out += "'";
  return out;
}

Expected<std::uint64_t> parse_integer(std::string_view text, std::uint64_t minimum, std::uint64_t maximum) {
  const std::string form = "use a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range && stopped == end) return fail(quoted(text) + " is out of range", form);
  if (error != std::errc{} || stopped != end) return fail(quoted(text) + " is not a whole number", form);
  if (value < minimum || value > maximum) return fail(quoted(text) + " is out of range", form);
  return value;
}

Expected<std::uint64_t> parse_size(std::string_view text) {
  std::string_view digits = text;
  std::uint64_t unit = 1;
  if (!digits.empty()) {
    switch (digits.back()) {
      case 'K':
      case 'k': unit = kKiB; break;
      case 'M':
      case 'm': unit = kMiB; break;
      case 'G':
      case 'g': unit = kGiB; break;
      default: break;  // anything else must be a digit, which from_chars checks
    }
    if (unit != 1) digits.remove_suffix(1);
  }
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (stopped != end || error == std::errc::invalid_argument)
    return fail(quoted(text) + " is not a size", "use " + std::string(kSizeForm));
  std::uint64_t bytes = 0;
  if (error == std::errc::result_out_of_range || __builtin_mul_overflow(value, unit, &bytes))
    return fail(quoted(text) + " is too large", "sizes are below 16 EiB");
  return bytes;
}

Expected<std::uint64_t> parse_memory(std::string_view text) {
  const std::uint64_t bytes = BARYON_TRY(parse_size(text));
  if (bytes < kMinMemoryBytes)
    return fail(quoted(text) + " is too little memory", "the least is " + std::to_string(kMinMemoryBytes / kMiB) + "M");
  if (bytes > kMaxMemoryBytes)
    return fail(quoted(text) + " is too much memory", "the most is " + std::to_string(kMaxMemoryBytes / kGiB) + "G");
  if (bytes % (4 * kKiB) != 0) return fail(quoted(text) + " is not a multiple of 4K", "round it to a multiple of 4K");
  return bytes;
}

Expected<bool> parse_switch(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return fail(quoted(text) + " is neither on nor off", "use on or off");
}

Expected<std::string> parse_host_path(std::string_view text) {
  if (text.empty()) return fail("the host path is empty", "name a file or directory");
  if (has_nul(text)) return fail(quoted(text) + " contains a NUL byte");
  return std::string(text);
}

Expected<std::string> parse_guest_path(std::string_view text) {
  if (text.empty()) return fail("the guest path is empty", "use an absolute path");
  if (has_nul(text)) return fail(quoted(text) + " contains a NUL byte");
  if (text.front() != '/')
    return fail(quoted(text) + " is not an absolute guest path", "guest paths begin with a slash");
  std::string normalised;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string_view component = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (component.empty() || component == ".") continue;
    // ".." cannot be removed textually once symbolic links exist; nobody needs it here.
    if (component == "..") return fail(quoted(text) + " contains '..'", "write the guest path out");
    normalised += '/';
    normalised += component;
  }
  if (normalised.empty()) normalised = "/";
  return normalised;
}

Expected<std::string> parse_mount_point(std::string_view text) {
  std::string path = BARYON_TRY(parse_guest_path(text));
  if (path == "/") return fail("the guest's / cannot be mounted over", "choose the root directory with --root");
  return path;
}

Expected<RootOptions> parse_root(std::string_view text) {
  const std::vector<std::string_view> parts = split_at_colons(text);
  if (parts.size() > 2) return fail(quoted(text) + " has too many colons", "use DIR, DIR:ro, DIR:rw or DIR:overlay");
  RootOptions root;
  root.host = BARYON_TRY(parse_host_path(parts[0]));
  if (parts.size() == 1) return root;
  root.overlay = parts[1] == "overlay";
  if (parts[1] != "ro" && parts[1] != "rw" && !root.overlay)
    return fail(quoted(parts[1]) + " is not an access mode", "use ro, rw or overlay");
  root.read_only = parts[1] != "rw";
  return root;
}

Expected<Bind> parse_bind(std::string_view text) {
  const std::vector<std::string_view> parts = split_at_colons(text);
  if (parts.size() < 2) return fail(quoted(text) + " has no guest path", "use " + std::string(kBindForm));
  if (parts.size() > 3) return fail(quoted(text) + " has too many colons", "use " + std::string(kBindForm));
  Bind bind;
  bind.host = BARYON_TRY(parse_host_path(parts[0]));
  bind.guest = BARYON_TRY(parse_mount_point(parts[1]));
  if (parts.size() == 3) bind.read_only = BARYON_TRY(parse_read_only(parts[2]));
  return bind;
}

Expected<std::string> parse_environment(std::string_view text) {
  if (has_nul(text)) return fail(quoted(text) + " contains a NUL byte");
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return fail(quoted(text) + " has no '='", "use KEY=VALUE");
  if (equals == 0) return fail(quoted(text) + " has an empty name", "use KEY=VALUE");
  return std::string(text);
}

}  // namespace baryon::host

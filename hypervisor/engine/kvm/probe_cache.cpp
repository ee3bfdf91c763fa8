#include "hypervisor/engine/kvm/probe_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "host/cpu_model.hpp"
#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host::kvm {

namespace {

constexpr std::string_view kFormat = "baryon-probe 2";
constexpr const char* kFileName = "/probe";
constexpr std::size_t kMaxFileBytes = 1024;

std::string read_small_file(const char* path) {
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return {};
  char text[kMaxFileBytes];
  const ssize_t length = ::read(file.get(), text, sizeof text);
  return length <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(length));
}

std::string cpu_text() {
  std::string model;
  for (const unsigned word : cpu_model()) model += fmt::format("{:08x}", word);
  return model;
}

std::string host_key() {
  std::string boot = read_small_file("/proc/sys/kernel/random/boot_id");
  while (!boot.empty() && boot.back() == '\n') boot.pop_back();
  utsname name{};
  ::uname(&name);
  return fmt::format("{} {} {}", boot, name.release, cpu_text());
}

std::string own_directory() {
  if (const char* const cache = ::secure_getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::string(cache) + "/baryon";
  if (::geteuid() == 0) return "/var/cache/baryon";
  if (const char* const home = ::secure_getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.cache/baryon";
  return {};
}

// Takes the line `name<value>` off the front of `text`; nullopt when it begins otherwise.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(end + 1);
  return value;
}

bool parse_nanoseconds(std::string_view text, double& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && value > 0 && value < 1e6;
}

}  // namespace

std::string to_cache_text(const ProbeMeasurement& measurement, std::string_view key) {
  return fmt::format("{}\nkey {}\ncpl0-ns {:.3f}\ncpl3-ns {:.3f}\nsyscall-reaches-cpl0 {:d}\n", kFormat, key,
                     measurement.cpl0_ns_per_instruction, measurement.cpl3_ns_per_instruction,
                     measurement.syscall_reaches_cpl0);
}

std::optional<ProbeMeasurement> from_cache_text(std::string_view text, std::string_view key) {
  const auto format = take_field(text, "");
  const auto stored_key = take_field(text, "key ");
  const auto cpl0 = take_field(text, "cpl0-ns ");
  const auto cpl3 = take_field(text, "cpl3-ns ");
  const auto reaches = take_field(text, "syscall-reaches-cpl0 ");
  if (!format || *format != kFormat || !stored_key || *stored_key != key || !cpl0 || !cpl3 || !reaches || !text.empty())
    return std::nullopt;
  ProbeMeasurement result{};
  if (!parse_nanoseconds(*cpl0, result.cpl0_ns_per_instruction) ||
      !parse_nanoseconds(*cpl3, result.cpl3_ns_per_instruction))
    return std::nullopt;
  if (*reaches != "0" && *reaches != "1") return std::nullopt;
  result.syscall_reaches_cpl0 = *reaches == "1";
  return result;
}

ProbeCache::ProbeCache() : directory_(own_directory()), key_(directory_.empty() ? "" : host_key()) {}

std::optional<ProbeMeasurement> ProbeCache::load() const {
  if (directory_.empty()) return std::nullopt;
  return from_cache_text(read_small_file((directory_ + kFileName).c_str()), key_);
}

void ProbeCache::store(const ProbeMeasurement& measurement) const {
  if (directory_.empty()) return;
  ::mkdir(directory_.c_str(), 0755);
  const std::string temporary = fmt::format("{}/probe.{}", directory_, ::getpid());
  {
    const UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file.valid()) return;
    if (!write_all(file.get(), to_cache_text(measurement, key_))) {
      ::unlink(temporary.c_str());
      return;
    }
  }
  if (::rename(temporary.c_str(), (directory_ + kFileName).c_str()) != 0) ::unlink(temporary.c_str());
}

}  // namespace baryon::host::kvm

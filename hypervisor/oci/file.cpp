#include "hypervisor/oci/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host::oci {

Expected<std::string> read_file(const std::string& path, std::size_t most) {
  // O_NONBLOCK: opening a FIFO must not hang before it can be refused.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.valid()) return fail_errno("cannot open " + path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail_errno("cannot stat " + path, errno);
  if (!S_ISREG(status.st_mode)) return fail(path + " is not a regular file");
  std::string text;
  for (;;) {
    char buffer[8192];
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read " + path, errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > most) return fail(path + " is larger than " + std::to_string(most) + " bytes");
  }
}

Expected<void> replace_file(const std::string& path, std::string_view content, unsigned mode) {
  const std::string temporary = path + ".new." + std::to_string(::getpid());
  {
    const UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file.valid()) return fail_errno("cannot create " + temporary, errno);
    if (!write_all(file.get(), content)) {
      const int error = errno;
      ::unlink(temporary.c_str());
      return fail_errno("cannot write " + temporary, error);
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(temporary.c_str());
  return fail_errno("cannot replace " + path, error);
}

Expected<void> write_control_file(const std::string& path, std::string_view content) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return fail_errno("cannot open " + path, errno);
  if (::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    return fail_errno("cannot write '" + std::string(content) + "' to " + path, errno);
  return {};
}

std::string read_line(const std::string& path) {
  std::string text = read_file(path, 1u << 16).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace baryon::host::oci

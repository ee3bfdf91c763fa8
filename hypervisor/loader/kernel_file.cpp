#include "hypervisor/loader/kernel_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

namespace baryon::host {

namespace {

constexpr const char* kMissingHint = "build it with ninja, or point BARYON_KERNEL at it";

}  // namespace

Expected<std::string> kernel_path(std::string_view arch) {
  if (const char* const given = ::secure_getenv("BARYON_KERNEL"); given != nullptr && *given != '\0') return given;

  char self[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", self, sizeof self);
  if (length < 0) return fail_errno("cannot read /proc/self/exe to find the guest kernel", errno, kMissingHint);
  if (length == sizeof self) return fail("the path of this executable is too long", kMissingHint);
  std::string path(self, static_cast<std::size_t>(length));
  path.resize(path.rfind('/') + 1);
  return path.append("kernel-").append(arch).append(".elf");
}

Expected<MappedFile> MappedFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return fail_errno("cannot open the guest kernel " + path, errno, kMissingHint);
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    ::close(descriptor);
    return fail("the guest kernel " + path + " is not a regular file with content", kMissingHint);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int error = errno;
  ::close(descriptor);
  if (mapped == MAP_FAILED) return fail_errno("cannot map the guest kernel " + path, error);
  return MappedFile({static_cast<const std::byte*>(mapped), size});
}

MappedFile::~MappedFile() {
  if (bytes_.data() != nullptr) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace baryon::host

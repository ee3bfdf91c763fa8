#include "hypervisor/files/host_root.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <atomic>
#include <cerrno>
#include <charconv>

#include "hypervisor/files/mount_tree.hpp"

namespace baryon::host {
namespace {

// A rename anywhere on the host can make ".." resolution fail with EAGAIN (openat2(2)); a few attempts are enough
// unless someone renames in a loop, and then the guest gets to see the EAGAIN.
constexpr int kLookupAttempts = 16;

// The process's /proc/self/fd; through it "N" names the object of descriptor N itself, whatever its path is now.
std::atomic<int> descriptor_directory{-1};

struct DecimalName {
  explicit DecimalName(int number) { *std::to_chars(text, text + sizeof text - 1, number).ptr = '\0'; }
  char text[12];
};

// One fstatfs per lookup; the only way to know procfs that is right for mounts made later, too.
Found<UniqueFd> refuse_procfs(UniqueFd object) {
  struct statfs file_system;
  if (::fstatfs(object.get(), &file_system) != 0) return std::unexpected(errno);
  if (file_system.f_type == PROC_SUPER_MAGIC) return std::unexpected(EACCES);
  return object;
}

}  // namespace

Found<UniqueFd> open_beneath(LookupBase base, const char* path, std::uint64_t flags, std::uint64_t mode,
                             std::uint64_t resolve) noexcept {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_NO_MAGICLINKS | resolve | (base.is_root ? RESOLVE_IN_ROOT : RESOLVE_BENEATH);
  int error = EAGAIN;
  for (int attempt = 0; attempt < kLookupAttempts && (error == EAGAIN || error == EINTR); ++attempt) {
    const long descriptor = ::syscall(SYS_openat2, base.descriptor, path, &how, sizeof how);
    if (descriptor >= 0) return UniqueFd(static_cast<int>(descriptor));
    error = errno;
  }
  return std::unexpected(error);
}

Found<UniqueFd> find_object(LookupBase base, const char* path, bool follow, std::uint64_t resolve) noexcept {
  auto object = open_beneath(base, path, O_PATH | (follow ? 0u : O_NOFOLLOW), 0, resolve);
  if (!object) return object;
  return refuse_procfs(*std::move(object));
}

Found<UniqueFd> find_directory(LookupBase base, const char* path) noexcept {
  auto directory = open_beneath(base, path, O_PATH | O_DIRECTORY);
  if (!directory) return directory;
  return refuse_procfs(*std::move(directory));
}

bool prepare_reopen() noexcept {
  if (descriptor_directory.load(std::memory_order_acquire) >= 0) return true;
  auto opened = open_own_descriptors();
  if (!opened) {
    errno = opened.error();
    return false;
  }
  int expected = -1;
  if (descriptor_directory.compare_exchange_strong(expected, opened->get())) static_cast<void>(opened->release());
  return true;
}

Found<UniqueFd> reopen(int object, int flags) noexcept {
  const DecimalName name(object);
  const int opened = ::openat(descriptor_directory.load(std::memory_order_acquire), name.text,
                              (flags & ~O_NOFOLLOW) | O_CLOEXEC | O_NOCTTY);
  if (opened < 0) return std::unexpected(errno);
  return UniqueFd(opened);
}

int change_mode(int object, mode_t mode) noexcept {
  const DecimalName name(object);
  const int result = ::fchmodat(descriptor_directory.load(std::memory_order_acquire), name.text, mode, 0);
  return result == 0 ? 0 : -errno;
}

int link_object(int object, int directory, const char* name) noexcept {
  const DecimalName number(object);
  const int result =
      ::linkat(descriptor_directory.load(std::memory_order_acquire), number.text, directory, name, AT_SYMLINK_FOLLOW);
  return result == 0 ? 0 : -errno;
}

}  // namespace baryon::host

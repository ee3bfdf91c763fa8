#include "hypervisor/jail/namespaces.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <string>

namespace baryon::host::jail {

namespace {

constexpr int kNamespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr const char* kEveryId = "0 0 4294967295\n";

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }
// What serving an image's files takes: give them away, pass over their modes, act as their owner, keep set-id bits.
constexpr std::uint64_t kForFiles = bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) | bit(CAP_FSETID);

// Writes the id maps of a process that has gone into a new user namespace, from the old one: only there is the
// privilege to map every id (user_namespaces(7)). It shares this process's memory, which makes it cheap; all it does is
// system calls.
class MapWriter {
 public:
  Expected<void> start() {
    // As procfs numbers this process: that may be another PID namespace's view.
    char self[32] = {};
    if (::readlink("/proc/self", self, sizeof self - 1) <= 0) return fail_errno("cannot read /proc/self", errno);
    for (std::size_t i = 0; i < paths_.size(); ++i)
      paths_[i] = std::string("/proc/") + self + (i == 0 ? "/uid_map" : "/gid_map");
    child_ = ::clone([](void* writer) { return static_cast<MapWriter*>(writer)->run(); }, stack_.data() + stack_.size(),
                     CLONE_VM | CLONE_FILES | SIGCHLD, this);
    if (child_ < 0) return fail_errno("cannot start the writer of id maps", errno);
    return {};
  }

  // Lets it write (or, after a failure, end), and waits.
  bool finish(bool write) {
    word_.store(write ? kWrite : kEnd);
    ::syscall(SYS_futex, &word_, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  enum : std::uint32_t { kWait, kWrite, kEnd };

  int run() {
    while (word_.load() == kWait) ::syscall(SYS_futex, &word_, FUTEX_WAIT, kWait, nullptr, nullptr, 0);
    if (word_.load() == kEnd) return 0;
    for (const std::string& path : paths_) {
      const int map = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (map < 0) return 1;
      const ssize_t length = static_cast<ssize_t>(std::char_traits<char>::length(kEveryId));
      const bool written = ::write(map, kEveryId, static_cast<std::size_t>(length)) == length;
      ::close(map);
      if (!written) return 1;
    }
    return 0;
  }

  std::atomic<std::uint32_t> word_{kWait};
  std::array<std::string, 2> paths_;
  pid_t child_ = -1;
  alignas(64) std::array<std::byte, 32768> stack_;
};

struct CapabilitySets {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {};
};

}  // namespace

bool may_make_namespaces() {
  CapabilitySets sets;
  if (::syscall(SYS_capget, &sets.header, sets.data) != 0) return false;
  const std::uint64_t effective = sets.data[0].effective | std::uint64_t{sets.data[1].effective} << 32;
  constexpr std::uint64_t kNeeded = bit(CAP_SYS_ADMIN) | bit(CAP_SETUID) | bit(CAP_SETGID);
  return (effective & kNeeded) == kNeeded;
}

Expected<void> enter_namespaces() {
  MapWriter maps;
  BARYON_TRY(maps.start());
  const bool entered = ::unshare(kNamespaces) == 0;
  const int error = errno;  // the writer shares errno, but is asleep
  const bool mapped = maps.finish(entered);
  if (!entered)
    return fail_errno("cannot make namespaces for the jail", error, "see /proc/sys/user/max_user_namespaces");
  if (!mapped) return fail("cannot map the user ids of the jail's namespace");
  return {};
}

Expected<void> empty_root() {
  // Any directory will do to mount on; it is gone right after.
  bool mounted = false;
  for (const char* const place : {"/tmp", "/run", "/dev", "/proc"}) {
    mounted = ::mount("none", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
                      "size=4k,nr_inodes=2,mode=0555") == 0 &&
              ::chdir(place) == 0;
    if (mounted) break;
  }
  if (!mounted) return fail_errno("cannot mount the jail's root", errno);
  // The new root on top of the old one, and the old one away: pivot_root(2), NOTES.
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return fail_errno("cannot change to the jail's root", errno);
  if (::umount2(".", MNT_DETACH) != 0) return fail_errno("cannot let go of the host's root", errno);
  if (::chdir("/") != 0) return fail_errno("cannot enter the jail's root", errno);
  return {};
}

Expected<void> drop_capabilities(bool keep_those_for_files) {
  CapabilitySets sets;
  if (keep_those_for_files) {
    sets.data[0].effective = sets.data[0].permitted = static_cast<std::uint32_t>(kForFiles);
    sets.data[1].effective = sets.data[1].permitted = static_cast<std::uint32_t>(kForFiles >> 32);
  }
  if (::syscall(SYS_capset, &sets.header, sets.data) != 0) return fail_errno("cannot drop capabilities", errno);
  return {};
}

}  // namespace baryon::host::jail

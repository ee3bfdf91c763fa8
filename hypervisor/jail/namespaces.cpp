#include "hypervisor/jail/namespaces.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <string>
#include <string_view>

#include "host/raw_syscall.hpp"
#include "hypervisor/files/unique_fd.hpp"

namespace baryon::host::jail {

namespace {

constexpr const char* kEveryId = "0 0 4294967295\n";

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }
// What serving an image's files takes: give them away, pass over their modes, act as their owner, keep set-id bits.
constexpr std::uint64_t kForFiles = bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) | bit(CAP_FSETID);

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

// The process that makes them. It shares memory and descriptors with its parent, which makes it cheap, and therefore
// thread-local storage as well: all it does is raw system calls. It is born in the new namespaces, leaves a descriptor
// of each, and ends.
class Namespaces::Maker {
 public:
  ~Maker() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      wait();
    }
    for (const Kind& kind : kKinds)
      if (const int descriptor = descriptors_[kind.index]; descriptor >= 0) ::close(descriptor);
  }

  Expected<void> start() {
    int flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD | SIGCHLD;
    for (const Kind& kind : kKinds) flags |= kind.flag;
    int pidfd = -1;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);  // nobody means the maker
    child_ = ::clone([](void* maker) -> int { return run(*static_cast<Maker*>(maker)); }, stack_.data() + stack_.size(),
                     flags, this, &pidfd);
    const int error = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (child_ < 0)
      return fail_errno("cannot make namespaces for the jail", error, "see /proc/sys/user/max_user_namespaces");
    const UniqueFd process(pidfd);
    BARYON_TRY(write_maps(process.get()));
    mapped_.store(1);
    ::syscall(SYS_futex, &mapped_, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    return {};
  }

  Expected<void> enter() {
    wait();
    if (failed_at_ != nullptr) return fail_errno(failed_at_, failure_);
    for (const Kind& kind : kKinds) {
      if (descriptors_[kind.index] < 0) return fail("the process that makes the jail's namespaces has ended early");
      if (::setns(descriptors_[kind.index], kind.flag) != 0)
        return fail_errno(std::string("cannot enter the jail's namespace ") + kind.path, errno);
    }
    return {};
  }

 private:
  struct Kind {
    std::size_t index;
    int flag;
    const char* path;
  };
  // The user namespace first: it gives the privilege to enter the others.
  static constexpr Kind kKinds[] = {{0, CLONE_NEWUSER, "/proc/self/ns/user"},
                                    {1, CLONE_NEWNS, "/proc/self/ns/mnt"},
                                    {2, CLONE_NEWIPC, "/proc/self/ns/ipc"},
                                    {3, CLONE_NEWUTS, "/proc/self/ns/uts"}};

  // Only outside of the new user namespace there is the privilege to map every id (user_namespaces(7)).
  static Expected<void> write_maps(int pidfd) {
    // The child's number as procfs counts: that may be another PID namespace's view than ours.
    const std::string number = BARYON_TRY(procfs_number(pidfd));
    for (const char* const name : {"uid_map", "gid_map"}) {
      const std::string path = "/proc/" + number + "/" + name;
      const UniqueFd map(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      const std::string_view text = kEveryId;
      if (!map.valid() || ::write(map.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return fail_errno("cannot map the user ids of the jail's namespace", errno);
    }
    return {};
  }

  static Expected<std::string> procfs_number(int pidfd) {
    const std::string path = "/proc/self/fdinfo/" + std::to_string(pidfd);
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char text[512] = {};
    if (!file.valid() || ::read(file.get(), text, sizeof text - 1) <= 0)
      return fail_errno("cannot read " + path, errno, "baryon needs /proc mounted when it starts");
    const std::string_view lines = text;
    constexpr std::string_view kName = "\nPid:\t";
    const std::size_t begin = lines.find(kName);
    if (begin == std::string_view::npos) return fail(path + " has no line Pid");
    const std::size_t first = begin + kName.size();
    return std::string(lines.substr(first, lines.find('\n', first) - first));
  }

  // The child's life.
  [[clang::no_sanitize("address")]] static int run(Maker& maker) {
    // A parent that is killed takes it along. One that was killed before this line: then there is nobody to wait for.
    raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (raw_syscall(SYS_getppid) != maker.parent_) return 0;
    while (maker.mapped_.load() == 0) raw_syscall(SYS_futex, &maker.mapped_, FUTEX_WAIT, 0, nullptr, nullptr);
    for (const Kind& kind : kKinds) {
      const long descriptor = raw_syscall(SYS_openat, AT_FDCWD, kind.path, O_RDONLY | O_CLOEXEC, 0);
      if (descriptor < 0) return maker.failed("cannot open a namespace of the jail", descriptor);
      maker.descriptors_[kind.index] = static_cast<int>(descriptor);
    }
    return empty_root(maker);
  }

  // Replaces the root directory by an empty file system and lets go of the old one.
  [[clang::no_sanitize("address")]] static int empty_root(Maker& maker) {
    // Any directory will do to mount on; it is gone right after.
    long error = 0;
    for (const char* const place : {"/tmp", "/run", "/dev", "/proc"}) {
      error = raw_syscall(SYS_mount, "none", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
                          "size=4k,nr_inodes=2,mode=0555");
      if (error == 0) error = raw_syscall(SYS_chdir, place);
      if (error == 0) break;
    }
    if (error != 0) return maker.failed("cannot mount the jail's root", error);
    // The new root on top of the old one, and the old one away: pivot_root(2), NOTES.
    error = raw_syscall(SYS_pivot_root, ".", ".");
    if (error != 0) return maker.failed("cannot change to the jail's root", error);
    error = raw_syscall(SYS_umount2, ".", MNT_DETACH);
    if (error != 0) return maker.failed("cannot let go of the host's root", error);
    return 0;
  }

  [[clang::no_sanitize("address")]] int failed(const char* what, long error) {
    failure_ = static_cast<int>(-error);
    failed_at_ = what;
    return 1;
  }

  void wait() {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
  }

  pid_t child_ = -1;
  const long parent_ = ::getpid();
  std::atomic<std::uint32_t> mapped_{0};
  // Written by the child, read when it has ended.
  std::array<int, std::size(kKinds)> descriptors_ = {-1, -1, -1, -1};
  const char* failed_at_ = nullptr;
  int failure_ = 0;
  alignas(64) std::array<std::byte, 8192> stack_;
};

Namespaces::Namespaces(std::unique_ptr<Maker> maker) : maker_(std::move(maker)) {}
Namespaces::Namespaces(Namespaces&&) noexcept = default;
Namespaces::~Namespaces() = default;

Expected<Namespaces> Namespaces::begin() {
  auto maker = std::make_unique<Maker>();
  BARYON_TRY(maker->start());
  return Namespaces(std::move(maker));
}

Expected<void> Namespaces::enter() { return maker_->enter(); }

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

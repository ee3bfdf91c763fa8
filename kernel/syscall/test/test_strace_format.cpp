// The strace formatter over a small fake of the program's memory.
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "kernel/syscall/strace_format.hpp"

using namespace baryon;
using namespace baryon::syscall;

namespace {

// Pages by number; everything else faults, also in the middle of a read.
std::map<u64, std::array<char, kPageSize>>& memory() {
  static std::map<u64, std::array<char, kPageSize>> pages;
  return pages;
}

bool read_memory(void* to, VirtAddr from, u64 length) {
  for (u64 i = 0; i < length; ++i) {
    const auto found = memory().find((from + i) / kPageSize);
    if (found == memory().end()) return false;
    static_cast<char*>(to)[i] = found->second[(from + i) % kPageSize];
  }
  return true;
}

void place(u64 at, const void* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    memory()[(at + i) / kPageSize][(at + i) % kPageSize] = static_cast<const char*>(bytes)[i];
}
void place(u64 at, const std::string& text) { place(at, text.c_str(), text.size() + 1); }
template <class T>
void place_words(u64 at, std::initializer_list<T> words) {
  for (T word : words) place(at, &word, sizeof word), at += sizeof word;
}

std::string call(const char* name, const char* formats, std::vector<u64> arguments, i64 result,
                 std::size_t size = kTraceLineSize) {
  std::vector<char> buffer(size);  // exactly sized: the address sanitizer sees an overrun
  u64 six[6] = {};
  std::copy(arguments.begin(), arguments.end(), six);
  Line line(buffer.data(), size);
  format_call(line, name, 333, formats, six, result, read_memory);
  return std::string(line.view());
}

constexpr u64 kAt = 0x10000;

}  // namespace

TEST_CASE("Socket calls show addresses, types and options") {
  memory().clear();
  CHECK(call("socket", "enum:domain, flags:socket_type, int", {2, 1 | 04000, 0}, 3) ==
        "socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0) = 3");
  place(kAt, std::string("\x02\0\x1f\x90\x7f\0\0\x01\0\0\0\0\0\0\0\0", 16));
  CHECK(call("connect", "fd, sockaddr:2, uint", {3, kAt, 16}, -115) ==
        "connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = -1 EINPROGRESS "
        "(Operation now in progress)");
  place(kAt, std::string("\x01\0\0name", 7));
  CHECK(call("bind", "fd, sockaddr:2, uint", {3, kAt, 7}, 0) ==
        "bind(3, {sa_family=AF_UNIX, sun_path=@\"name\"}, 7) = 0");
  place(kAt, std::string("\x0a\0\0\x50\0\0\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0", 28));
  place_words<u32>(kAt + 64, {28});
  CHECK(call("accept", "fd, >sockaddr, ptr", {3, kAt, kAt + 64}, 4) ==
        "accept(3, {sa_family=AF_INET6, sin6_port=htons(80), sin6_addr=\"2001:db8::1\"}, 0x10040) = 4");
  CHECK(call("accept", "fd, >sockaddr, ptr", {3, kAt, kAt + 64}, -11)
            .starts_with("accept(3, 0x10000, 0x10040) = -1 EAGAIN"));
  CHECK(call("setsockopt", "fd, enum:sol, sockopt, ptr, uint", {3, 6, 1, kAt, 4}, 0) ==
        "setsockopt(3, SOL_TCP, TCP_NODELAY, 0x10000, 4) = 0");
}

TEST_CASE("Buffers are quoted, escaped and cut") {
  memory().clear();
  place(kAt, "traced\n");
  CHECK(call("write", "fd, in:2, size", {1, kAt, 7}, 7) == "write(1, \"traced\\n\", 7) = 7");
  place(kAt, std::string(40, 'a'));
  CHECK(call("write", "fd, in:2, size", {1, kAt, 40}, 40) == "write(1, \"" + std::string(32, 'a') + "\"..., 40) = 40");
  place(kAt,
        "q\"\\\x01"
        "7\x01z\xff",
        8);
  CHECK(call("read", "fd, out:2, size", {3, kAt, 4096}, 8) == "read(3, \"q\\\"\\\\\\0017\\1z\\377\", 4096) = 8");
  CHECK(call("read", "fd, out:2, size", {3, kAt, 4096}, 0) == "read(3, \"\", 4096) = 0");
}

TEST_CASE("What cannot be read is shown as a pointer") {
  memory().clear();
  CHECK(call("write", "fd, in:2, size", {1, 0xdead000, 7}, -14) == "write(1, 0xdead000, 7) = -1 EFAULT (Bad address)");
  CHECK(call("write", "fd, in:2, size", {1, 0, 7}, -14) == "write(1, NULL, 7) = -1 EFAULT (Bad address)");
  CHECK(call("open", "path, flags:open, open_mode", {~u64{0} - 3, 0}, -14) ==
        "open(0xfffffffffffffffc, O_RDONLY) = -1 EFAULT (Bad address)");
  CHECK(call("nanosleep", "timespec, ptr", {0x8000, 0}, -14) == "nanosleep(0x8000, NULL) = -1 EFAULT (Bad address)");
}

TEST_CASE("A path that ends right before an unmapped page is read") {
  memory().clear();
  place(0x20000 - 9, "/etc/fst");
  CHECK(call("openat", "dirfd, path, flags:open, open_mode", {static_cast<u64>(-100), 0x20000 - 9, 02000000}, -2) ==
        "openat(AT_FDCWD, \"/etc/fst\", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)");
}

TEST_CASE("A mode is shown only where the flags create") {
  memory().clear();
  place(kAt, "f");
  CHECK(call("openat", "dirfd, path, flags:open, open_mode", {5, kAt, 01101, 0644}, 3) ==
        "openat(5, \"f\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3");
  CHECK(call("openat", "dirfd, path, flags:open, open_mode", {5, kAt, 020200002, 0600}, 3) ==
        "openat(5, \"f\", O_RDWR|O_TMPFILE, 0600) = 3");
  CHECK(call("openat", "dirfd, path, flags:open, open_mode", {5, kAt, 0200000, 0644}, 3) ==
        "openat(5, \"f\", O_RDONLY|O_DIRECTORY) = 3");
}

TEST_CASE("Mappings read as in strace") {
  const char* formats = "ptr, size, flags:mmap_prot, flags:mmap, fd, hex -> ptr";
  CHECK(call("mmap", formats, {0, 8192, 3, 0x22, ~u64{0}, 0}, 0x7f0000001000) ==
        "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000");
  CHECK(call("mmap", formats, {0x1000, 1, 0, 0x40000000, 3, 0x1000}, -22) ==
        "mmap(0x1000, 1, PROT_NONE, 0x40000000, 3, 0x1000) = -1 EINVAL (Invalid argument)");
  CHECK(call("mprotect", "ptr, size, flags:mmap_prot", {0x1000, 4096, 5}, 0) ==
        "mprotect(0x1000, 4096, PROT_READ|PROT_EXEC) = 0");
}

TEST_CASE("Calls that do not return end in a question mark") {
  CHECK(call("exit_group", "int -> never", {3}, 0) == "exit_group(3) = ?");
  CHECK(never_returns("int -> never"));
  CHECK_FALSE(never_returns("int"));
  CHECK_FALSE(never_returns(nullptr));
}

TEST_CASE("Unknown calls show all six registers") {
  CHECK(call(nullptr, nullptr, {1, 2, 0, 0x10}, -38) ==
        "syscall_0x14d(0x1, 0x2, 0, 0x10, 0, 0) = -1 ENOSYS (Function not implemented)");
  CHECK(call("odd", "no_such_format, int", {16, static_cast<u64>(-3)}, 0) == "odd(0x10, -3) = 0");
  CHECK(call("getpid", "", {1, 2}, 1) == "getpid() = 1");
}

TEST_CASE("Restart codes and unknown errors are named") {
  CHECK(call("pause", "", {}, -514) == "pause() = ? ERESTARTNOHAND (To be restarted if no handler)");
  CHECK(call("pause", "", {}, -512) == "pause() = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
  CHECK(call("pause", "", {}, -4000) == "pause() = -1 errno 4000");
}

TEST_CASE("Times, signal sets and actions") {
  memory().clear();
  place_words<i64>(kAt, {1, 500});
  CHECK(call("nanosleep", "timespec, ptr", {kAt, 0}, 0) == "nanosleep({tv_sec=1, tv_nsec=500}, NULL) = 0");
  CHECK(call("clock_gettime", "clock, >timespec", {1, kAt}, -22) ==
        "clock_gettime(CLOCK_MONOTONIC, 0x10000) = -1 EINVAL (Invalid argument)");
  place_words<u64>(kAt, {1 << 1 | 1 << 14, ~u64{0} & ~(u64{1} << 8)});
  CHECK(call("rt_sigprocmask", "enum:sighow, sigset, >sigset, size", {0, kAt, kAt + 8, 8}, 0) ==
        "rt_sigprocmask(SIG_BLOCK, [INT TERM], ~[KILL], 8) = 0");
  place_words<u64>(kAt, {0x401000, 0x14000000, 0x402000, 0});
  CHECK(call("rt_sigaction", "signal, sigaction, >sigaction, size", {11, kAt, 0, 8}, 0) ==
        "rt_sigaction(SIGSEGV, {sa_handler=0x401000, sa_mask=[], sa_flags=SA_RESTORER|SA_RESTART, "
        "sa_restorer=0x402000}, NULL, 8) = 0");
}

TEST_CASE("Files: stat, vectors, descriptors that a call fills") {
  memory().clear();
  u32 stat[36] = {};
  stat[6] = 0100644;
  stat[12] = 1234;
  place(kAt, stat, sizeof stat);
  CHECK(call("fstat", "fd, stat", {3, kAt}, 0) == "fstat(3, {st_mode=S_IFREG|0644, st_size=1234, ...}) = 0");
  stat[6] = 0020666;
  stat[10] = 0x103;
  place(kAt, stat, sizeof stat);
  CHECK(call("fstat", "fd, stat", {3, kAt}, 0) ==
        "fstat(3, {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}) = 0");
  CHECK(call("fstat", "fd, stat", {3, kAt}, -9) == "fstat(3, 0x10000) = -1 EBADF (Bad file descriptor)");

  place(0x30000, "hello, world");
  place_words<u64>(kAt, {0x30000, 5, 0x30005, 7});
  CHECK(call("writev", "fd, iov:2, int", {1, kAt, 2}, 12) ==
        "writev(1, [{iov_base=\"hello\", iov_len=5}, {iov_base=\", world\", iov_len=7}], 2) = 12");
  CHECK(call("readv", "fd, >iov:2, int", {1, kAt, 2}, 6) ==
        "readv(1, [{iov_base=\"hello\", iov_len=5}, {iov_base=\",\", iov_len=7}], 2) = 6");
  place_words<i32>(kAt, {3, 4});
  CHECK(call("pipe2", "fd_pair, flags:open", {kAt, 02000000}, 0) == "pipe2([3, 4], O_RDONLY|O_CLOEXEC) = 0");
  CHECK(call("pipe2", "fd_pair, flags:pipe", {kAt, 02000000}, 0) == "pipe2([3, 4], O_CLOEXEC) = 0");
  CHECK(call("lseek", "fd, long, whence", {3, ~u64{0}, 2}, 9) == "lseek(3, -1, SEEK_END) = 9");
}

TEST_CASE("Polling") {
  memory().clear();
  place_words<u32>(kAt, {0, 0x10001, 7, 4});
  CHECK(call("poll", "pollfds, uint, int", {kAt, 2, ~u64{0}}, 1) ==
        "poll([{fd=0, events=POLLIN, revents=POLLIN}, {fd=7, events=POLLOUT}], 2, -1) = 1");
  place_words<u32>(kAt, {0x80000001, 5, 0});
  CHECK(call("epoll_ctl", "fd, enum:epoll_op, fd, epoll_event", {4, 1, 5, kAt}, 0) ==
        "epoll_ctl(4, EPOLL_CTL_ADD, 5, {events=EPOLLIN|EPOLLET, data=0x5}) = 0");
  CHECK(call("epoll_wait", "fd, epoll_events, int, int", {4, kAt, 8, 0}, 0) == "epoll_wait(4, [], 8, 0) = 0");
}

TEST_CASE("Operations decide about the arguments behind them") {
  memory().clear();
  CHECK(call("futex", "ptr, futexop", {0x5000, 129, 1}, 1) == "futex(0x5000, FUTEX_WAKE_PRIVATE, 1) = 1");
  CHECK(call("futex", "ptr, futexop, uint, timespec, ptr, hex", {0x5000, 128, 2}, -11) ==
        "futex(0x5000, FUTEX_WAIT_PRIVATE, 2, NULL) = -1 EAGAIN (Resource temporarily unavailable)");
  CHECK(call("futex", "ptr, futexop", {0x5000, 393, 2, 0, 0, ~u64{0}}, 0) ==
        "futex(0x5000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 2, NULL, NULL, FUTEX_BITSET_MATCH_ANY) = 0");
  CHECK(call("futex", "ptr, futexop", {0x5000, 77, 2}, -38) ==
        "futex(0x5000, 0x4d) = -1 ENOSYS (Function not implemented)");
  CHECK(call("fcntl", "fd, fcntl_cmd", {3, 2, 1}, 0) == "fcntl(3, F_SETFD, FD_CLOEXEC) = 0");
  CHECK(call("fcntl", "fd, fcntl_cmd", {3, 3}, 04002) == "fcntl(3, F_GETFL) = 2050");
  place(kAt, "worker");
  CHECK(call("prctl", "prctl", {15, kAt}, 0) == "prctl(PR_SET_NAME, \"worker\") = 0");
}

TEST_CASE("The result is there however long the arguments are") {
  memory().clear();
  place(kAt, std::string(255, '\x01'));
  std::string line = call("rename", "path, path", {kAt, kAt}, -36, 256);
  CHECK(line.size() <= 256);
  CHECK(line.find("...) = -1 ENAMETOOLONG (File name too long)") != std::string::npos);
  // An array that is larger than what is shown, with lengths from a hostile program.
  place_words<u64>(kAt, {kAt, ~u64{0}, kAt, ~u64{0}, kAt, 1, kAt, 1, kAt, 1, kAt, 1, kAt, 1, kAt, 1, kAt, 1});
  line = call("writev", "fd, iov:2, int", {1, kAt, ~u64{0}}, -22);
  CHECK(line.find(", ...], -1) = -1 EINVAL (Invalid argument)") != std::string::npos);
  CHECK(call("read", "fd, out:2, size", {1, kAt, 1}, 0x7fffffffffffffff).find("= 9223372036854775807") !=
        std::string::npos);
}

TEST_CASE("Signals and the end have lines of their own") {
  char buffer[256];
  const auto text = [&](auto&& write) {
    Line line(buffer, sizeof buffer);
    write(line);
    return std::string(line.view());
  };
  CHECK(text([](Line& l) { format_signal(l, {11, 1, 0x10, 0, 0}); }) ==
        "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---");
  CHECK(text([](Line& l) { format_signal(l, {10, 0, 0, 7, 0}); }) ==
        "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=7, si_uid=0} ---");
  CHECK(text([](Line& l) { format_signal(l, {34, -6, 0, 1, 0}); }) ==
        "--- SIGRT_2 {si_signo=SIGRT_2, si_code=SI_TKILL, si_pid=1, si_uid=0} ---");
  CHECK(text([](Line& l) { format_signal(l, {2, 0x80, 0, 0, 0}); }) ==
        "--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---");
  CHECK(text([](Line& l) { format_exit(l, 3); }) == "+++ exited with 3 +++");
  CHECK(text([](Line& l) { format_killed(l, 9); }) == "+++ killed by SIGKILL +++");
}

// libc: glibc
// Runs programs in an emulated test machine for the harness (harness/lib/machine.py), which talks to it over a
// virtio-serial port. Started by the machine's init with the port's path; ends when the harness hangs up.
//
// A message, in both directions, is a list of byte strings: count, then length and bytes of each; numbers are 32-bit
// little-endian. Requests and their answers:
//   put PATH MODE CONTENT                            ok
//   mkdir PATH                                       ok            with its parents
//   get PATH                                         ok CONTENT | error TEXT
//   remove PATH                                      ok            a whole tree; no error if it is not there
//   run TIMEOUT-MS CWD STDIN ENVIRONMENT ARGV…       done STATUS TIMED-OUT NS CPU-US RSS-KIB STDOUT STDERR
// ENVIRONMENT holds NAME=VALUE strings, each ended by a null byte. STATUS is 128+n after signal n.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kMaxStrings = 4096, kMaxBytes = 256 << 20 };

struct string {
  char* data;  // null-terminated beyond its length
  uint32_t length;
};

static int port;
static struct string request[kMaxStrings];
static uint32_t strings;

static void die(const char* what) {
  fprintf(stderr, "runner: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void read_exactly(void* to, size_t length) {
  for (char* at = to; length > 0;) {
    const ssize_t got = read(port, at, length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) die("reading from the harness");
    if (got == 0) exit(0);  // the harness has hung up
    at += got;
    length -= got;
  }
}

static void write_exactly(const void* from, size_t length) {
  for (const char* at = from; length > 0;) {
    const ssize_t put = write(port, at, length);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) die("writing to the harness");
    at += put;
    length -= put;
  }
}

static uint32_t read_number(void) {
  uint32_t number;
  read_exactly(&number, sizeof number);
  return number;
}

static void receive(void) {
  for (uint32_t i = 0; i < strings; ++i) free(request[i].data);
  strings = read_number();
  if (strings == 0 || strings > kMaxStrings) die("a request of too many strings");
  for (uint32_t i = 0; i < strings; ++i) {
    request[i].length = read_number();
    if (request[i].length > kMaxBytes) die("a string that is too long");
    request[i].data = malloc(request[i].length + 1);
    if (request[i].data == NULL) die("memory");
    read_exactly(request[i].data, request[i].length);
    request[i].data[request[i].length] = 0;
  }
}

static void answer(uint32_t count, const struct string* parts) {
  write_exactly(&count, sizeof count);
  for (uint32_t i = 0; i < count; ++i) {
    write_exactly(&parts[i].length, sizeof parts[i].length);
    write_exactly(parts[i].data, parts[i].length);
  }
}

static struct string text(char* of) { return (struct string){of, strlen(of)}; }

static void answer_error(const char* what) {
  char line[512];
  snprintf(line, sizeof line, "%s: %s", what, strerror(errno));
  answer(2, (struct string[]){text("error"), text(line)});
}

static void answer_ok(void) { answer(1, (struct string[]){text("ok")}); }

static void make_parents(const char* path) {
  char* const copy = strdup(path);
  for (char* slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(copy, 0755);
    *slash = '/';
  }
  free(copy);
}

static void make_directory(void) {
  make_parents(request[1].data);
  if (mkdir(request[1].data, 0755) != 0 && errno != EEXIST) return answer_error(request[1].data);
  answer_ok();
}

static void put(void) {
  make_parents(request[1].data);
  unlink(request[1].data);  // a program that still runs keeps its file
  const int file = open(request[1].data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return answer_error(request[1].data);
  for (uint32_t done = 0; done < request[3].length;) {
    const ssize_t put = write(file, request[3].data + done, request[3].length - done);
    if (put <= 0) {
      answer_error(request[1].data);
      close(file);
      return;
    }
    done += put;
  }
  fchmod(file, strtoul(request[2].data, NULL, 8));
  close(file);
  answer_ok();
}

// The whole content of an open file.
static struct string content(int file) {
  struct stat status;
  if (fstat(file, &status) != 0) return text("");
  struct string result = {malloc(status.st_size + 1), 0};
  if (result.data == NULL) die("memory");
  while (result.length < status.st_size) {
    const ssize_t got = pread(file, result.data + result.length, status.st_size - result.length, result.length);
    if (got <= 0) break;
    result.length += got;
  }
  return result;
}

static void get(void) {
  const int file = open(request[1].data, O_RDONLY | O_CLOEXEC);
  if (file < 0) return answer_error(request[1].data);
  const struct string found = content(file);
  close(file);
  answer(2, (struct string[]){text("ok"), found});
  free(found.data);
}

static int remove_one(const char* path, const struct stat* status, int kind, struct FTW* where) {
  (void)status, (void)kind, (void)where;
  remove(path);
  return 0;
}

static void remove_tree(void) {
  nftw(request[1].data, remove_one, 64, FTW_DEPTH | FTW_PHYS);
  answer_ok();
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ull + now.tv_nsec;
}

// ENVIRONMENT and ARGV as execve wants them.
static char** environment(void) {
  static char* list[kMaxStrings];
  size_t count = 0;
  for (char* at = request[4].data; at < request[4].data + request[4].length && count + 1 < kMaxStrings;
       at += strlen(at) + 1)
    list[count++] = at;
  list[count] = NULL;
  return list;
}

static void child(const int streams[3]) {
  char* arguments[kMaxStrings];
  for (uint32_t i = 5; i < strings; ++i) arguments[i - 5] = request[i].data;
  arguments[strings - 5] = NULL;
  setsid();
  for (int i = 0; i < 3; ++i) dup2(streams[i], i);
  if (chdir(request[2].data) != 0) {
    dprintf(2, "runner: cannot enter %s: %s\n", request[2].data, strerror(errno));
    _exit(127);
  }
  execve(arguments[0], arguments, environment());
  dprintf(2, "runner: cannot run %s: %s\n", arguments[0], strerror(errno));
  _exit(127);
}

static void run(void) {
  const int streams[3] = {memfd_create("stdin", MFD_CLOEXEC), memfd_create("stdout", MFD_CLOEXEC),
                          memfd_create("stderr", MFD_CLOEXEC)};
  if (streams[0] < 0 || streams[1] < 0 || streams[2] < 0) return answer_error("memfd_create");
  for (uint32_t done = 0; done < request[3].length;) {
    const ssize_t put = write(streams[0], request[3].data + done, request[3].length - done);
    if (put <= 0) return answer_error("standard input");
    done += put;
  }
  lseek(streams[0], 0, SEEK_SET);
  make_parents(request[2].data);
  mkdir(request[2].data, 0755);

  const uint64_t begin = now_ns();
  const pid_t pid = fork();
  if (pid < 0) return answer_error("fork");
  if (pid == 0) child(streams);
  const int pidfd = syscall(SYS_pidfd_open, pid, 0);
  if (pidfd < 0) return answer_error("pidfd_open");
  struct pollfd ended = {.fd = pidfd, .events = POLLIN};
  const uint64_t deadline = begin + strtoull(request[1].data, NULL, 10) * 1000000;
  int ready = 0;
  for (;;) {
    const uint64_t now = now_ns();
    ready = poll(&ended, 1, now >= deadline ? 0 : (int)((deadline - now) / 1000000 + 1));
    if (ready > 0 || (ready == 0 && now_ns() >= deadline)) break;
  }
  close(pidfd);
  kill(-pid, SIGKILL);  // what is left of its group, or all of it
  int status;
  struct rusage usage;
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  const uint64_t end = now_ns();

  char numbers[5][32];
  snprintf(numbers[0], 32, "%d", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  snprintf(numbers[1], 32, "%d", ready == 0);
  snprintf(numbers[2], 32, "%llu", (unsigned long long)(end - begin));
  snprintf(numbers[3], 32, "%llu", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ull +
                                       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  snprintf(numbers[4], 32, "%ld", usage.ru_maxrss);
  const struct string out = content(streams[1]), err = content(streams[2]);
  answer(8, (struct string[]){text("done"), text(numbers[0]), text(numbers[1]), text(numbers[2]), text(numbers[3]),
                              text(numbers[4]), out, err});
  free(out.data);
  free(err.data);
  for (int i = 0; i < 3; ++i) close(streams[i]);
}

// Keeps a virtual machine with a vCPU for as long as the runner lives. KVM patches the running kernel's code (static
// keys) when the first VM and the first vCPU without an interrupt controller appear and when the last ones go, by way of
// a breakpoint that other CPUs may hit. QEMU's TCG 7.2 was seen to go on executing such a breakpoint after it had been
// removed (a translation that it did not drop), which hangs the machine: so let that not happen at every sandbox.
static void keep_a_virtual_machine(void) {
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0) return;  // the doctor will say so
  const int vm = ioctl(kvm, KVM_CREATE_VM, 0);
  if (vm >= 0) ioctl(vm, KVM_CREATE_VCPU, 0);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  port = open(argv[1], O_RDWR | O_CLOEXEC);
  if (port < 0) die(argv[1]);
  signal(SIGPIPE, SIG_IGN);
  keep_a_virtual_machine();
  answer(1, (struct string[]){text("ready")});
  for (;;) {
    receive();
    const char* const what = request[0].data;
    if (strcmp(what, "put") == 0 && strings == 4) put();
    else if (strcmp(what, "mkdir") == 0 && strings == 2) make_directory();
    else if (strcmp(what, "get") == 0 && strings == 2) get();
    else if (strcmp(what, "remove") == 0 && strings == 2) remove_tree();
    else if (strcmp(what, "run") == 0 && strings >= 6) run();
    else {
      errno = EINVAL;
      answer_error(what);
    }
  }
}

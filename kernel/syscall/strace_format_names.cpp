// Names of flags, constants and signals as they stand in Linux's headers. Values that differ between
// architectures are x86-64's, as in kernel/fs/types.hpp.
#include <span>

#include "kernel/arch/api/file_abi.hpp"
#include "kernel/syscall/strace_format_internal.hpp"

namespace baryon::syscall::strace {
namespace {

// A name stands for the bits of `value` under `mask`. Earlier entries of a set win, so names of several
// bits come before their parts. mask == 0: the value stands for itself (constants that are no flags).
struct Name {
  u64 value;
  std::string_view text;
  u64 mask = 0;
};

constexpr Name kOpen[] = {
    {0, "O_RDONLY", 3},      {1, "O_WRONLY", 3},       {2, "O_RDWR", 3},         {0100, "O_CREAT"},
    {0200, "O_EXCL"},        {0400, "O_NOCTTY"},       {01000, "O_TRUNC"},       {02000, "O_APPEND"},
    {04000, "O_NONBLOCK"},   {04010000, "O_SYNC"},     {010000, "O_DSYNC"},      {020000, "O_ASYNC"},
    {040000, "O_DIRECT"},    {0100000, "O_LARGEFILE"}, {020200000, "O_TMPFILE"}, {0200000, "O_DIRECTORY"},
    {0400000, "O_NOFOLLOW"}, {01000000, "O_NOATIME"},  {02000000, "O_CLOEXEC"},  {010000000, "O_PATH"}};
constexpr Name kPipe[] = {{04000, "O_NONBLOCK"}, {040000, "O_DIRECT"}, {02000000, "O_CLOEXEC"}};
constexpr Name kProtection[] = {
    {0, "PROT_NONE", ~u64{0}},   {1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, {0x01000000, "PROT_GROWSDOWN"},
    {0x02000000, "PROT_GROWSUP"}};
constexpr Name kMap[] = {{1, "MAP_SHARED", 3},
                         {2, "MAP_PRIVATE", 3},
                         {3, "MAP_SHARED_VALIDATE", 3},
                         {0x10, "MAP_FIXED"},
                         {0x20, "MAP_ANONYMOUS"},
                         {0x40, "MAP_32BIT"},
                         {0x100, "MAP_GROWSDOWN"},
                         {0x800, "MAP_DENYWRITE"},
                         {0x1000, "MAP_EXECUTABLE"},
                         {0x2000, "MAP_LOCKED"},
                         {0x4000, "MAP_NORESERVE"},
                         {0x8000, "MAP_POPULATE"},
                         {0x10000, "MAP_NONBLOCK"},
                         {0x20000, "MAP_STACK"},
                         {0x40000, "MAP_HUGETLB"},
                         {0x80000, "MAP_SYNC"},
                         {0x100000, "MAP_FIXED_NOREPLACE"}};
constexpr Name kMremap[] = {{1, "MREMAP_MAYMOVE"}, {2, "MREMAP_FIXED"}, {4, "MREMAP_DONTUNMAP"}};
constexpr Name kMsync[] = {{1, "MS_ASYNC"}, {2, "MS_INVALIDATE"}, {4, "MS_SYNC"}};
constexpr Name kClone[] = {{0x100, "CLONE_VM"},
                           {0x200, "CLONE_FS"},
                           {0x400, "CLONE_FILES"},
                           {0x800, "CLONE_SIGHAND"},
                           {0x1000, "CLONE_PIDFD"},
                           {0x2000, "CLONE_PTRACE"},
                           {0x4000, "CLONE_VFORK"},
                           {0x8000, "CLONE_PARENT"},
                           {0x10000, "CLONE_THREAD"},
                           {0x20000, "CLONE_NEWNS"},
                           {0x40000, "CLONE_SYSVSEM"},
                           {0x80000, "CLONE_SETTLS"},
                           {0x100000, "CLONE_PARENT_SETTID"},
                           {0x200000, "CLONE_CHILD_CLEARTID"},
                           {0x400000, "CLONE_DETACHED"},
                           {0x800000, "CLONE_UNTRACED"},
                           {0x1000000, "CLONE_CHILD_SETTID"},
                           {17, "SIGCHLD", 0xff}};
constexpr Name kMsg[] = {{1, "MSG_OOB"},
                         {2, "MSG_PEEK"},
                         {4, "MSG_DONTROUTE"},
                         {8, "MSG_CTRUNC"},
                         {0x20, "MSG_TRUNC"},
                         {0x40, "MSG_DONTWAIT"},
                         {0x80, "MSG_EOR"},
                         {0x100, "MSG_WAITALL"},
                         {0x4000, "MSG_NOSIGNAL"},
                         {0x8000, "MSG_MORE"},
                         {0x40000000, "MSG_CMSG_CLOEXEC"}};
constexpr Name kAt[] = {{0x100, "AT_SYMLINK_NOFOLLOW"},  {0x400, "AT_SYMLINK_FOLLOW"},
                        {0x800, "AT_NO_AUTOMOUNT"},      {0x1000, "AT_EMPTY_PATH"},
                        {0x2000, "AT_STATX_FORCE_SYNC"}, {0x4000, "AT_STATX_DONT_SYNC"}};
constexpr Name kUnlinkAt[] = {{0x200, "AT_REMOVEDIR"}};
constexpr Name kAccessAt[] = {{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x200, "AT_EACCESS"}, {0x1000, "AT_EMPTY_PATH"}};
constexpr Name kAccess[] = {{0, "F_OK", ~u64{0}}, {4, "R_OK"}, {2, "W_OK"}, {1, "X_OK"}};
constexpr Name kStatx[] = {{0xfff, "STATX_ALL"},    {0x7ff, "STATX_BASIC_STATS"}, {1, "STATX_TYPE"},
                           {2, "STATX_MODE"},       {4, "STATX_NLINK"},           {8, "STATX_UID"},
                           {0x10, "STATX_GID"},     {0x20, "STATX_ATIME"},        {0x40, "STATX_MTIME"},
                           {0x80, "STATX_CTIME"},   {0x100, "STATX_INO"},         {0x200, "STATX_SIZE"},
                           {0x400, "STATX_BLOCKS"}, {0x800, "STATX_BTIME"},       {0x1000, "STATX_MNT_ID"}};
constexpr Name kRename[] = {{1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"}, {4, "RENAME_WHITEOUT"}};
constexpr Name kFallocate[] = {{1, "FALLOC_FL_KEEP_SIZE"},
                               {2, "FALLOC_FL_PUNCH_HOLE"},
                               {8, "FALLOC_FL_COLLAPSE_RANGE"},
                               {0x10, "FALLOC_FL_ZERO_RANGE"},
                               {0x20, "FALLOC_FL_INSERT_RANGE"}};
constexpr Name kEpollCreate[] = {{02000000, "EPOLL_CLOEXEC"}};
constexpr Name kEpollEvents[] = {{1, "EPOLLIN"},
                                 {2, "EPOLLPRI"},
                                 {4, "EPOLLOUT"},
                                 {8, "EPOLLERR"},
                                 {0x10, "EPOLLHUP"},
                                 {0x40, "EPOLLRDNORM"},
                                 {0x80, "EPOLLRDBAND"},
                                 {0x100, "EPOLLWRNORM"},
                                 {0x200, "EPOLLWRBAND"},
                                 {0x2000, "EPOLLRDHUP"},
                                 {1u << 28, "EPOLLEXCLUSIVE"},
                                 {1u << 29, "EPOLLWAKEUP"},
                                 {1u << 30, "EPOLLONESHOT"},
                                 {1u << 31, "EPOLLET"}};
constexpr Name kPollEvents[] = {{1, "POLLIN"},         {2, "POLLPRI"},       {4, "POLLOUT"},
                                {8, "POLLERR"},        {0x10, "POLLHUP"},    {0x20, "POLLNVAL"},
                                {0x40, "POLLRDNORM"},  {0x80, "POLLRDBAND"}, {0x100, "POLLWRNORM"},
                                {0x200, "POLLWRBAND"}, {0x2000, "POLLRDHUP"}};
constexpr Name kEventfd[] = {{1, "EFD_SEMAPHORE"}, {04000, "EFD_NONBLOCK"}, {02000000, "EFD_CLOEXEC"}};
constexpr Name kTimerfd[] = {{04000, "TFD_NONBLOCK"}, {02000000, "TFD_CLOEXEC"}};
constexpr Name kTimerfdSet[] = {{1, "TFD_TIMER_ABSTIME"}, {2, "TFD_TIMER_CANCEL_ON_SET"}};
constexpr Name kTimer[] = {{1, "TIMER_ABSTIME"}};
constexpr Name kMemfd[] = {
    {1, "MFD_CLOEXEC"}, {2, "MFD_ALLOW_SEALING"}, {4, "MFD_HUGETLB"}, {8, "MFD_NOEXEC_SEAL"}, {0x10, "MFD_EXEC"}};
constexpr Name kRandom[] = {{1, "GRND_NONBLOCK"}, {2, "GRND_RANDOM"}, {4, "GRND_INSECURE"}};
constexpr Name kRwf[] = {{1, "RWF_HIPRI"}, {2, "RWF_DSYNC"}, {4, "RWF_SYNC"}, {8, "RWF_NOWAIT"}, {0x10, "RWF_APPEND"}};
constexpr Name kMlock[] = {{1, "MCL_CURRENT"}, {2, "MCL_FUTURE"}, {4, "MCL_ONFAULT"}};
constexpr Name kCloseRange[] = {{2, "CLOSE_RANGE_UNSHARE"}, {4, "CLOSE_RANGE_CLOEXEC"}};
constexpr Name kFlock[] = {{1, "LOCK_SH"}, {2, "LOCK_EX"}, {8, "LOCK_UN"}, {4, "LOCK_NB"}};
constexpr Name kFdFlags[] = {{1, "FD_CLOEXEC"}};
constexpr Name kSaFlags[] = {{4, "SA_SIGINFO"},           {1, "SA_NOCLDSTOP"},         {2, "SA_NOCLDWAIT"},
                             {0x04000000, "SA_RESTORER"}, {0x08000000, "SA_ONSTACK"},  {0x10000000, "SA_RESTART"},
                             {0x40000000, "SA_NODEFER"},  {0x80000000, "SA_RESETHAND"}};
constexpr Name kSsFlags[] = {{1, "SS_ONSTACK"}, {2, "SS_DISABLE"}, {1u << 31, "SS_AUTODISARM"}};
constexpr Name kWait[] = {{1, "WNOHANG"}, {2, "WUNTRACED"}, {4, "WEXITED"}, {8, "WCONTINUED"}, {0x01000000, "WNOWAIT"}};

constexpr Name kClock[] = {{0, "CLOCK_REALTIME"},          {1, "CLOCK_MONOTONIC"},     {2, "CLOCK_PROCESS_CPUTIME_ID"},
                           {3, "CLOCK_THREAD_CPUTIME_ID"}, {4, "CLOCK_MONOTONIC_RAW"}, {5, "CLOCK_REALTIME_COARSE"},
                           {6, "CLOCK_MONOTONIC_COARSE"},  {7, "CLOCK_BOOTTIME"},      {8, "CLOCK_REALTIME_ALARM"},
                           {9, "CLOCK_BOOTTIME_ALARM"},    {11, "CLOCK_TAI"}};
constexpr Name kWhence[] = {{0, "SEEK_SET"}, {1, "SEEK_CUR"}, {2, "SEEK_END"}, {3, "SEEK_DATA"}, {4, "SEEK_HOLE"}};
constexpr Name kSigHow[] = {{0, "SIG_BLOCK"}, {1, "SIG_UNBLOCK"}, {2, "SIG_SETMASK"}};
constexpr Name kAdvice[] = {
    {0, "MADV_NORMAL"},          {1, "MADV_RANDOM"},     {2, "MADV_SEQUENTIAL"},   {3, "MADV_WILLNEED"},
    {4, "MADV_DONTNEED"},        {8, "MADV_FREE"},       {9, "MADV_REMOVE"},       {10, "MADV_DONTFORK"},
    {11, "MADV_DOFORK"},         {12, "MADV_MERGEABLE"}, {13, "MADV_UNMERGEABLE"}, {14, "MADV_HUGEPAGE"},
    {15, "MADV_NOHUGEPAGE"},     {16, "MADV_DONTDUMP"},  {17, "MADV_DODUMP"},      {18, "MADV_WIPEONFORK"},
    {19, "MADV_KEEPONFORK"},     {20, "MADV_COLD"},      {21, "MADV_PAGEOUT"},     {22, "MADV_POPULATE_READ"},
    {23, "MADV_POPULATE_WRITE"}, {25, "MADV_COLLAPSE"}};
constexpr Name kFileAdvice[] = {{0, "POSIX_FADV_NORMAL"},   {1, "POSIX_FADV_RANDOM"},   {2, "POSIX_FADV_SEQUENTIAL"},
                                {3, "POSIX_FADV_WILLNEED"}, {4, "POSIX_FADV_DONTNEED"}, {5, "POSIX_FADV_NOREUSE"}};
constexpr Name kResource[] = {
    {0, "RLIMIT_CPU"},       {1, "RLIMIT_FSIZE"}, {2, "RLIMIT_DATA"},    {3, "RLIMIT_STACK"},
    {4, "RLIMIT_CORE"},      {5, "RLIMIT_RSS"},   {6, "RLIMIT_NPROC"},   {7, "RLIMIT_NOFILE"},
    {8, "RLIMIT_MEMLOCK"},   {9, "RLIMIT_AS"},    {10, "RLIMIT_LOCKS"},  {11, "RLIMIT_SIGPENDING"},
    {12, "RLIMIT_MSGQUEUE"}, {13, "RLIMIT_NICE"}, {14, "RLIMIT_RTPRIO"}, {15, "RLIMIT_RTTIME"}};
constexpr Name kEpollOp[] = {{1, "EPOLL_CTL_ADD"}, {2, "EPOLL_CTL_DEL"}, {3, "EPOLL_CTL_MOD"}};
constexpr Name kItimer[] = {{0, "ITIMER_REAL"}, {1, "ITIMER_VIRTUAL"}, {2, "ITIMER_PROF"}};
constexpr Name kRusage[] = {{0, "RUSAGE_SELF"}, {1, "RUSAGE_THREAD"}, {0xffffffff, "RUSAGE_CHILDREN"}};
constexpr Name kArch[] = {{0x1001, "ARCH_SET_GS"},
                          {0x1002, "ARCH_SET_FS"},
                          {0x1003, "ARCH_GET_FS"},
                          {0x1004, "ARCH_GET_GS"},
                          {0x1011, "ARCH_GET_CPUID"},
                          {0x1012, "ARCH_SET_CPUID"},
                          {0x3001, "0x3001 /* ARCH_CET_STATUS */"}};
constexpr Name kIoctl[] = {
    {0x5401, "TCGETS"},    {0x5402, "TCSETS"},    {0x5403, "TCSETSW"},    {0x5404, "TCSETSF"},    {0x540e, "TIOCSCTTY"},
    {0x540f, "TIOCGPGRP"}, {0x5410, "TIOCSPGRP"}, {0x5413, "TIOCGWINSZ"}, {0x5414, "TIOCSWINSZ"}, {0x541b, "FIONREAD"},
    {0x5421, "FIONBIO"},   {0x5450, "FIONCLEX"},  {0x5451, "FIOCLEX"},    {0x40049409, "FICLONE"}};
constexpr Name kPolicy[] = {{0, "SCHED_OTHER"}, {1, "SCHED_FIFO"}, {2, "SCHED_RR"},
                            {3, "SCHED_BATCH"}, {5, "SCHED_IDLE"}, {6, "SCHED_DEADLINE"}};
constexpr Name kDomain[] = {{0, "AF_UNSPEC"},   {1, "AF_UNIX"},    {2, "AF_INET"},  {10, "AF_INET6"},
                            {16, "AF_NETLINK"}, {17, "AF_PACKET"}, {40, "AF_VSOCK"}};
constexpr Name kSocketType[] = {{1, "SOCK_STREAM", 0xf},    {2, "SOCK_DGRAM", 0xf},   {3, "SOCK_RAW", 0xf},
                                {5, "SOCK_SEQPACKET", 0xf}, {04000, "SOCK_NONBLOCK"}, {02000000, "SOCK_CLOEXEC"}};
constexpr Name kShutdown[] = {{0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"}};
constexpr Name kSol[] = {{0, "SOL_IP"},   {1, "SOL_SOCKET"}, {6, "SOL_TCP"},
                         {17, "SOL_UDP"}, {41, "SOL_IPV6"},  {270, "SOL_NETLINK"}};
constexpr Name kSo[] = {{1, "SO_DEBUG"},     {2, "SO_REUSEADDR"},  {3, "SO_TYPE"},       {4, "SO_ERROR"},
                        {6, "SO_BROADCAST"}, {7, "SO_SNDBUF"},     {8, "SO_RCVBUF"},     {9, "SO_KEEPALIVE"},
                        {13, "SO_LINGER"},   {15, "SO_REUSEPORT"}, {16, "SO_PASSCRED"},  {17, "SO_PEERCRED"},
                        {20, "SO_RCVTIMEO"}, {21, "SO_SNDTIMEO"},  {29, "SO_TIMESTAMP"}, {30, "SO_ACCEPTCONN"},
                        {38, "SO_PROTOCOL"}, {39, "SO_DOMAIN"}};
constexpr Name kTcp[] = {{1, "TCP_NODELAY"},   {2, "TCP_MAXSEG"},      {3, "TCP_CORK"},          {4, "TCP_KEEPIDLE"},
                         {5, "TCP_KEEPINTVL"}, {6, "TCP_KEEPCNT"},     {9, "TCP_DEFER_ACCEPT"},  {11, "TCP_INFO"},
                         {12, "TCP_QUICKACK"}, {13, "TCP_CONGESTION"}, {18, "TCP_USER_TIMEOUT"}, {23, "TCP_FASTOPEN"}};
constexpr Name kIp6[] = {{26, "IPV6_V6ONLY"}, {49, "IPV6_RECVPKTINFO"}, {25, "IPV6_RECVERR"}, {67, "IPV6_TCLASS"}};
constexpr Name kIp[] = {{1, "IP_TOS"}, {2, "IP_TTL"}, {8, "IP_PKTINFO"}, {10, "IP_MTU_DISCOVER"}, {11, "IP_RECVERR"}};
constexpr Name kPriority[] = {{0, "PRIO_PROCESS"}, {1, "PRIO_PGRP"}, {2, "PRIO_USER"}};
constexpr Name kMembarrier[] = {{0, "MEMBARRIER_CMD_QUERY"},
                                {1, "MEMBARRIER_CMD_GLOBAL"},
                                {2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"},
                                {4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"},
                                {8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"},
                                {16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"}};

struct Set {
  std::string_view name;
  std::span<const Name> names;
};

constexpr Set kFlagSets[] = {{"open", kOpen},
                             {"pipe", kPipe},
                             {"mmap_prot", kProtection},
                             {"mmap", kMap},
                             {"mremap", kMremap},
                             {"msync", kMsync},
                             {"clone", kClone},
                             {"msg", kMsg},
                             {"at", kAt},
                             {"unlinkat", kUnlinkAt},
                             {"accessat", kAccessAt},
                             {"access", kAccess},
                             {"statx", kStatx},
                             {"rename", kRename},
                             {"fallocate", kFallocate},
                             {"epoll_create", kEpollCreate},
                             {"epoll_events", kEpollEvents},
                             {"poll_events", kPollEvents},
                             {"eventfd", kEventfd},
                             {"timerfd", kTimerfd},
                             {"timerfd_set", kTimerfdSet},
                             {"timer", kTimer},
                             {"memfd", kMemfd},
                             {"random", kRandom},
                             {"rwf", kRwf},
                             {"mlockall", kMlock},
                             {"close_range", kCloseRange},
                             {"flock", kFlock},
                             {"fd", kFdFlags},
                             {"sigaction", kSaFlags},
                             {"sigstack", kSsFlags},
                             {"wait", kWait},
                             {"socket_type", kSocketType}};
constexpr Set kEnums[] = {{"clock", kClock},
                          {"whence", kWhence},
                          {"sighow", kSigHow},
                          {"advice", kAdvice},
                          {"fadvise", kFileAdvice},
                          {"resource", kResource},
                          {"epoll_op", kEpollOp},
                          {"itimer", kItimer},
                          {"rusage", kRusage},
                          {"arch_prctl", kArch},
                          {"ioctl", kIoctl},
                          {"policy", kPolicy},
                          {"domain", kDomain},
                          {"priority", kPriority},
                          {"membarrier", kMembarrier},
                          {"shutdown", kShutdown},
                          {"sol", kSol},
                          {"so", kSo},
                          {"tcp", kTcp},
                          {"ipv6", kIp6},
                          {"ip", kIp}};

const Set* find(std::span<const Set> sets, std::string_view name) {
  for (const Set& set : sets)
    if (set.name == name) return &set;
  return nullptr;
}

}  // namespace

void show_flags(Line& out, std::string_view set_name, u64 value) {
  const Set* set = find(kFlagSets, set_name);
  if (set == nullptr) return out.hex(value);
  value = static_cast<u32>(value);  // every flag argument is an int; the rest of the register means nothing
  if (set_name == "open") value = arch::from_user_open_flags(static_cast<u32>(value));
  u64 rest = value;
  bool any = false;
  auto separate = [&] {
    if (any) out.put('|');
    any = true;
  };
  for (const Name& name : set->names) {
    const u64 mask = name.mask != 0 ? name.mask : name.value;
    // A field (several values under one mask) is looked at whole; a flag only where no longer name took it.
    if (name.mask != 0 ? (value & mask) != name.value : (rest & mask) != name.value) continue;
    separate();
    out.put(name.text);
    rest &= ~mask;
  }
  if (rest == 0 && any) return;
  separate();
  out.hex(rest);
}

void show_enum(Line& out, std::string_view set_name, u64 value) {
  value = static_cast<u32>(value);
  if (const Set* set = find(kEnums, set_name))
    for (const Name& name : set->names)
      if (name.value == value) return out.put(name.text);
  out.hex(value);
}

}  // namespace baryon::syscall::strace

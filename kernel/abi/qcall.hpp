// QCall: a request from guest to host over shared memory. One queue per vCPU, no lock across queues.
//
// A queue is a set of slots (descriptors) and two rings of slot numbers. The guest fills a free slot,
// publishes its number with sq.tail (release) and, if SandboxPage::host_awake is 0 afterwards (both
// sequentially consistent), rings Doorbell::qcall. The host copies the descriptor once, validates the
// copy, acts, writes `result` and publishes the slot's number with cq.tail (release). Completions come in
// any order. A slot belongs to the host from sq.tail until it shows up in the completion ring.
// The host treats every index as hostile: ring positions are masked, slot numbers bounded, and the
// number in flight per queue never exceeds kQueueSlots.
//
// What a round trip costs is cache lines that move between two cores. So a tail carries the newest entry with it (a
// consumer that is one behind reads no other line of the ring), and a descriptor with at most one segment is one line.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

inline constexpr u32 kQueueSlots = 64;  // a power of two
inline constexpr u32 kMaxSegments = 8;
inline constexpr u32 kMaxTransfer = 1u << 20;  // bytes a QCall may move
inline constexpr u32 kNoHandle = ~u32{0};
inline constexpr u32 kMaxPath = 4096;

// Handles name host objects. These exist from the start; mounts' handles are in the boot page.
inline constexpr u32 kHandleStdin = 0;
inline constexpr u32 kHandleStdout = 1;
inline constexpr u32 kHandleStderr = 2;

// Operations. Results are >= 0 or a negated Linux errno. `path` = segment 0 holds the path's bytes (no
// NUL, at most kMaxPath); `data` = the segments are the buffer, in order. A directory handle and a
// relative path resolve beneath the mount's root (openat2 RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS); an empty path means
// the handle itself.
enum class QCallOp : u16 {
  nop = 0,
  // --- streams and files: data ---
  read,    // handle, data, arg[0] = offset or kCurrentPosition -> bytes. May stay in flight for long.
  write,   // handle, data, arg[0] = offset or kCurrentPosition; arg[1] = RWF-like flags (kWriteAppend) -> bytes
  poll,    // handle, arg[0] = poll(2) events; completes when one holds -> revents. arg[1] = 1: answers at once,
           //   0 if none holds
  cancel,  // arg[0] = slot of this queue whose read/write/poll is to end with -ECANCELED (if it still waits)
  sync,    // handle, arg[0] = 1: data only
  // --- files: control ---
  open,   // handle = directory, path, arg[0] = open(2) flags, arg[1] = mode [; segment 1 = FileStat out] -> new handle
  close,  // handle
  stat,   // handle = directory or file, path, arg[0] = AT_SYMLINK_NOFOLLOW | kStatNoSymlinks; segment 1 = FileStat out
  read_dir,   // handle = directory, segment 0 = out, filled with DirectoryEntry records; arg[0] = cookie (0 = start)
              //   -> bytes (0 = end). Each record carries the cookie to go on from.
  read_link,  // handle, path; segment 1 = out -> bytes
  mkdir,      // handle, path, arg[0] = mode
  unlink,     // handle, path, arg[0] = AT_REMOVEDIR or 0
  symlink,    // handle, path = link to make; segment 1 = target text
  link,       // handle + path = existing; arg[0] = new parent directory's handle; segment 1 = new path
  rename,     // handle + path = old; arg[0] = new parent directory's handle; segment 1 = new path; arg[1] = renameat2
              // flags
  truncate,   // handle (open for writing), arg[0] = size
  chmod,      // handle, path, arg[0] = mode
  chown,      // handle, path, arg[0] = uid, arg[1] = gid, arg[2] = AT_SYMLINK_NOFOLLOW
  utimens,    // handle, path, arg[0..3] = atime s, ns, mtime s, ns (ns may be UTIME_NOW/UTIME_OMIT), arg[4] =
              // AT_SYMLINK_NOFOLLOW
  statfs,     // handle; segment 0 = FileSystemStat out
  fallocate,  // handle, arg[0] = mode, arg[1] = offset, arg[2] = length
  lock,       // handle, arg[0] = flock(2) operation
  // --- terminal (standard streams only) ---
  terminal_get,  // handle; segment 0 = out: kernel struct termios (36 bytes); -ENOTTY
  terminal_set,  // handle; arg[0] = TCSETS/TCSETSW/TCSETSF; segment 0 = in: struct termios
  window_size,   // handle; arg[0] = 0, segment 0 = out: struct winsize (8 bytes); arg[0] = 1, segment 0 = in: the new
                 // one
  // --- sandbox ---
  start_vcpu,     // arg[0] = vCPU number (1..vcpus-1), once each
  release,        // arg[0] = guest-physical address, arg[1] = bytes (both page multiples): contents no longer
                  //   needed, give the memory back to the host; it reads as zero afterwards
  seek,           // handle, arg[0] = offset, arg[1] = SEEK_SET/CUR/END/DATA/HOLE -> new position (of kCurrentPosition)
  get_attribute,  // handle, path; segment 1 = name of an extended attribute, segment 2 = out -> bytes. Only names
                  //   that begin with "user." are served. Links are not followed (these four).
  set_attribute,  // handle, path; segment 1 = name, segment 2 = value; arg[0] = XATTR_CREATE, XATTR_REPLACE or 0
  remove_attribute,  // handle, path; segment 1 = name
  make_node,         // handle, path; arg[0] = mode with S_IFIFO or S_IFSOCK: a name that the guest gives a meaning
  list_attributes,   // handle, path; segment 1 = out: names, each with its NUL -> bytes
  stat_handle,       // handle; segment 0 = FileStat out. `stat` of the handle itself, in one cache line
  // --- programs that the host starts (program.hpp) ---
  exec_request,  // arg[0] = number; segment 0 = out -> bytes. Once: the request is forgotten, its streams are the
                 // guest's
  exec_report,   // arg[0] = number, arg[1] = ExecEvent, arg[2] = value; segment 0, if any: why it failed, text
  // --- sockets (sockets.hpp); handle = socket. None waits ---
  socket,         // arg[0..2] = domain (AF_INET, AF_INET6), type, protocol as in socket(2) -> new handle
  bind,           // segment 0 = SocketAddress
  listen,         // arg[0] = backlog
  accept,         // segment 0 = SocketAddress out -> new handle and bits
  connect,        // segment 0 = SocketAddress; -EINPROGRESS: readiness tells, then `connect` again has the outcome
  shutdown,       // arg[0] = SHUT_*
  socket_name,    // arg[0] = 0: its own, 1: its peer's; segment 0 = SocketAddress out
  get_option,     // arg[0] = level, arg[1] = name; segment 0 = out -> bytes
  set_option,     // arg[0] = level, arg[1] = name; segment 0 = value
  send,           // arg[0] = MSG_*; arg[1] = 1: segment 0 is a SocketMessage, data follow -> bytes and bits.
                  //   arg[2] = 1: kSocketUsedUp as soon as poll(2) would not say POLLOUT
  receive,        // as send, the SocketMessage being filled
  receive_ahead,  // segment 0: a buffer for what arrives next on this stream, once (SocketReadiness::arrived). While
                  //   bytes are there that the guest has not taken, `receive` finds nothing (kSocketWouldBlock)
  socket_count,   // arg[0] = SocketCount -> number
  interfaces,     // no handle; arg[0] = RTM_GETLINK, RTM_GETADDR or RTM_GETROUTE, arg[1] = family; segment 0 = out,
               //   filled with what rtnetlink(7) answers; arg[2] = bytes of that answer to skip -> bytes (0: no more)
  count_
};

inline constexpr u64 kCurrentPosition = ~u64{0};
inline constexpr u64 kWriteAppend = 1;
// stat: -ELOOP if a symbolic link is on the way; the last component may be one (with AT_SYMLINK_NOFOLLOW).
inline constexpr u64 kStatNoSymlinks = u64{1} << 32;

struct Segment {
  Gpa gpa;
  u32 length;
  u32 reserved;
};

struct QCallDescriptor {
  // --- the first cache line ---
  QCallOp op;
  u16 segment_count;  // <= kMaxSegments
  u32 handle;
  u64 arg[5];
  Segment segments[kMaxSegments];  // the first one still belongs to it
  i64 result;                      // written by the host
  u64 reserved;
};
static_assert(sizeof(QCallDescriptor) == 192 && offsetof(QCallDescriptor, segments) + sizeof(Segment) == kCacheLine);

// A ring's tail: the next position to be written by the producer (free running, low half), and the slot number that
// stands at the position before it. One word, so that both belong together.
struct RingTail {
  u32 position;
  u16 newest;

  static constexpr RingTail of(u64 word) { return {static_cast<u32>(word), static_cast<u16>(word >> 32)}; }
  constexpr u64 word() const { return u64{newest} << 32 | position; }
};

struct QCallRing {
  alignas(kCacheLine) Shared<u64> tail;  // RingTail, written by the producer
  alignas(kCacheLine) Shared<u32> head;  // next position to be read by the consumer, free running
  alignas(kCacheLine) u16 slot[kQueueSlots];
};

struct QCallQueue {
  QCallRing sq;  // guest produces
  QCallRing cq;  // host produces
  alignas(kCacheLine) QCallDescriptor slots[kQueueSlots];
};
inline constexpr u64 kQueueSize = (sizeof(QCallQueue) + kPageSize - 1) / kPageSize * kPageSize;

// --- records that operations exchange ---

// What `stat` returns: statx(2)'s fields, fixed layout. `device` is the host's, for identity only.
struct FileStat {
  u32 mode;
  u32 nlink;
  u32 uid;
  u32 gid;
  u64 inode;
  u64 device;
  u64 special_device;  // makedev encoding of st_rdev
  u64 size;
  u64 blocks;  // of 512 bytes
  u32 block_size;
  u32 reserved;
  i64 access_s, modify_s, change_s, birth_s;
  u32 access_ns, modify_ns, change_ns, birth_ns;
};
static_assert(sizeof(FileStat) == 112);

// One record of read_dir; `length` covers the record, a multiple of 8; the name is NUL-terminated.
struct DirectoryEntry {
  u64 inode;
  u64 next_cookie;
  u16 length;
  u8 type;  // DT_*
  u8 name_length;
  u32 reserved;
  // char name[]
};
static_assert(sizeof(DirectoryEntry) == 24);

struct FileSystemStat {
  u64 type, block_size, blocks, blocks_free, blocks_available, files, files_free, name_max;
};

}  // namespace baryon::abi

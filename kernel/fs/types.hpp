// Linux's file ABI: flag values (include/uapi/asm-generic/fcntl.h, stat.h, poll.h, eventpoll.h). Those
// that differ between architectures are x86-64's; the system call layer of another one translates.
#pragma once

#include "kernel/base/types.hpp"
#include "kernel/io/poll.hpp"

namespace baryon::fs {

// open(2)
inline constexpr u32 kReadOnly = 0, kWriteOnly = 1, kReadWrite = 2, kAccessMode = 3;
inline constexpr u32 kCreate = 0100, kExclusive = 0200, kNoCtty = 0400, kTruncate = 01000, kAppend = 02000,
                     kNonBlock = 04000, kDsync = 010000, kAsync = 020000, kDirect = 040000, kLargeFile = 0100000,
                     kDirectory = 0200000, kNoFollow = 0400000, kNoAtime = 01000000, kCloseOnExec = 02000000,
                     kSync = 04010000, kPath = 010000000, kTmpFile = 020200000;

// st_mode
inline constexpr u32 kTypeMask = 0170000, kSocket = 0140000, kSymlink = 0120000, kRegular = 0100000,
                     kBlockDevice = 0060000, kDirectoryType = 0040000, kCharDevice = 0020000, kFifo = 0010000;
inline constexpr u32 kPermissionMask = 07777;
constexpr u8 directory_entry_type(u32 mode) { return static_cast<u8>((mode & kTypeMask) >> 12); }

// *at(2)
inline constexpr i32 kCurrentDirectory = -100;
inline constexpr u32 kAtSymlinkNoFollow = 0x100, kAtRemoveDirectory = 0x200, kAtEaccess = 0x200,
                     kAtSymlinkFollow = 0x400, kAtNoAutomount = 0x800, kAtEmptyPath = 0x1000;

// lseek(2)
inline constexpr u32 kSeekSet = 0, kSeekCurrent = 1, kSeekEnd = 2, kSeekData = 3, kSeekHole = 4;

// poll(2) and epoll(7) share these.
using io::kPollError, io::kPollHangUp, io::kPollIn, io::kPollInvalid, io::kPollOut, io::kPollPriority,
    io::kPollReadBand, io::kPollReadHangUp, io::kPollReadNormal, io::kPollWriteBand, io::kPollWriteNormal;

// utimensat(2)
inline constexpr u64 kTimeNow = 0x3fffffff, kTimeOmit = 0x3ffffffe;

inline constexpr u32 kPathMax = 4096;  // with the NUL
inline constexpr u32 kNameMax = 255;
inline constexpr u64 kMaxFileSize = 0x7fff'ffff'ffff'ffff;
inline constexpr u64 kMaxTransfer = 0x7fff'f000;  // bytes that one read(2) or write(2) moves at most

constexpr u64 make_device(u32 major, u32 minor) {
  return (u64{major} & 0xfff) << 8 | (minor & 0xff) | (u64{minor} & ~u64{0xff}) << 12 |
         (u64{major} & ~u64{0xfff}) << 32;
}
constexpr u32 device_major(u64 device) {
  return static_cast<u32>((device >> 8 & 0xfff) | (device >> 32 & ~u64{0xfff}));
}
constexpr u32 device_minor(u64 device) { return static_cast<u32>((device & 0xff) | (device >> 12 & ~u64{0xff})); }

}  // namespace baryon::fs

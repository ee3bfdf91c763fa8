// Linux's socket ABI: include/linux/socket.h, include/uapi/asm-generic/socket.h, include/uapi/linux/{in,in6,tcp}.h.
// Equal on x86-64 and aarch64.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::net {

inline constexpr u32 kUnspecified = 0, kUnix = 1, kInet = 2, kInet6 = 10, kNetlink = 16;
inline constexpr u32 kStream = 1, kDatagram = 2, kRaw = 3, kSequenced = 5, kTypeMask = 0xf;
inline constexpr u32 kProtocolIcmp = 1, kProtocolTcp = 6, kProtocolUdp = 17, kProtocolIcmp6 = 58;

enum MessageFlag : u32 {
  kOutOfBand = 1,
  kPeek = 2,
  kDontRoute = 4,
  kControlTruncated = 8,
  kTruncated = 0x20,
  kDontWait = 0x40,
  kEndOfRecord = 0x80,
  kWaitAll = 0x100,
  kErrorQueue = 0x2000,
  kNoSignal = 0x4000,
  kMore = 0x8000,
  kWaitForOne = 0x10000,
  kFastOpen = 0x20000000,
  kControlCloseOnExec = 0x40000000,
};

inline constexpr u32 kShutdownRead = 0, kShutdownWrite = 1, kShutdownBoth = 2;

// setsockopt(2) levels and names.
inline constexpr i32 kLevelIp = 0, kLevelSocket = 1, kLevelTcp = 6, kLevelUdp = 17, kLevelIp6 = 41, kLevelNetlink = 270;
enum SocketOption : i32 {
  kSoDebug = 1,
  kSoReuseAddress = 2,
  kSoType = 3,
  kSoError = 4,
  kSoDontRoute = 5,
  kSoBroadcast = 6,
  kSoSendBuffer = 7,
  kSoReceiveBuffer = 8,
  kSoKeepAlive = 9,
  kSoOutOfBandInline = 10,
  kSoPriority = 12,
  kSoLinger = 13,
  kSoReusePort = 15,
  kSoPassCredentials = 16,
  kSoPeerCredentials = 17,
  kSoReceiveLowWater = 18,
  kSoSendLowWater = 19,
  kSoReceiveTimeout = 20,
  kSoSendTimeout = 21,
  kSoBindToDevice = 25,
  kSoTimestamp = 29,
  kSoAcceptConnections = 30,
  kSoPeerSecurity = 31,
  kSoSendBufferForce = 32,
  kSoReceiveBufferForce = 33,
  kSoProtocol = 38,
  kSoDomain = 39,
  kSoPeerGroups = 59,
  kSoReceiveTimeoutNew = 66,
  kSoSendTimeoutNew = 67,
};

// Control messages of SOL_SOCKET.
inline constexpr i32 kScmRights = 1, kScmCredentials = 2;
inline constexpr u32 kMaxRights = 253;  // SCM_MAX_FD

inline constexpr u32 kBacklogMost = 4096;  // net.core.somaxconn

}  // namespace baryon::net

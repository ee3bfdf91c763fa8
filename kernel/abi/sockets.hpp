// Sockets of the host's network namespace: records of the QCalls `socket` … `interfaces`, and readiness.
//
// Readiness is pushed, so that the guest asks for it without a QCall. A socket's handle is its index here. The host
// keeps one word for each with a snapshot of the socket's poll(2) state and a number that counts snapshots. When the
// state may have changed, the host stores the word, then sets the socket's bit in `dirty` and the bit of that word in
// `summary` (release), then tells a vCPU. The guest takes bits with an exchange, and may look at `state` at any time.
// Nothing can overflow. The host reads nothing of this back but `arrived`.
//
// What one side drains and what the other sees arrive cannot get lost between each other: send, receive and accept
// answer with the number of the snapshot that was current when the host acted, and with whether the call used up what
// there was. Then this snapshot, and those before it, say nothing any more about that direction; a later one does.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

inline constexpr u32 kMaxSockets = 32768;  // handles at and above are no sockets'
inline constexpr u32 kMaxSocketAddress = 128;
inline constexpr u32 kMaxSocketControl = 256;
inline constexpr u32 kMaxSocketOption = 256;
inline constexpr u32 kMaxReceiveAhead = 65536;  // bytes of a buffer

// Bits of a snapshot: poll(2)'s, and POLLRDHUP moved into the same byte.
inline constexpr u32 kSocketIn = 1, kSocketPriority = 2, kSocketOut = 4, kSocketError = 8, kSocketHangUp = 16,
                     kSocketReadHangUp = 32;
inline constexpr u32 kSocketBits = 0xff;
inline constexpr u32 kSnapshotShift = 8;  // above: the snapshot's number, 24 bits, going round
inline constexpr u32 kSnapshotMask = 0xffffff;

struct SocketReadiness {
  alignas(kCacheLine) Shared<u64> summary[kMaxSockets / 64 / 64];
  alignas(kCacheLine) Shared<u64> dirty[kMaxSockets / 64];
  alignas(kCacheLine) Shared<u32> state[kMaxSockets];
  // Bytes that the host has put into the buffer of `receive_ahead`, stored before the snapshot that goes with them. The
  // guest stores 0 before it hands the buffer over again; in between it is the guest's.
  alignas(kCacheLine) Shared<u32> arrived[kMaxSockets];
};

// Results of send, receive and accept that are no errors: bytes (or the new handle) below, then these.
inline constexpr u64 kSocketResultMask = 0xffffffff;
inline constexpr u64 kSocketUsedUp = u64{1} << 32;      // nothing more to read, no more room, no further connection
inline constexpr u64 kSocketWouldBlock = u64{1} << 33;  // instead of -EAGAIN; bytes are 0
inline constexpr u32 kSocketSnapshotShift = 36;         // 24 bits: the snapshot's number

struct SocketAddress {
  u32 length;  // <= kMaxSocketAddress
  u32 reserved;
  u8 bytes[kMaxSocketAddress];  // struct sockaddr
};
static_assert(sizeof(SocketAddress) == 136);

struct SocketMessage {
  SocketAddress address;  // length 0: none
  u32 flags;              // receive: MSG_TRUNC, MSG_CTRUNC, MSG_OOB …
  u32 control_length;     // <= kMaxSocketControl
  u8 control[kMaxSocketControl];
};
static_assert(sizeof(SocketMessage) == 400);

// socket_count: which number.
enum class SocketCount : u32 { readable = 0, unsent = 1, at_mark = 2 };

}  // namespace baryon::abi

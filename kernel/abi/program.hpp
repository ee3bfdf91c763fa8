// Who a program is, and the programs that the host starts in a running sandbox.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

// Where the kernel's defaults are not meant: users and groups as in credentials(7), sets as in capabilities(7), limits
// as in getrlimit(2), all by number.
inline constexpr u32 kMaxProgramGroups = 32;
inline constexpr u32 kResourceLimits = 16;
enum ProgramIdentityFlags : u32 {
  kIdentityUser = 1u << 0,          // uid, gid, groups
  kIdentityCapabilities = 1u << 1,  // the five sets
  kIdentityUmask = 1u << 2,
  kIdentityNoNewPrivileges = 1u << 3,
};
struct ResourceLimit {
  u64 soft, hard;
  bool operator==(const ResourceLimit&) const = default;
};
struct ProgramIdentity {
  u32 flags;  // ProgramIdentityFlags: what of this counts
  u32 umask;
  u32 uid, gid;
  u32 group_count;
  u32 limits_given;  // bit n: limits[n] counts
  u32 groups[kMaxProgramGroups];
  u64 permitted, effective, inheritable, bounding, ambient;
  ResourceLimit limits[kResourceLimits];
  bool operator==(const ProgramIdentity&) const = default;
};

// A system call filter: classic BPF (struct sock_filter, 8 bytes each) as seccomp(2) takes it.
struct ProgramFilter {
  Gpa gpa;
  u32 count;  // 0: none
  u32 reserved;
};
inline constexpr u32 kFilterInstructionSize = 8;
inline constexpr u32 kMaxFilterInstructions = 4096;

// --- a program beside the first one ---
// The host announces it on the control channel (ControlKind::exec: arg[0] = its number, arg[1] = bytes of the request);
// the guest fetches the request (QCallOp::exec_request), starts the program as a process without a parent in the
// sandbox, and reports (QCallOp::exec_report).
//
// The request is this header, `filter_count` filter instructions, then strings with a NUL each: the working directory,
// `argument_count` arguments of which the first is the program, `environment_count` variables.
inline constexpr u32 kMaxExecStreams = 16;
struct ExecRequest {
  u32 size;  // of all of it
  u32 argument_count;
  u32 environment_count;
  u32 filter_count;
  u32 stream_count;              // at least 3
  u32 streams[kMaxExecStreams];  // QCall handles of its descriptors from 0 on, which are the guest's to close
  u32 reserved;
  ProgramIdentity identity;
};
static_assert(sizeof(ExecRequest) % 8 == 0);
inline constexpr u32 kMaxExecs = 256;  // that have been announced and have not ended
inline constexpr u32 kMaxExecRequest = 192 << 10;

enum class ExecEvent : u32 {
  started = 1,  // value: its process number
  failed = 2,   // value: errno; kExecSetup: it is not the program's fault
  ended = 3,    // value: wait(2)'s status
};
inline constexpr u64 kExecSetup = u64{1} << 32;

}  // namespace baryon::abi

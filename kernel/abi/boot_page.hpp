// The boot page: everything the host tells the kernel before the first guest instruction.
//
// Written once by the host, read by the kernel, never trusted by the host afterwards. VcpuPage::boot_page
// of every vCPU holds its guest-physical address.
#pragma once

#include "kernel/abi/devices.hpp"
#include "kernel/abi/program.hpp"
#include "kernel/abi/types.hpp"
#include "kernel/abi/version.hpp"

namespace baryon::abi {

enum class Privilege : u32 { split = 0, linked = 1 };
enum class PagePolicy : u32 { eager = 0, demand = 1 };
enum class LogLevel : u32 { off = 0, error, warn, info, debug, trace };

struct MemoryRange {
  Gpa base;  // page aligned
  u64 size;  // bytes, page aligned
};

// A packed table of NUL-terminated strings: program arguments, environment, mount points.
// `count` offsets (u32, relative to `gpa`) are followed by the bytes.
struct StringTable {
  Gpa gpa;
  u32 count;
  u32 size;  // bytes, offsets included
};

enum class MountKind : u32 { hostfs = 0, tmpfs = 1 };
inline constexpr u32 kMountReadOnly = 1;
inline constexpr u32 kMountOverlay = 2;  // hostfs: below an overlay whose upper layer is a tmpfs

// One mount in the order in which the kernel makes it; the first one is the root ("/").
struct Mount {
  MountKind kind;
  u32 flags;        // kMountReadOnly | kMountOverlay
  u32 host_handle;  // hostfs: the QCall handle of the root directory (or file, for a file bind)
  u32 path;         // index into BootPage::mount_paths
};
inline constexpr u32 kMaxMounts = 32;

// Clock parameters of the vDSO, republished by the host under a sequence count (odd while it writes).
//   ns = base_ns + ((counter - base_counter) * mult >> shift)      (128-bit product)
struct ClockPage {
  Shared<u32> sequence;
  u32 shift;
  u64 mult;
  u64 base_counter;       // TSC / CNTVCT
  u64 monotonic_base_ns;  // the host's CLOCK_MONOTONIC at base_counter
  u64 realtime_base_ns;   // the host's CLOCK_REALTIME at base_counter
  u64 counter_hz;
};

enum BootFlags : u32 {
  kBootRewrite = 1u << 0,  // rewrite call sites (linked only)
  kBootStrace = 1u << 1,   // trace system calls into the log ring (record kind strace)
  kBootSpinner = 1u << 2,  // the guest may spin for a completion (the host has a core for it)
  kBootDebug = 1u << 3,
  kBootInit = 1u << 4,  // the program is a container's init: signals that it does not handle do nothing
};

// What the kernel has to do differently on what executes it.
enum MachineFlags : u32 {
  // The event interrupt is a line that the host holds until Doorbell::interrupt_ack (where the architecture has one).
  kMachineAcknowledge = 1u << 0,
  // What was executed once may stay translated when memory has changed: always when it is the host that writes; when a
  // vCPU writes, only if another was translating it at that moment.
  kMachineKeepsTranslations = 1u << 1,
};

struct BootPage {
  u64 magic;    // kBootMagic
  u32 version;  // kVersion
  u32 size;     // sizeof(BootPage)

  u32 machine_flags;  // MachineFlags
  Privilege privilege;
  PagePolicy page_policy;
  LogLevel log_level;
  u32 flags;  // BootFlags
  u32 vcpus;  // 1..kMaxVcpus; vCPU 0 runs, the others start when the guest asks (QCall start_vcpu)

  // RAM, ascending, not overlapping. Everything below `free_start` in the first range belongs to what
  // the host has placed (image, tables, queues, this page); the kernel's allocator takes the rest. RAM
  // that the kernel has never written reads as zero.
  u32 range_count;
  // Where the RAM ends that is there from the start, in large pages from guest-physical 0; 0: all of it is. What a
  // machine knows of its RAM costs the host memory, used or not (KVM: 2.5 bytes for each KiB), and few sandboxes use
  // all of theirs: the rest comes when the guest asks (Doorbell::memory).
  u32 ready_units;
  MemoryRange ranges[4];
  Gpa free_start;
  MemoryRange spare;    // below free_start, yet the kernel's: what the host left free below the image; may be empty
  u64 direct_map_base;  // guest-virtual address of guest-physical 0
  u64 doorbell_va;      // guest-virtual address of the doorbell page (doorbell.hpp)
  Gpa page_table_root;  // the first page tables: direct map and doorbell only
  Devices devices;

  Gpa vcpu_pages;  // VcpuPage[vcpus], page sized each
  Gpa vcpu_areas;  // architecture's per-vCPU area, kVcpuAreaSize each
  Gpa queues;      // QCallQueue[vcpus], sizeof rounded up to a page each
  Gpa control;     // ControlChannel
  Gpa log_ring;    // LogRing
  Gpa stats;       // KernelStats[vcpus], page-rounded each
  Gpa clock;       // ClockPage, one page, mapped read-only into programs
  Gpa sandbox;     // SandboxPage
  Gpa sockets;     // SocketReadiness

  StringTable program;  // string 0: path of the program as given; 1..: argv[0]...
  StringTable environment;
  StringTable mount_paths;
  u32 mount_count;
  u32 unprivileged_port_start;  // the first port that binds without CAP_NET_BIND_SERVICE; the guest is to enforce it
  Mount mounts[kMaxMounts];
  char working_directory[512];  // absolute guest path, NUL-terminated
  char host_name[64];
  ProgramIdentity identity;
  ProgramFilter filter;
  u32 stream_count;              // at least 3
  u32 streams[kMaxExecStreams];  // QCall handles of its descriptors from 0 on

  u8 entropy[64];          // fresh for every boot
  u64 host_start_counter;  // counter value when the host process began its set-up
};
static_assert(sizeof(BootPage) <= kPageSize);

// Words that both sides touch once in a sandbox's life or rarely.
enum class ExitReason : u32 {
  running = 0,
  exited = 1,
  signaled = 2,
  exec_failed = 3,
  panic = 4,
  out_of_memory = 5,
  setup_failed = 6
};
struct SandboxPage {
  // The host's QCall server polls its queues now: no doorbell is needed. Cleared, then queues
  // re-checked, before it sleeps.
  alignas(kCacheLine) Shared<u32> host_awake;
  // Guest writes these, then rings Doorbell::shutdown.
  alignas(kCacheLine) Shared<u32> exit_reason;  // ExitReason
  i32 exit_value;                               // status, signal number or errno
  char message[480];                            // for panic, exec_failed and setup_failed, NUL-terminated, untrusted
  u64 ready_counter;                            // counter when the first user instruction was about to run
  u64 kernel_entry_counter;                     // counter at the kernel's first instruction
  u64 peak_memory;                              // bytes of guest RAM in use at most
  CounterMeeting meeting;
};
static_assert(sizeof(SandboxPage) <= kPageSize);

}  // namespace baryon::abi

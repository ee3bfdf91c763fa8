// Parts of what stat(2) and statfs(2) say that objects without storage have in common.
#pragma once

#include "kernel/abi/qcall.hpp"
#include "kernel/fs/types.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::fs {

inline constexpr u64 kAnonymousMagic = 0x09041934;  // ANON_INODE_FS_MAGIC

// A file system that has no blocks to count.
constexpr abi::FileSystemStat without_storage(u64 magic) {
  return {.type = magic,
          .block_size = kPageSize,
          .blocks = 0,
          .blocks_free = 0,
          .blocks_available = 0,
          .files = 0,
          .files_free = 0,
          .name_max = kNameMax};
}

// Access, modification and change at the same moment of CLOCK_REALTIME.
constexpr void set_times(abi::FileStat& out, u64 ns) {
  out.access_s = out.modify_s = out.change_s = static_cast<i64>(ns / sched::kNsPerSecond);
  out.access_ns = out.modify_ns = out.change_ns = static_cast<u32>(ns % sched::kNsPerSecond);
}

}  // namespace baryon::fs

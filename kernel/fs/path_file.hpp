// What open(2) with O_PATH gives: a place in the tree, no data.
#pragma once

#include "kernel/fs/file.hpp"

namespace baryon::fs {

class PathFile final : public File {
 public:
  explicit PathFile(u32 flags) : File(flags | kPath) {}
  Result<u64> read_at(IoBuffer&, u64) override { return Errno::badf; }
  Result<u64> write_at(IoBuffer&, u64&) override { return Errno::badf; }
  Result<u64> seek(i64, u32) override { return Errno::badf; }
  Result<u64> ioctl(u32, u64) override { return Errno::badf; }
  Result<void> truncate(u64) override { return Errno::badf; }
  Result<void> allocate(u32, u64, u64) override { return Errno::badf; }
  Result<void> sync(bool) override { return Errno::badf; }
  Result<void> read_directory(DirectorySink&, u64&) override { return Errno::badf; }
  Result<Ref<mm::MemoryObject>> memory_object(bool, bool) override { return Errno::badf; }
};

}  // namespace baryon::fs

// An open file as the program loader wants it.
#pragma once

#include "kernel/exec/byte_source.hpp"
#include "kernel/fs/file.hpp"

namespace baryon::init {

class FileSource final : public exec::ByteSource {
 public:
  static Result<Ref<exec::ByteSource>> create(Ref<fs::File> file, const abi::FileStat& stat);
  u64 size() const override { return size_; }
  Result<u64> read_at(u64 offset, std::span<u8> out) override;
  mm::MemoryObject::Identity identity() const override { return {device_, inode_}; }
  u64 name(char* buffer, u64 size) const override;

  FileSource(Ref<fs::File> file, const abi::FileStat& stat)
      : file_(std::move(file)), size_(stat.size), device_(stat.device), inode_(stat.inode) {}

 private:
  Ref<fs::File> file_;
  const u64 size_, device_, inode_;
};

}  // namespace baryon::init

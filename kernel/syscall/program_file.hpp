// A program's file as the loader wants it: opened for execution.
#pragma once

#include "kernel/exec/byte_source.hpp"
#include "kernel/fs/file.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/sched/credentials.hpp"

namespace baryon::syscall {

class FileSource final : public exec::ByteSource {
 public:
  FileSource(Ref<fs::File> file, const abi::FileStat& stat) : file_(std::move(file)), status_(stat) {}
  u64 size() const override { return status_.size; }
  Result<u64> read_at(u64 offset, std::span<u8> out) override;
  Result<Ref<mm::MemoryObject>> mapping() override;
  mm::MemoryObject::Identity identity() const override { return {status_.device, status_.inode}; }
  u64 name(char* buffer, u64 size) const override;
  const abi::FileStat& status() const { return status_; }
  bool honours_set_id() const {
    return !file_->dentry() || !(fs::mount_flags(*file_->dentry()) & fs::kMountNoSetId);
  }

 private:
  Ref<fs::File> file_;
  const abi::FileStat status_;
  Ref<mm::MemoryObject> object_;  // once asked for
};

// Opens a regular file that `who` may execute. `reason` is set on failure. Errors: those of open(2), acces.
Result<Ref<FileSource>> open_program(const fs::Place& place, std::string_view path, u32 walk_flags,
                                     const sched::Credentials& who, const char*& reason);
Result<Ref<FileSource>> program_of(Ref<fs::File> file, const sched::Credentials& who, const char*& reason);
// For exec::LoadRequest::open_interpreter: seen from the current process's root, or the tree's before there is one.
Result<Ref<exec::ByteSource>> open_interpreter(const char* path, const char*& reason);

}  // namespace baryon::syscall

#include "kernel/fs/procfs/generated.hpp"

namespace baryon::fs {
namespace {

class OpenFileInode final : public Inode {
 public:
  OpenFileInode(FileSystem& fs, const abi::FileStat& status, Ref<File> file)
      : Inode(fs, status.mode, status.inode), file_(std::move(file)) {}
  bool stands_for_file() const override { return true; }
  Result<void> stat(Dentry&, abi::FileStat& out) override { return file_->stat(out); }
  Result<Ref<File>> open(Dentry&, u32 flags) override {
    const u32 access = flags & kAccessMode;
    if ((access != kWriteOnly && !file_->readable()) || (access != kReadOnly && !file_->writable())) return Errno::acces;
    return Ref<File>(file_);
  }

 private:
  Ref<File> file_;
};

}  // namespace

Result<Ref<Dentry>> file_dentry(FileSystem& fs, Ref<File> file) {
  abi::FileStat status;
  TRY(file->stat(status));
  return Dentry::make_root(Ref<Inode>(TRY(make_ref<OpenFileInode>(fs, status, std::move(file)))));
}

}  // namespace baryon::fs

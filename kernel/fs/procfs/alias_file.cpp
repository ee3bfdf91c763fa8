#include "kernel/fs/procfs/alias_file.hpp"

#include "kernel/fs/pipe.hpp"
#include "kernel/fs/status.hpp"
#include "kernel/fs/tmpfs/tmpfs.hpp"

namespace baryon::fs::proc {
namespace {

// Another open file on the same object, with an access mode of its own. Position and status flags are the
// original's, as after dup(2); Linux would start anew, which a stream cannot.
class AliasFile final : public File {
 public:
  AliasFile(u32 flags, Ref<File> target) : File(flags), target_(std::move(target)) {}
  Result<u64> read_at(IoBuffer& buffer, u64 offset) override {
    return target_->readable() ? target_->read_at(buffer, offset) : Result<u64>(Errno::badf);
  }
  Result<u64> write_at(IoBuffer& buffer, u64& offset) override {
    return target_->writable() ? target_->write_at(buffer, offset) : Result<u64>(Errno::badf);
  }
  bool seekable() const override { return target_->seekable(); }
  Result<u64> seek(i64 offset, u32 whence) override { return target_->seek(offset, whence); }
  u32 poll(u32 interest) override { return target_->poll(interest); }
  sched::WaitQueue* poll_queue() override { return target_->poll_queue(); }
  Result<void> stat(abi::FileStat& out) override { return target_->stat(out); }
  Result<void> statfs(abi::FileSystemStat& out) override { return target_->statfs(out); }
  Result<u64> ioctl(u32 command, u64 argument) override { return target_->ioctl(command, argument); }
  Result<void> truncate(u64 size) override { return target_->truncate(size); }
  Result<void> sync(bool data_only) override { return target_->sync(data_only); }
  Result<String> describe(const Dentry& root) override { return target_->describe(root); }

 private:
  const Ref<File> target_;
};

class FileInode final : public Inode {
 public:
  FileInode(FileSystem& fs, u32 type, u64 number, Ref<File> file) : Inode(fs, type, number), file_(std::move(file)) {}
  Result<void> stat(Dentry&, abi::FileStat& out) override { return file_->stat(out); }
  Result<Ref<File>> open(Dentry&, u32 flags) override {
    if (PipeFile* pipe = as_pipe(*file_))
      return Ref<File>(TRY(make_ref<PipeFile>(flags, Ref<PipeBuffer>(pipe->buffer()))));
    if (file_->kind() != FileKind::stream) return Errno::nxio;  // eventfd, epoll …: as on Linux
    return Ref<File>(TRY(make_ref<AliasFile>(flags, file_)));
  }
  Result<void> truncate(Dentry&, u64 size) override { return file_->truncate(size); }

 private:
  const Ref<File> file_;
};

class NamelessFs final : public FileSystem {
 public:
  NamelessFs() : FileSystem("anon_inodefs", false) {}
  Result<void> statfs(Dentry&, abi::FileSystemStat& out) override {
    out = without_storage(kAnonymousMagic);
    return {};
  }
};

constinit SpinLock instance_lock;
constinit Ref<NamelessFs> instance;  // guarded by instance_lock

Result<Ref<NamelessFs>> nameless_fs() {
  {
    SpinGuard guard(instance_lock);
    if (instance) return instance;
  }
  Ref<NamelessFs> fresh = TRY(make_ref<NamelessFs>());
  SpinGuard guard(instance_lock);
  if (!instance) std::swap(instance, fresh);
  return instance;
}

}  // namespace

Result<Ref<Dentry>> dentry_of_file(Ref<File> file) {
  if (TmpFile* memory = as_tmp_file(*file)) return Dentry::make_root(Ref<Inode>(memory->inode()));
  abi::FileStat status;
  TRY(file->stat(status));
  Ref<NamelessFs> fs = TRY(nameless_fs());
  return Dentry::make_root(Ref<Inode>(TRY(make_ref<FileInode>(*fs, status.mode, status.inode, std::move(file)))));
}

}  // namespace baryon::fs::proc

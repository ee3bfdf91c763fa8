// Open files of tmpfs, and their mappings.
#include <algorithm>
#include <cstring>

#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::fs {
namespace {

// Shared: the file's own pages. Private: the same, mm copies before writing.
class TmpMapping final : public mm::MemoryObject {
 public:
  TmpMapping(Ref<TmpInode> inode, Ref<Dentry> place, String name, bool writable)
      : inode_(std::move(inode)), place_(std::move(place)), name_(std::move(name)), writable_(writable) {
    if (writable_) inode_->writable_mappings.fetch_add(1, std::memory_order_acq_rel);
  }
  Result<PhysAddr> page(u64 offset, bool write) override { return inode_->page(offset / kPageSize, write); }
  const void* owner() const override { return inode_.get(); }
  Identity identity() const override { return {inode_->fs().device, inode_->number()}; }
  u64 name(char* buffer, u64 size) const override {
    if (size == 0) return 0;
    const u64 length = std::min<u64>(name_.size(), size - 1);
    std::memcpy(buffer, name_.data(), length);
    buffer[length] = 0;
    return length;
  }

 private:
  ~TmpMapping() override {
    if (writable_) inode_->writable_mappings.fetch_sub(1, std::memory_order_acq_rel);
  }
  Ref<TmpInode> inode_;
  const Ref<Dentry> place_;  // a mapping is a use of its mount
  String name_;
  const bool writable_;  // shared and writable
};

}  // namespace

Result<u64> TmpFile::seek(i64 offset, u32 whence) {
  if (whence != kSeekData && whence != kSeekHole) return File::seek(offset, whence);
  if (offset < 0) return Errno::nxio;
  MutexGuard guard(position_lock_);
  position_ = TRY(inode_->seek_data(static_cast<u64>(offset), whence == kSeekHole));
  return position_;
}

Result<void> TmpFile::stat(abi::FileStat& out) {
  inode_->stat(out);
  return {};
}

Result<void> TmpFile::statfs(abi::FileSystemStat& out) {
  inode_->tmp().statfs(out);
  return {};
}

Result<Ref<mm::MemoryObject>> TmpFile::memory_object(bool shared, bool write) {
  const u32 seals = inode_->seals();
  if (shared && write && seals & (TmpInode::kSealWrite | TmpInode::kSealFutureWrite)) return Errno::perm;
  return Ref<mm::MemoryObject>(
      TRY(make_ref<TmpMapping>(inode_, Ref<Dentry>(dentry()), TRY(describe(*root())), shared && write)));
}
Result<String> TmpFile::describe(const Dentry& root) {
  if (dentry()) return dentry()->path(root);
  String text = TRY(String::copy("/memfd:"));
  TRY(text.append(memory_name));
  TRY(text.append(" (deleted)"));
  return text;
}

}  // namespace baryon::fs

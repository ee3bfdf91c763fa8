// overlay: a writable file system (upper) over one that is only read (lower), shown as one tree.
//
//   lower   /etc/passwd   /etc/motd   /usr/…          hostfs, read-only
//   upper   /etc/passwd   /etc/motd (whiteout)        tmpfs; holds copies, new objects and deletions
//   shown   /etc/passwd (upper's)     /usr/…
//
// The upper tree is laid out as Linux's overlayfs does (Documentation/filesystems/overlayfs.rst): a deleted name is a
// whiteout (character device 0:0); a directory that hides the lower one of its name is marked by the attribute
// trusted.overlay.opaque; one that was renamed says by trusted.overlay.redirect where its lower part is. An object is
// copied up before it is changed, with the directories that lead to it. Its inode number stays the lower one's
// (trusted.overlay.origin), unless it had several links: those are cut, as overlayfs cuts them without its index.
//
// The lower tree must not change on the host while the sandbox runs (Linux asks the same): names are kept.
//
// Locking: `OverlayFs::lock` serialises look-ups in the layers and everything that changes the upper tree. It is held
// over QCalls; names that are kept do not need it. An inode's upper part appears once (copy-up) and never changes.
#pragma once

#include "kernel/fs/dentry.hpp"
#include "kernel/fs/file.hpp"

namespace baryon::fs {

// The root of a new overlay. `upper` is an empty directory that nothing else uses.
Result<Ref<Inode>> mount_overlay(Ref<Inode> lower, Ref<Inode> upper);

namespace overlay {

inline constexpr std::string_view kPrivatePrefix = "trusted.overlay.";
inline constexpr std::string_view kOpaque = "trusted.overlay.opaque", kRedirect = "trusted.overlay.redirect",
                                  kOrigin = "trusted.overlay.origin";
// Numbers of objects that exist above alone; lower numbers are the host's and do not get this far.
inline constexpr u64 kUpperNumber = u64{1} << 62;

bool is_whiteout(Dentry& upper);
// A child in one layer; null if there is none (or no layer). A whiteout counts as a child.
Result<Ref<Dentry>> child_of(const Ref<Dentry>& layer, std::string_view name);

class OverlayFs final : public FileSystem {
 public:
  OverlayFs(Ref<Dentry> lower, Ref<Dentry> work)
      : FileSystem("overlay", false, true), lower_root(std::move(lower)), work_directory(std::move(work)) {}
  Result<void> statfs(Dentry& where, abi::FileSystemStat& out) override;

  const Ref<Dentry> lower_root;
  const Ref<Dentry> work_directory;  // in the upper file system: where copies are made before they are moved into place
  Mutex lock;
  u64 next_work_name = 0;  // under lock
};

class OverlayInode final : public Inode {
 public:
  // At least one of the two; a non-directory has one.
  OverlayInode(OverlayFs& fs, u32 type, u64 number, Ref<Dentry> upper, Ref<Dentry> lower)
      : Inode(fs, type, number), lower_(std::move(lower)), upper_(std::move(upper)) {}
  OverlayFs& overlay() const { return static_cast<OverlayFs&>(fs()); }
  Ref<Dentry> upper() const {
    SpinGuard guard(upper_lock_);
    return upper_;
  }
  const Ref<Dentry>& lower() const { return lower_; }
  // The layer's dentry that has the data: upper if there is one.
  Ref<Dentry> real() const {
    Ref<Dentry> above = upper();
    return above ? above : lower_;
  }

  bool same(const Inode& other) const override;
  Result<void> stat(Dentry& self, abi::FileStat& out) override;
  void identify(abi::FileStat& out) override;
  Result<Ref<File>> open(Dentry& self, u32 flags) override;
  Result<Ref<Inode>> lookup(Dentry& self, std::string_view name) override;
  Result<void> read_link(Dentry& self, String& out) override;
  Result<void> get_attribute(Dentry& self, std::string_view name, String& out) override;
  Result<void> list_attributes(Dentry& self, String& out) override;
  // overlay_attributes.cpp: copied up first
  Result<void> chmod(Dentry& self, u32 mode) override;
  Result<void> chown(Dentry& self, u32 uid, u32 gid) override;
  Result<void> utimens(Dentry& self, const TimeUpdate& times) override;
  Result<void> truncate(Dentry& self, u64 size) override;
  Result<void> set_attribute(Dentry& self, std::string_view name, std::string_view value, u32 flags) override;
  Result<void> remove_attribute(Dentry& self, std::string_view name) override;
  // overlay_change.cpp
  Result<Created> create(Dentry& self, std::string_view name, u32 flags, u32 mode) override;
  Result<Created> create_nameless(Dentry& self, u32 flags, u32 mode) override;
  Result<void> mkdir(Dentry& self, std::string_view name, u32 mode) override;
  Result<void> mknod(Dentry& self, std::string_view name, u32 mode, u64 device) override;
  Result<void> symlink(Dentry& self, std::string_view name, std::string_view target) override;
  Result<void> link(Dentry& self, std::string_view name, Dentry& existing) override;
  Result<void> unlink(Dentry& self, std::string_view name, bool directory) override;
  Result<void> rename(Dentry& self, std::string_view name, Dentry& new_parent, std::string_view new_name,
                      u32 flags) override;

  // --- overlay().lock held ---
  Result<Ref<OverlayInode>> find(std::string_view name);
  // Copies `self` and the directories above it up. `with_data` false: the contents will be cut off anyway.
  static Result<Ref<Dentry>> copy_up(Dentry& self, bool with_data = true);

 private:
  template <class Make>
  Result<void> place(Dentry& self, std::string_view name, bool directory, Make&& make);
  static Result<void> copy_one(Dentry& self, Dentry& upper_parent, bool with_data);
  bool lower_has(std::string_view name);
  Result<void> clear(OverlayInode& directory);
  Result<void> hide(Dentry& upper_parent, std::string_view name);
  static Result<void> mark_moved(OverlayInode& moved);

  const Ref<Dentry> lower_;
  mutable SpinLock upper_lock_;
  Ref<Dentry> upper_;  // guarded by upper_lock_; set once
};

// What an object above calls itself in a message to programs: its number.
inline u64 upper_number(const Inode& inode) { return inode.number() | kUpperNumber; }
Result<Ref<File>> open_directory(u32 flags);
// Calls sink.entry for what the merged directory shows, without "." and ".."; cookies mean nothing.
Result<void> list_merged(OverlayInode& directory, DirectorySink& sink);

}  // namespace overlay
}  // namespace baryon::fs

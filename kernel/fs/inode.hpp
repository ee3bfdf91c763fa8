// Inodes and file systems: the driver side of the VFS.
//
// Operations get the dentry through which the inode was reached, because hostfs names its objects by path.
// All may block (hostfs asks the host) unless the file system says otherwise; the caller holds no spin lock.
// The VFS has checked: the mount is writable, `name` is one component of 1..255 bytes and not "." or "..", a
// directory operation is called on a directory. An operation that a file system does not override fails as on
// a Linux file system without it (EPERM for making objects, EINVAL for readlink …).
#pragma once

#include <string_view>

#include "kernel/abi/qcall.hpp"
#include "kernel/base/error.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/string.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/fs/types.hpp"

namespace baryon::sched {
class Process;
}

namespace baryon::fs {

class Dentry;
class File;
class Inode;

// Receives directory entries. Returns false when it is full: the entry was not taken and comes first next time.
class DirectorySink {
 public:
  virtual bool entry(std::string_view name, u64 inode, u8 type, u64 next_cookie) = 0;

 protected:
  ~DirectorySink() = default;
};

// Which times utimensat sets; ns may be kTimeNow or kTimeOmit.
struct TimeUpdate {
  i64 access_s, modify_s;
  u64 access_ns, modify_ns;
};

class FileSystem : public RefCounted {
 public:
  // `stable_names`: names appear and vanish only through the VFS of this kernel, so dentries may be kept.
  FileSystem(const char* type, bool read_only, bool stable_names = false);
  virtual Result<void> statfs(Dentry& where, abi::FileSystemStat& out) = 0;
  virtual Result<void> sync() { return {}; }
  // Whether new objects get their directory's group by themselves, where its mode asks for it.
  virtual bool inherits_group() const { return false; }
  // The whole rest of a path at once, where no mount lies below `directory`: the inode at the end and the
  // inodes of the directories on the way, outermost first. Fails with Errno::loop if a symbolic link is on the
  // way (not: if it is the last component), Errno::opnotsupp if the file system only walks step by step.
  virtual Result<Ref<Inode>> lookup_path(Dentry& directory, std::string_view path, u32 components,
                                         Vector<Ref<Inode>>& way);

  const char* const type;  // as /proc/mounts shows it
  const u64 device;        // st_dev: unique, stable while the mount lives
  const bool read_only;
  const bool stable_names;
  // Nothing in it changes while the sandbox runs (an overlay's lower layer): attributes and open handles may be kept.
  bool frozen = false;
  // The host object this shows, "tmpfs" …: first field of /proc/mounts.
  String source;
};

class Inode : public RefCounted {
 public:
  Inode(FileSystem& fs, u32 type, u64 number) : fs_(&fs), type_(type & kTypeMask), number_(number) {}

  FileSystem& fs() const { return *fs_; }
  u32 type() const { return type_; }
  bool is_directory() const { return type_ == kDirectoryType; }
  u64 number() const { return number_; }
  // Whether the other stands for the same object: an inode may have several representatives on hostfs.
  virtual bool same(const Inode& other) const { return this == &other; }

  virtual Result<void> stat(Dentry& self, abi::FileStat& out) = 0;
  // The attributes as the look-up that made this inode saw them; false: that look-up did not ask.
  virtual bool status_at_lookup(abi::FileStat& out) const { return (void)out, false; }
  // Corrects what an open file's own stat says about whose object it is, where the file belongs to a layer below.
  virtual void identify(abi::FileStat& out) { (void)out; }
  // Opens without creating. Access mode and flags as in open(2); kTruncate has been checked, not applied.
  virtual Result<Ref<File>> open(Dentry& self, u32 flags) = 0;

  // --- directories ---
  virtual Result<Ref<Inode>> lookup(Dentry& self, std::string_view name);
  // Makes and opens a regular file; EEXIST if the name is taken.
  struct Created {
    Ref<Inode> inode;
    Ref<File> file;  // its dentry is set by the VFS
  };
  virtual Result<Created> create(Dentry& self, std::string_view name, u32 flags, u32 mode);
  // Makes and opens a regular file without a name (O_TMPFILE).
  virtual Result<Created> create_nameless(Dentry& self, u32 flags, u32 mode);
  virtual Result<void> mkdir(Dentry& self, std::string_view name, u32 mode);
  virtual Result<void> mknod(Dentry& self, std::string_view name, u32 mode, u64 device);
  virtual Result<void> symlink(Dentry& self, std::string_view name, std::string_view target);
  virtual Result<void> link(Dentry& self, std::string_view name, Dentry& existing);
  virtual Result<void> unlink(Dentry& self, std::string_view name, bool directory);
  // Within one file system. `flags`: renameat2's NOREPLACE (1) and EXCHANGE (2).
  virtual Result<void> rename(Dentry& self, std::string_view name, Dentry& new_parent, std::string_view new_name,
                              u32 flags);

  // --- links ---
  virtual Result<void> read_link(Dentry& self, String& out);
  // Links of /proc that lead to an object, not to a path: where they lead. Others: Errno::inval.
  virtual Result<Ref<Dentry>> magic_link();

  // The process that this is the directory of, in /proc; null for everything else. Lives as long as the inode.
  virtual sched::Process* shown_process() { return nullptr; }

  // --- attributes ---
  virtual Result<void> chmod(Dentry& self, u32 mode);
  virtual Result<void> chown(Dentry& self, u32 uid, u32 gid);  // ~0 = unchanged
  virtual Result<void> utimens(Dentry& self, const TimeUpdate& times);
  virtual Result<void> truncate(Dentry& self, u64 size);

  // --- extended attributes (xattr(7)); names with their prefix, checked by the caller ---
  static constexpr u32 kAttributeCreate = 1, kAttributeReplace = 2;  // XATTR_CREATE, XATTR_REPLACE
  static constexpr u32 kMaxAttribute = 65536;                        // XATTR_SIZE_MAX, XATTR_LIST_MAX
  // Appends the value. ENODATA.
  virtual Result<void> get_attribute(Dentry& self, std::string_view name, String& out);
  // EEXIST and ENODATA as the flags ask; ENOSPC.
  virtual Result<void> set_attribute(Dentry& self, std::string_view name, std::string_view value, u32 flags);
  virtual Result<void> remove_attribute(Dentry& self, std::string_view name);
  // Appends the names, each with its NUL.
  virtual Result<void> list_attributes(Dentry& self, String& out);

  // Advisory locks on this object (flock.hpp, one table for the sandbox) are keyed by these two.
  u64 lock_device() const { return fs_->device; }

 protected:
  ~Inode() override = default;

 private:
  Ref<FileSystem> fs_;
  const u32 type_;
  const u64 number_;
};

}  // namespace baryon::fs

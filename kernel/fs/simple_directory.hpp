// Open directories of file systems that live in the guest: the position is a cookie, and entries come from a
// function of the inode.
#pragma once

#include "kernel/fs/file.hpp"

namespace baryon::fs {

// An inode whose directory is listed by the guest.
class ListedInode : public Inode {
 public:
  using Inode::Inode;
  // Entries after `cookie` (0 = from the start; "." and ".." are the caller's). Cookies are >= kFirstCookie.
  virtual Result<void> list(u64 cookie, DirectorySink& sink) = 0;
  static constexpr u64 kFirstCookie = 16;
};

class SimpleDirectory final : public File {
 public:
  explicit SimpleDirectory(u32 flags) : File(flags) {}
  bool seekable() const override { return true; }
  Result<u64> read_at(IoBuffer&, u64) override { return Errno::isdir; }
  Result<void> read_directory(DirectorySink& sink, u64& position) override;
  Result<void> sync(bool) override { return {}; }
};

}  // namespace baryon::fs

// What a mapping shows: a source of pages. Implemented by mm for shared anonymous memory and fixed frames,
// by fs for files.
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/base/ref.hpp"

namespace baryon::mm {

class MemoryObject : public RefCounted {
 public:
  // The page at `offset` (bytes, page aligned), with a reference that the caller owns. `write`: it is about to
  // be written through a shared mapping. Called without any lock of the address space; may block.
  // Errors: nomem → the program is out of memory; anything else (beyond the end, I/O) → SIGBUS.
  virtual Result<PhysAddr> page(u64 offset, bool write) = 0;

  // Up to `count` consecutive pages at once, for fault-around: returns how many were stored, at least one.
  // An implementation that reads from the host should read them in one request.
  virtual Result<u32> pages(u64 offset, u32 count, bool write, PhysAddr* out) {
    (void)count;
    out[0] = TRY(page(offset, write));
    return 1u;
  }

  // True: a shared writable mapping first shows pages read-only, so that page(…, true) is called before the
  // first write to each.
  virtual bool tracks_writes() const { return false; }

  // msync(2), munmap and exit of a shared mapping: what was written in [offset, offset + length) goes to the file.
  virtual Result<void> sync(u64 offset, u64 length) {
    (void)offset, (void)length;
    return {};
  }

  // Whose pages these are: equal for all objects that show the same ones, such as two mappings of a file. What tells
  // apart the futexes in shared memory.
  virtual const void* owner() const { return this; }

  // For /proc/<pid>/maps.
  struct Identity {
    u64 device = 0;
    u64 inode = 0;
  };
  virtual Identity identity() const { return {}; }
  // Path or "/dev/zero (deleted)"-like name, NUL-terminated, cut at size; returns its length.
  virtual u64 name(char* buffer, u64 size) const {
    if (size) buffer[0] = 0;
    return 0;
  }
};

}  // namespace baryon::mm

// Where a program comes from. Implemented over an open file by whoever starts programs, so that the loader
// depends on no file system.
#pragma once

#include <span>

#include "kernel/base/error.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/mm/memory_object.hpp"

namespace baryon::exec {

class ByteSource : public RefCounted {
 public:
  virtual u64 size() const = 0;
  // Fills `out`, which is kernel memory in the direct map, from `offset`. Short only at the end of the file.
  // May block. Called for as long as a mapping of the program exists.
  virtual Result<u64> read_at(u64 offset, std::span<u8> out) = 0;
  // What its private mappings show. Errors: nomem, or what mmap of the file gives.
  virtual Result<Ref<mm::MemoryObject>> mapping();
  // For /proc/<pid>/maps.
  virtual mm::MemoryObject::Identity identity() const { return {}; }
  virtual u64 name(char* buffer, u64 size) const = 0;
};

}  // namespace baryon::exec

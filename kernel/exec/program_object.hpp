// The private pages of a program's file. Every page is read afresh into a frame of its own, which the
// mapping takes over: text that gets rewritten and data that gets written need no second copy.
#pragma once

#include "kernel/exec/byte_source.hpp"

namespace baryon::exec {

class ProgramObject final : public mm::MemoryObject {
 public:
  explicit ProgramObject(Ref<ByteSource> source) : source_(std::move(source)) {}
  Result<PhysAddr> page(u64 offset, bool write) override;
  Result<u32> pages(u64 offset, u32 count, bool write, PhysAddr* out) override;
  Identity identity() const override { return source_->identity(); }
  u64 name(char* buffer, u64 size) const override { return source_->name(buffer, size); }

 private:
  Ref<ByteSource> source_;
};

}  // namespace baryon::exec

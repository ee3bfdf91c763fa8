// A program "file" in memory.
#pragma once

#include <cstring>
#include <vector>

#include "kernel/base/heap.hpp"
#include "kernel/exec/byte_source.hpp"

namespace baryon::exec {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const u8> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  u64 size() const override { return bytes_.size(); }
  Result<u64> read_at(u64 offset, std::span<u8> out) override {
    if (offset >= bytes_.size()) return u64{0};
    u64 length = std::min<u64>(out.size(), bytes_.size() - offset);
    std::memcpy(out.data(), bytes_.data() + offset, length);
    return length;
  }
  u64 name(char* buffer, u64 size) const override {
    if (size) buffer[0] = 0;
    return 0;
  }

 private:
  std::vector<u8> bytes_;
};

inline Ref<ByteSource> memory_source(std::span<const u8> bytes) { return make_ref<MemorySource>(bytes).take(); }

}  // namespace baryon::exec

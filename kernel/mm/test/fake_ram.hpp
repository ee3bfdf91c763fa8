// An arena that stands for guest RAM in unit tests: reads as zero until written, like the real one.
#pragma once

#include <sys/mman.h>

#include <cstdlib>

#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::mm {

class FakeRam {
 public:
  explicit FakeRam(u64 bytes, PhysAddr free_start = 1 << 20, abi::MemoryRange spare = {}) : bytes_(bytes) {
    memory_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ == MAP_FAILED) std::abort();
    direct_map_base = reinterpret_cast<VirtAddr>(memory_);
    abi::MemoryRange range{0, bytes};
    page_allocator_init(&range, 1, free_start, spare);
    table_pool_reset();
    set_release_hook(nullptr);
  }
  ~FakeRam() { munmap(memory_, bytes_); }
  FakeRam(const FakeRam&) = delete;
  FakeRam& operator=(const FakeRam&) = delete;

 private:
  u64 bytes_;
  void* memory_;
};

}  // namespace baryon::mm

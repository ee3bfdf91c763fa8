#include <catch2/catch.hpp>

#include "hypervisor/memory/guest_memory.hpp"

namespace baryon::host {

TEST_CASE("guest memory is zero, aligned and bounded without overflow") {
  const auto memory = GuestMemory::create(4u << 20);
  REQUIRE(memory);
  CHECK(reinterpret_cast<std::uintptr_t>(memory->base()) % abi::kLargePageSize == 0);
  CHECK(*memory->object<std::uint64_t>(memory->size() - 8) == 0);
  CHECK(memory->at(0, memory->size()) == memory->base());
  CHECK(memory->at(memory->size(), 0) != nullptr);
  CHECK(memory->at(0, memory->size() + 1) == nullptr);
  CHECK(memory->at(memory->size() - 1, 2) == nullptr);
  CHECK(memory->at(~0ull, 2) == nullptr);
  CHECK(memory->at(8, ~0ull) == nullptr);
  CHECK(memory->object<std::uint64_t>(4) == nullptr);
  CHECK(memory->object<std::uint64_t>(memory->size() - 4) == nullptr);
  CHECK(memory->array<std::uint64_t>(0, ~0ull / 4) == nullptr);
}

TEST_CASE("guest memory that does not begin at 0 is bounded on both sides") {
  constexpr abi::Gpa kStart = 0x4000'0000;
  const auto memory = GuestMemory::create(4u << 20, kStart);
  REQUIRE(memory);
  CHECK(memory->start() == kStart);
  CHECK(memory->end() == kStart + memory->size());
  CHECK(memory->at(kStart, memory->size()) == memory->base());
  CHECK(memory->at(kStart + 8, 8) == memory->base() + 8);
  CHECK(memory->at(0, 8) == nullptr);
  CHECK(memory->at(kStart - 8, 8) == nullptr);
  CHECK(memory->at(kStart - 8, 16) == nullptr);
  CHECK(memory->at(memory->end() - 8, 16) == nullptr);
  CHECK(memory->object<std::uint64_t>(8) == nullptr);
  CHECK(memory->array<std::uint64_t>(memory->end() - 8, 1) != nullptr);
  CHECK_FALSE(memory->release(0, 4096));
  CHECK_FALSE(GuestMemory::create(4u << 20, 4096));
}

TEST_CASE("released guest memory reads as zero") {
  const auto memory = GuestMemory::create(4u << 20);
  REQUIRE(memory);
  *memory->object<std::uint64_t>(0x5000) = 7;
  *memory->object<std::uint64_t>(0x6000) = 8;
  CHECK(memory->release(0x5000, 0x1000));
  CHECK(*memory->object<std::uint64_t>(0x5000) == 0);
  CHECK(*memory->object<std::uint64_t>(0x6000) == 8);
  CHECK_FALSE(memory->release(0x5008, 0x1000));
  CHECK_FALSE(memory->release(0x5000, 12));
  CHECK_FALSE(memory->release(memory->size(), 0x1000));
}

TEST_CASE("guest memory of an impossible size is refused with the size") {
  CHECK_FALSE(GuestMemory::create(0));
  CHECK_FALSE(GuestMemory::create(100));
  const auto huge = GuestMemory::create(1ull << 60);
  REQUIRE_FALSE(huge);
  CHECK(huge.error().what.find("MiB") != std::string::npos);
}

}  // namespace baryon::host

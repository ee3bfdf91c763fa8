#include <catch2/catch.hpp>

#include "hypervisor/arch/api/guest_arch.hpp"

namespace baryon::host::arch {

namespace {

constexpr std::uint64_t kBase = 0xffff'ff80'0000'0000;
constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kGiB = 1u << 30;

const GuestArch* const kBoth[] = {&guest_arch(Arch::x86_64), &guest_arch(Arch::aarch64)};

abi::Gpa tables_of(const GuestArch& arch) { return arch.ram_base + kMiB; }

GuestMemory memory_of(const GuestArch& arch, std::uint64_t size) {
  auto memory = GuestMemory::create(size, arch.ram_base);
  REQUIRE(memory);
  return std::move(*memory);
}

}  // namespace

TEST_CASE("the direct map covers RAM and the doorbell, and nothing else") {
  for (const GuestArch* const arch : kBoth)
    for (const std::uint64_t size : {16 * kMiB, 17 * kMiB, 16 * kMiB + 4096, 1022 * kMiB, 1024 * kMiB, 8192 * kMiB})
      for (const auto privilege : {abi::Privilege::linked, abi::Privilege::split}) {
        if (arch->id == Arch::aarch64 && privilege == abi::Privilege::linked) continue;
        INFO(arch->name << ", " << size << " bytes, privilege " << static_cast<int>(privilege));
        const GuestMemory memory = memory_of(*arch, size);
        const abi::Gpa tables = tables_of(*arch);
        const MappedRange doorbell_range{.gpa = arch->doorbell_gpa(size), .size = abi::kPageSize, .device = true};
        REQUIRE(arch->build_page_tables(
            memory, tables,
            {.ram_size = size, .direct_map_base = kBase, .privilege = privilege, .extra = {&doorbell_range, 1}}));
        const bool user = privilege == abi::Privilege::linked;

        for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{4096}, size / 2, size - 4096, size - 1}) {
          const Translation found = arch->translate(memory, tables, kBase + arch->ram_base + offset);
          CHECK(found.present);
          CHECK(found.gpa == arch->ram_base + offset);
          CHECK(found.writable);
          CHECK(found.user == user);
          CHECK_FALSE(found.no_execute);
          CHECK_FALSE(found.device);
        }
        CHECK(arch->translate(memory, tables, kBase + arch->ram_base).page_size == abi::kLargePageSize);
        const Translation doorbell = arch->translate(memory, tables, kBase + doorbell_range.gpa);
        CHECK(doorbell.present);
        CHECK(doorbell.gpa == doorbell_range.gpa);
        CHECK(doorbell.page_size == abi::kPageSize);
        CHECK(doorbell.no_execute);
        CHECK(doorbell.device);

        CHECK_FALSE(arch->translate(memory, tables, kBase + doorbell_range.gpa + 4096).present);
        if (doorbell_range.gpa != arch->ram_base + size)
          CHECK_FALSE(arch->translate(memory, tables, kBase + arch->ram_base + size).present);
        CHECK_FALSE(arch->translate(memory, tables, 0).present);
        CHECK_FALSE(arch->translate(memory, tables, 0x7fff'ffff'f000).present);
      }
}

TEST_CASE("an engine's device ranges are mapped by large pages, around a doorbell inside them as well") {
  for (const GuestArch* const arch : kBoth) {
    INFO(arch->name);
    const GuestMemory memory = memory_of(*arch, 64 * kMiB);
    const abi::Gpa devices = arch->ram_base == 0 ? 3 * kGiB : 0;
    const MappedRange inside{.gpa = devices + 5 * kMiB, .size = 2 * abi::kPageSize, .device = true};
    const MappedRange all{.gpa = devices, .size = kGiB, .device = true};
    const MappedRange window{.gpa = 8 * kGiB + 4096, .size = 3 * kMiB, .device = false};
    for (const bool small_first : {true, false}) {
      const MappedRange ranges[] = {small_first ? inside : all, small_first ? all : inside, window};
      const PageTableRequest request{
          .ram_size = memory.size(), .direct_map_base = kBase, .privilege = abi::Privilege::split, .extra = ranges};
      const abi::Gpa tables = tables_of(*arch);
      REQUIRE(memory.release(arch->ram_base, memory.size()));
      REQUIRE(arch->build_page_tables(memory, tables, request));
      for (abi::Gpa gpa = all.gpa; gpa < all.gpa + all.size; gpa += kMiB) {
        const Translation found = arch->translate(memory, tables, kBase + gpa);
        REQUIRE(found.present);
        REQUIRE(found.gpa == gpa);
        REQUIRE(found.device);
        REQUIRE(found.no_execute);
      }
      CHECK(arch->translate(memory, tables, kBase + devices).page_size == abi::kLargePageSize);
      for (abi::Gpa gpa = window.gpa; gpa < window.gpa + window.size; gpa += 4096) {
        const Translation found = arch->translate(memory, tables, kBase + gpa);
        REQUIRE(found.gpa == gpa);
        REQUIRE_FALSE(found.device);
        REQUIRE(found.no_execute);
      }
      CHECK_FALSE(arch->translate(memory, tables, kBase + window.gpa - 4096).present);
      CHECK_FALSE(arch->translate(memory, tables, kBase + window.gpa + window.size).present);
    }
  }
}

TEST_CASE("page tables use what was promised and no more") {
  for (const GuestArch* const arch : kBoth) {
    const std::uint64_t size = 17 * kMiB;
    const GuestMemory memory = memory_of(*arch, size);
    const PageTableRequest request{
        .ram_size = size, .direct_map_base = kBase, .privilege = abi::Privilege::split, .extra = {}};
    auto* const behind = memory.object<std::uint64_t>(tables_of(*arch) + arch->page_table_bytes(request));
    *behind = 0x1234;
    REQUIRE(arch->build_page_tables(memory, tables_of(*arch), request));
    CHECK(*behind == 0x1234);
  }
}

TEST_CASE("impossible page tables are refused") {
  for (const GuestArch* const arch : kBoth) {
    INFO(arch->name);
    const GuestMemory memory = memory_of(*arch, 16 * kMiB);
    const abi::Gpa tables = tables_of(*arch);
    const auto build = [&](abi::Gpa where, std::uint64_t ram, std::uint64_t base, const MappedRange& range = {}) {
      return arch
          ->build_page_tables(
              memory, where,
              {.ram_size = ram, .direct_map_base = base, .privilege = abi::Privilege::split, .extra = {&range, 1}})
          .has_value();
    };
    CHECK(build(tables, 16 * kMiB, kBase));
    CHECK_FALSE(build(tables + 8, 16 * kMiB, kBase));
    CHECK_FALSE(build(arch->ram_base + 16 * kMiB, 16 * kMiB, kBase));
    CHECK_FALSE(build(tables, 16 * kMiB, 0));
    CHECK_FALSE(build(tables, 16 * kMiB, kBase + 4096));
    CHECK_FALSE(build(tables, arch->max_ram * 2, kBase));
    CHECK_FALSE(build(tables, 16 * kMiB, kBase, {.gpa = arch->ram_base, .size = 4096, .device = true}));
    CHECK_FALSE(build(tables, 16 * kMiB, kBase, {.gpa = arch->map_limit, .size = 4096, .device = true}));
    CHECK_FALSE(build(tables, 16 * kMiB, kBase, {.gpa = 4096, .size = ~0ull - 4095, .device = true}));
  }
}

TEST_CASE("a walk of tables that lead outside memory finds nothing") {
  for (const GuestArch* const arch : kBoth) {
    const GuestMemory memory = memory_of(*arch, 4 * kMiB);
    *memory.object<std::uint64_t>(arch->ram_base) = 0x000f'ffff'ffff'f007;
    CHECK_FALSE(arch->translate(memory, arch->ram_base, kBase & ~((1ull << 39) - 1)).present);
    CHECK_FALSE(arch->translate(memory, 64 * kMiB + 64 * kGiB, kBase).present);
  }
}

}  // namespace baryon::host::arch

#include <catch2/catch.hpp>

#include "hypervisor/arch/x86_64/layout.hpp"
#include "hypervisor/arch/x86_64/page_tables.hpp"

namespace baryon::host::arch {

namespace {
constexpr std::uint64_t kBase = 0xffff'ff80'0000'0000;
constexpr std::uint64_t kMiB = 1u << 20;
constexpr abi::Gpa kTables = 1 * kMiB;
}  // namespace

TEST_CASE("the direct map covers RAM and the doorbell, and nothing else") {
  for (const std::uint64_t size : {16 * kMiB, 17 * kMiB, 16 * kMiB + 4096, 1022 * kMiB, 1024 * kMiB, 8192 * kMiB})
    for (const auto privilege : {abi::Privilege::linked, abi::Privilege::split}) {
      INFO(size << " bytes, privilege " << static_cast<int>(privilege));
      const auto memory = GuestMemory::create(size);
      REQUIRE(memory);
      REQUIRE(
          build_page_tables(*memory, kTables, {.ram_size = size, .direct_map_base = kBase, .privilege = privilege}));
      const bool user = privilege == abi::Privilege::linked;

      for (const abi::Gpa gpa : {abi::Gpa{0}, abi::Gpa{4096}, size / 2, size - 4096, size - 1}) {
        const Translation found = translate(*memory, kTables, kBase + gpa);
        CHECK(found.present);
        CHECK(found.gpa == gpa);
        CHECK(found.writable);
        CHECK(found.user == user);
        CHECK_FALSE(found.no_execute);
      }
      const Translation doorbell = translate(*memory, kTables, kBase + doorbell_gpa(size));
      CHECK(doorbell.present);
      CHECK(doorbell.gpa == doorbell_gpa(size));
      CHECK(doorbell.page_size == abi::kPageSize);
      CHECK(doorbell.no_execute);

      CHECK_FALSE(translate(*memory, kTables, kBase + doorbell_gpa(size) + 4096).present);
      if (doorbell_gpa(size) != size) CHECK_FALSE(translate(*memory, kTables, kBase + size).present);
      CHECK_FALSE(translate(*memory, kTables, 0).present);
      CHECK_FALSE(translate(*memory, kTables, 0x7fff'ffff'f000).present);
    }
}

TEST_CASE("page tables use what was promised and no more") {
  const std::uint64_t size = 17 * kMiB;
  const auto memory = GuestMemory::create(size);
  REQUIRE(memory);
  auto* const behind = memory->object<std::uint64_t>(kTables + page_table_bytes(size));
  *behind = 0x1234;
  REQUIRE(build_page_tables(*memory, kTables,
                            {.ram_size = size, .direct_map_base = kBase, .privilege = abi::Privilege::split}));
  CHECK(*behind == 0x1234);
}

TEST_CASE("impossible page tables are refused") {
  const auto memory = GuestMemory::create(16 * kMiB);
  REQUIRE(memory);
  const auto build = [&](abi::Gpa tables, std::uint64_t ram, std::uint64_t base) {
    return build_page_tables(*memory, tables,
                             {.ram_size = ram, .direct_map_base = base, .privilege = abi::Privilege::split})
        .has_value();
  };
  CHECK_FALSE(build(kTables + 8, 16 * kMiB, kBase));
  CHECK_FALSE(build(16 * kMiB, 16 * kMiB, kBase));
  CHECK_FALSE(build(kTables, 16 * kMiB, 0));
  CHECK_FALSE(build(kTables, 16 * kMiB, kBase + 4096));
  CHECK_FALSE(build(kTables, kMaxRam * 2, kBase));
}

TEST_CASE("a walk of tables that lead outside memory finds nothing") {
  const auto memory = GuestMemory::create(4 * kMiB);
  REQUIRE(memory);
  *memory->object<std::uint64_t>(0) = 0x000f'ffff'ffff'f007;
  CHECK_FALSE(translate(*memory, 0, 0).present);
  CHECK_FALSE(translate(*memory, 64 * kMiB, 0).present);
}

}  // namespace baryon::host::arch

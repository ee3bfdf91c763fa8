#include <unistd.h>

#include <catch2/catch.hpp>

#include "hypervisor/config/option_table.hpp"
#include "hypervisor/engine/kind.hpp"

using namespace baryon::host;

TEST_CASE("every engine of the list is found, under its own name, and keeps to its own rows") {
  std::size_t rows = 0;
  for (const EngineKind* const kind : engine_kinds()) {
    CHECK(kind->id() != Engine::auto_);
    CHECK(&engine_kind(kind->id()) == kind);
    CHECK_FALSE(kind->combinations().empty());
    for (const Combination& row : kind->combinations()) CHECK(row.engine == kind->id());
    rows += kind->combinations().size();
  }
  CHECK(support_matrix().size() == rows);
  CHECK(find_option("engine")->choices.size() == engine_kinds().size() + 1);
}

TEST_CASE("the support matrix has no row twice and no auto") {
  for (const Combination& row : support_matrix()) {
    CHECK(row.privilege != Privilege::auto_);
    CHECK(find_combination(row.engine, row.privilege, row.arch) == &row);
  }
  CHECK(find_combination(Engine::tcg, Privilege::linked, Arch::aarch64) == nullptr);
}

TEST_CASE("an engine says of every row whether it is available, and why") {
  for (const Combination& row : support_matrix()) {
    CAPTURE(to_string(row.engine), to_string(row.privilege), to_string(row.arch));
    const Availability found = engine_kind(row.engine).availability(row);
    CHECK_FALSE(found.reason.empty());
    if (row.engine == Engine::kvm && row.arch != kHostArch) CHECK_FALSE(found.usable);
    if (row.engine == Engine::kvm && ::access("/dev/kvm", R_OK | W_OK) != 0) CHECK_FALSE(found.usable);
  }
}

TEST_CASE("the automatic choice is the first engine that is available, and its advice is a row that is") {
  for (const Arch arch : {Arch::x86_64, Arch::aarch64}) {
    CAPTURE(to_string(arch));
    const EngineChoice chosen = choose_engine(arch);
    CHECK_FALSE(chosen.why.empty());
    for (const EngineKind* const kind : engine_kinds()) {
      bool available = false;
      for (const Combination& row : kind->combinations())
        available |= row.arch == arch && kind->availability(row).usable;
      if (available) {
        REQUIRE(chosen.kind == kind);
        const Combination* const row = find_combination(kind->id(), kind->advise(arch).privilege, arch);
        REQUIRE(row != nullptr);
        CHECK(kind->availability(*row).usable);
        break;
      }
      CHECK(chosen.kind != kind);
      CHECK(chosen.why.find(to_string(kind->id())) != std::string::npos);
    }
  }
}

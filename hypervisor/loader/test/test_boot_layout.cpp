#include <algorithm>
#include <catch2/catch.hpp>

#include "hypervisor/arch/api/guest_arch.hpp"
#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/loader/boot_page.hpp"
#include "hypervisor/loader/test/kernel_file_maker.hpp"
#include "kernel/abi/log_ring.hpp"
#include "kernel/abi/qcall.hpp"
#include "kernel/abi/stats.hpp"

namespace baryon::host {

namespace {

KernelImage image(Arch arch = Arch::x86_64) {
  const arch::GuestArch& guest = arch::guest_arch(arch);
  test::KernelFile file;
  if (arch != Arch::x86_64) file.move_to(guest);
  return parse_kernel_image(file.bytes(), guest).value();
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges(const BootLayout& l, const KernelImage& kernel) {
  const std::uint64_t n = l.vcpus;
  return {{kernel.begin, kernel.end - kernel.begin},
          {l.page_tables, l.arch->page_table_bytes(l.page_table_request(abi::Privilege::split))},
          {l.shared_tables, l.arch->shared_table_bytes},
          {l.boot_page, 4096},
          {l.clock, 4096},
          {l.sandbox, 4096},
          {l.control, 4096},
          {l.vcpu_pages, n * 4096},
          {l.vcpu_areas, n * l.arch->vcpu_area_bytes},
          {l.queues, n * abi::kQueueSize},
          {l.stats, n * abi::kStatsSize},
          {l.stacks, n * 2 * abi::kBootStackSize},
          {l.log_ring, sizeof(abi::LogRing)},
          {l.strings, 5000}};
}

}  // namespace

TEST_CASE("what the host places is page aligned, apart, and below free_start") {
  for (const Arch arch : {Arch::x86_64, Arch::aarch64})
    for (const std::uint64_t size : {16 * kMiB, 17 * kMiB + 4096, 512 * kMiB, 1024 * kMiB, 3000 * kMiB, 8192 * kMiB})
      for (const std::uint32_t vcpus : {1u, 2u, 64u}) {
        const auto layout = plan_boot(image(arch), size, vcpus, 5000);
        INFO(size << " bytes, " << vcpus << " vCPUs, architecture " << static_cast<int>(arch));
        REQUIRE(layout);
        auto all = ranges(*layout, image(arch));
        std::ranges::sort(all);
        std::uint64_t end = layout->ram_base + abi::kPageSize;  // the first page is nobody's
        for (const auto& [start, length] : all) {
          CHECK(start % abi::kPageSize == 0);
          CHECK(start >= end);
          end = start + length;
        }
        CHECK(layout->free_start >= end);
        const abi::MemoryRange spare = layout->spare;
        CHECK(spare.base % abi::kPageSize == 0);
        for (const auto& [start, length] : all)
          CHECK((spare.size == 0 || spare.base >= start + length || spare.base + spare.size <= start));
        CHECK(layout->free_start < layout->ram_end());
        CHECK((layout->doorbell < layout->ram_base || layout->doorbell >= layout->ram_end()));
      }
}

TEST_CASE("one vCPU's structures and the kernel share the first 2 MiB") {
  CHECK(plan_boot(image(), 512 * kMiB, 1, 5000)->free_start <= 2 * kMiB);
}

TEST_CASE("an engine that provides RAM on demand has what was placed and some room from the start") {
  CHECK(plan_boot(image(), 512 * kMiB, 1, 5000)->ready_end == plan_boot(image(), 512 * kMiB, 1, 5000)->ram_end());
  const PlatformNeeds lazy{.ram_on_demand = true};
  for (const std::uint64_t strings : {std::uint64_t{0}, 40 * kMiB})
    for (const std::uint64_t ram : {64 * kMiB, 512 * kMiB}) {
      const auto layout = plan_boot(image(), ram, 64, strings, lazy);
      CHECK(layout->ready_end >= std::min(layout->ram_end(), layout->free_start + 4 * kMiB));
      CHECK(layout->ready_end <= layout->ram_end());
      CHECK((layout->ready_end == layout->ram_end() || layout->ready_end % (2 * kMiB) == 0));
    }
  CHECK(plan_boot(image(), 512 * kMiB, 1, 5000, lazy)->ready_end < 64 * kMiB);
}

TEST_CASE("impossible layouts are refused") {
  CHECK_FALSE(plan_boot(image(), 2 * kMiB, 1, 0));
  CHECK_FALSE(plan_boot(image(), 4 * kMiB, 64, 0));
  CHECK_FALSE(plan_boot(image(), 512 * kMiB + 1, 1, 0));
  CHECK_FALSE(plan_boot(image(), 512 * kMiB, 0, 0));
  CHECK_FALSE(plan_boot(image(), 512 * kMiB, 65, 0));
  CHECK_FALSE(plan_boot(image(), 512 * kMiB, 1, ~0ull));
  CHECK_FALSE(plan_boot(image(), arch::guest_arch(Arch::x86_64).max_ram + 4096, 1, 0));
}

TEST_CASE("the boot page holds strings and mounts as given") {
  const auto memory = GuestMemory::create(32 * kMiB);
  REQUIRE(memory);
  BootContents contents;
  contents.program = {"/bin/x", "x", "", "three words here"};
  contents.environment = {"A=1"};
  contents.mounts = {{.path = "/", .kind = abi::MountKind::hostfs, .read_only = true, .host_handle = 3},
                     {.path = "/tmp", .kind = abi::MountKind::tmpfs}};
  contents.working_directory = "/somewhere";
  contents.host_name = "name";
  const auto layout = plan_boot(image(), memory->size(), 2, string_table_bytes(contents));
  REQUIRE(layout);
  REQUIRE(fill_boot(*memory, *layout, image(), contents));

  const auto& page = *memory->object<abi::BootPage>(layout->boot_page);
  CHECK(page.magic == abi::kBootMagic);
  CHECK(page.vcpus == 2);
  CHECK(page.ranges[0].size == memory->size());
  CHECK(std::string(page.working_directory) == "/somewhere");
  CHECK(std::ranges::any_of(page.entropy, [](auto byte) { return byte != 0; }));
  REQUIRE(page.mount_count == 2);
  CHECK(page.mounts[0].flags == abi::kMountReadOnly);
  CHECK(page.mounts[1].kind == abi::MountKind::tmpfs);

  const auto strings = [&](const abi::StringTable& table) {
    std::vector<std::string> found;
    const auto* const bytes = reinterpret_cast<const char*>(memory->at(table.gpa, table.size));
    for (abi::u32 i = 0; i < table.count; ++i) {
      abi::u32 offset;
      std::memcpy(&offset, bytes + i * sizeof offset, sizeof offset);
      found.emplace_back(bytes + offset);
    }
    return found;
  };
  CHECK(strings(page.program) == contents.program);
  CHECK(strings(page.environment) == contents.environment);
  CHECK(strings(page.mount_paths) == std::vector<std::string>{"/", "/tmp"});

  contents.working_directory.assign(512, 'x');
  CHECK_FALSE(fill_boot(*memory, *layout, image(), contents));
  contents.working_directory = "/";
  contents.mounts.resize(abi::kMaxMounts + 1);
  CHECK_FALSE(fill_boot(*memory, *layout, image(), contents));
}

}  // namespace baryon::host

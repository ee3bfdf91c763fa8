#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "hypervisor/loader/kernel_image.hpp"
#include "hypervisor/loader/test/kernel_file_maker.hpp"

namespace baryon::host {

using test::KernelFile;

namespace {
const arch::GuestArch& kX86 = arch::guest_arch(Arch::x86_64);
}

TEST_CASE("a correct kernel image is parsed and copied, its BSS zero") {
  const auto file = KernelFile().bytes();
  const auto image = parse_kernel_image(file, kX86);
  if (!image) FAIL(image.error().what);
  CHECK(image->direct_map_base == test::kKernelBase);
  CHECK(image->begin == test::kKernelGpa);
  CHECK(image->end == test::kKernelGpa + 0x4000);
  REQUIRE(image->segments.size() == 1);

  const auto memory = GuestMemory::create(4u << 20);
  REQUIRE(memory);
  REQUIRE(copy_kernel_image(file, *image, *memory));
  CHECK(std::memcmp(memory->at(test::kKernelGpa, test::kSegmentBytes), file.data() + test::kSegmentOffset,
                    test::kSegmentBytes) == 0);
}

TEST_CASE("an image that RAM cannot hold is not copied") {
  const auto file = KernelFile().bytes();
  const auto image = parse_kernel_image(file, kX86);
  REQUIRE(image);
  const auto memory = GuestMemory::create(test::kKernelGpa + 0x2000);
  REQUIRE(memory);
  CHECK_FALSE(copy_kernel_image(file, *image, *memory));
}

TEST_CASE("every kind of damage is refused") {
  const std::pair<const char*, std::function<void(KernelFile&)>> kinds[] = {
      {"magic", [](KernelFile& k) { k.elf.e_ident[0] = 0; }},
      {"32 bit", [](KernelFile& k) { k.elf.e_ident[EI_CLASS] = ELFCLASS32; }},
      {"big endian", [](KernelFile& k) { k.elf.e_ident[EI_DATA] = ELFDATA2MSB; }},
      {"machine", [](KernelFile& k) { k.elf.e_machine = EM_AARCH64; }},
      {"relocatable", [](KernelFile& k) { k.elf.e_type = ET_REL; }},
      {"no program headers", [](KernelFile& k) { k.elf.e_phnum = 0; }},
      {"too many program headers", [](KernelFile& k) { k.elf.e_phnum = 65535; }},
      {"program header size", [](KernelFile& k) { k.elf.e_phentsize = 1; }},
      {"program headers beyond the end", [](KernelFile& k) { k.elf.e_phoff = 0x3ff0; }},
      {"program header offset overflows", [](KernelFile& k) { k.elf.e_phoff = ~0ull - 8; }},
      {"dynamic", [](KernelFile& k) { k.program.p_type = PT_DYNAMIC; }},
      {"nothing to load", [](KernelFile& k) { k.program.p_type = PT_NOTE; }},
      {"segment beyond the end", [](KernelFile& k) { k.program.p_offset = 0x2000; }},
      {"segment offset overflows", [](KernelFile& k) { k.program.p_offset = ~0ull - 0x100; }},
      {"file size beyond memory size", [](KernelFile& k) { k.program.p_memsz = 0x100; }},
      {"memory size overflows", [](KernelFile& k) { k.program.p_memsz = ~0ull; }},
      {"physical address too high", [](KernelFile& k) { k.program.p_paddr = 1ull << 40; }},
      {"misaligned", [](KernelFile& k) { k.program.p_paddr += 8, k.program.p_vaddr += 8; }},
      {"lower half", [](KernelFile& k) { k.program.p_vaddr = k.program.p_paddr; }},
      {"direct map inside a top-level slot", [](KernelFile& k) { k.program.p_vaddr += 1ull << 30; }},
      {"header magic", [](KernelFile& k) { k.header.magic ^= 1; }},
      {"header version", [](KernelFile& k) { ++k.header.version; }},
      {"header machine", [](KernelFile& k) { k.header.machine = 183; }},
      {"boot entry outside", [](KernelFile& k) { k.header.boot_entry = 0; }},
      {"secondary entry outside", [](KernelFile& k) { k.header.secondary_entry = k.header.image_end + 1; }},
      {"vectors reach beyond the end", [](KernelFile& k) { k.header.vectors_split = k.header.image_end - 0x800; }},
      {"system call entry outside", [](KernelFile& k) { k.header.syscall_linked = ~0ull; }},
      {"end before the segments' end", [](KernelFile& k) { k.header.image_end -= 0x1000; }},
      {"end misaligned", [](KernelFile& k) { k.header.image_end += 8; }},
      {"end overflows", [](KernelFile& k) { k.header.image_end = 0x1000; }},
  };
  for (const auto& [name, damage] : kinds) {
    INFO(name);
    KernelFile kernel;
    damage(kernel);
    const auto image = parse_kernel_image(kernel.bytes(), kX86);
    CHECK_FALSE(image.has_value());
    if (!image) CHECK_FALSE(image.error().what.empty());
  }
}

TEST_CASE("an image for another architecture is refused, for its own it is accepted") {
  const arch::GuestArch& arm = arch::guest_arch(Arch::aarch64);
  KernelFile kernel;
  CHECK_FALSE(parse_kernel_image(kernel.bytes(), arm).has_value());
  kernel.move_to(arm);
  CHECK_FALSE(parse_kernel_image(kernel.bytes(), kX86).has_value());
  const auto image = parse_kernel_image(kernel.bytes(), arm);
  if (!image) FAIL(image.error().what);
  CHECK(image->begin == arm.ram_base + test::kKernelGpa);
  kernel.header.vectors_split += 0x100;  // VBAR_EL1 needs 2 KiB
  CHECK_FALSE(parse_kernel_image(kernel.bytes(), arm).has_value());
}

TEST_CASE("every truncation of an image is refused") {
  const auto file = KernelFile().bytes();
  for (std::size_t length = 0; length < file.size(); length += length < 0x1100 ? 1 : 97)
    CHECK_FALSE(parse_kernel_image(std::span(file).first(length), kX86).has_value());
}

TEST_CASE("random bits of the headers flipped: refused, or safe to copy") {
  std::mt19937 random(1);  // fixed: a failure can be repeated
  const auto memory = GuestMemory::create(4u << 20);
  REQUIRE(memory);
  for (int round = 0; round < 3000; ++round) {
    auto file = KernelFile().bytes();
    for (int flips = 0; flips < 3; ++flips) {
      const std::size_t at = random() % 3 == 0 ? test::kSegmentOffset + random() % sizeof(abi::KernelHeader)
                                               : random() % (sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr));
      file[at] ^= static_cast<std::byte>(1u << random() % 8);
    }
    if (const auto image = parse_kernel_image(file, kX86)) static_cast<void>(copy_kernel_image(file, *image, *memory));
  }
}

}  // namespace baryon::host

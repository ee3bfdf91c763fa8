#include "hypervisor/loader/kernel_image.hpp"

#include <elf.h>

#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "hypervisor/support/format.hpp"
#include "kernel/abi/version.hpp"

namespace baryon::host {

namespace {

using u64 = std::uint64_t;

constexpr const char* kRebuildHint = "reinstall baryon: the kernel and the program belong together";
constexpr unsigned kMaxProgramHeaders = 64;

std::unexpected<Error> refuse(std::string why) {
  return fail("the guest kernel image is damaged: " + why, kRebuildHint);
}

// A T at `offset` of the file, copied: the file need not be aligned. False when it would reach beyond the end.
template <class T>
bool read_at(std::span<const std::byte> file, u64 offset, T& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > file.size() || file.size() - offset < sizeof(T)) return false;
  std::memcpy(&out, file.data() + offset, sizeof(T));
  return true;
}

Expected<Elf64_Ehdr> read_elf_header(std::span<const std::byte> file, const arch::GuestArch& arch) {
  Elf64_Ehdr elf;
  if (!read_at(file, 0, elf)) return refuse(fmt::format("{} bytes are too few for an ELF header", file.size()));
  if (std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0) return refuse("it is not an ELF file");
  if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_ident[EI_DATA] != ELFDATA2LSB)
    return refuse("it is not a 64-bit little-endian ELF file");
  if (elf.e_type != ET_EXEC) return refuse(fmt::format("its ELF type is {}, not an executable's (2)", elf.e_type));
  if (elf.e_machine != arch.elf_machine)
    return refuse(fmt::format("it is for machine {}, not for {} ({})", elf.e_machine, arch.name, arch.elf_machine));
  if (elf.e_phentsize != sizeof(Elf64_Phdr) || elf.e_phnum == 0 || elf.e_phnum > kMaxProgramHeaders)
    return refuse(fmt::format("it has {} program headers of {} bytes", elf.e_phnum, elf.e_phentsize));
  return elf;
}

// One PT_LOAD, checked against file, previous segment and the direct map.
Expected<void> add_segment(std::span<const std::byte> file, const Elf64_Phdr& program, KernelImage& image) {
  const auto bad = [&](const char* why) { return refuse(fmt::format("segment at {:#x} {}", program.p_paddr, why)); };
  if (program.p_filesz > program.p_memsz) return bad("is longer in the file than in memory");
  if (program.p_offset > file.size() || program.p_filesz > file.size() - program.p_offset)
    return bad("reaches beyond the end of the file");
  const u64 offset = program.p_paddr - image.arch->ram_base;  // wraps below RAM
  if (offset > kMaxImageEnd || program.p_memsz > kMaxImageEnd - offset)
    return bad("lies outside the first 64 MiB of memory");

  const u64 base = program.p_vaddr - program.p_paddr;  // modulo 2^64; checked just below
  if (image.segments.empty()) {
    if (program.p_paddr % abi::kPageSize != 0) return bad("is first and not page aligned");
    if (!image.arch->valid_direct_map_base(base)) return bad("asks for an impossible direct map");
    image.direct_map_base = base;
    image.begin = program.p_paddr;
  } else {
    const KernelSegment& previous = image.segments.back();
    if (base != image.direct_map_base) return bad("disagrees with the first one about the direct map");
    if (program.p_paddr < previous.gpa + previous.memory_size) return bad("overlaps the one before it");
  }
  image.segments.push_back({.file_offset = program.p_offset,
                            .file_size = program.p_filesz,
                            .gpa = program.p_paddr,
                            .memory_size = program.p_memsz});
  return {};
}

Expected<void> check_header(KernelImage& image) {
  const abi::KernelHeader& header = image.header;
  if (header.magic != abi::kKernelMagic) return refuse("its first segment does not begin with the kernel header");
  if (header.version != abi::kVersion)
    return fail(fmt::format("the guest kernel speaks version {} of the contract, this program version {}",
                            header.version, abi::kVersion),
                kRebuildHint);
  if (header.machine != image.arch->elf_machine)
    return refuse(fmt::format("its header names machine {}", header.machine));

  const KernelSegment& last = image.segments.back();
  const u64 end = header.image_end - image.direct_map_base;
  if (header.image_end < image.direct_map_base || end % abi::kPageSize != 0 ||
      end - image.arch->ram_base > kMaxImageEnd || end < last.gpa + last.memory_size)
    return refuse(fmt::format("its end {:#x} contradicts its segments", header.image_end));
  image.end = end;

  const auto inside = [&](u64 address, u64 length) {
    const u64 first = image.direct_map_base + image.begin;
    return address >= first && address <= header.image_end && length <= header.image_end - address;
  };
  for (const arch::EntryPoint& entry : image.arch->entry_points(header)) {
    if (!inside(entry.address, entry.bytes))
      return refuse(fmt::format("its {} {:#x} lies outside the image", entry.name, entry.address));
    if (entry.address % entry.alignment != 0)
      return refuse(fmt::format("its {} {:#x} is not aligned to {} bytes", entry.name, entry.address, entry.alignment));
  }
  return {};
}

}  // namespace

Expected<KernelImage> parse_kernel_image(std::span<const std::byte> file, const arch::GuestArch& arch) {
  const Elf64_Ehdr elf = BARYON_TRY(read_elf_header(file, arch));
  KernelImage image{};
  image.arch = &arch;
  for (unsigned i = 0; i < elf.e_phnum; ++i) {
    Elf64_Phdr program;
    if (elf.e_phoff > file.size() || !read_at(file, elf.e_phoff + i * sizeof program, program))
      return refuse("its program headers reach beyond the end of the file");
    if (program.p_type == PT_INTERP || program.p_type == PT_DYNAMIC)
      return refuse("it wants a dynamic linker; link it statically at a fixed address");
    if (program.p_type != PT_LOAD || program.p_memsz == 0) continue;
    if (auto added = add_segment(file, program, image); !added) return std::unexpected(added.error());
  }
  if (image.segments.empty()) return refuse("it has no loadable segment");

  const KernelSegment& first = image.segments.front();
  if (first.file_size < sizeof(abi::KernelHeader) || !read_at(file, first.file_offset, image.header))
    return refuse("its first segment is too short for the kernel header");
  BARYON_TRY(check_header(image));
  return image;
}

Expected<void> copy_kernel_image(std::span<const std::byte> file, const KernelImage& image, const GuestMemory& memory) {
  for (const KernelSegment& segment : image.segments) {
    std::byte* const target = memory.at(segment.gpa, segment.memory_size);
    if (target == nullptr)
      return fail(fmt::format("guest memory of {} KiB is too small for the guest kernel, which ends at {} KiB",
                              memory.size() >> 10, image.end >> 10),
                  "give it more with --memory");
    std::memcpy(target, file.data() + segment.file_offset, segment.file_size);
  }
  return {};
}

}  // namespace baryon::host

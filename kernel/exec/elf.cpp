#include "kernel/exec/elf.hpp"

#include <cstring>

namespace baryon::exec {
namespace {

// Header fields by offset (elf.h: Elf64_Ehdr, Elf64_Phdr).
template <class T>
T field(std::span<const u8> bytes, u64 offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

constexpr u16 kTypeExec = 2, kTypeDyn = 3;
constexpr u32 kPtLoad = 1, kPtInterp = 3, kPtGnuStack = 0x6474e551;
constexpr u32 kPfExec = 1, kPfWrite = 2, kPfRead = 4;
constexpr u64 kLongestInterpreter = 4096;

bool fail(ElfError& error, const char* reason, Errno code = Errno::noexec) {
  error = {code, reason};
  return false;
}

struct ProgramHeader {
  u32 type, flags;
  u64 offset, address, file_size, memory_size, alignment;
};

ProgramHeader header_at(std::span<const u8> table, u64 index) {
  auto bytes = table.subspan(index * kProgramHeaderSize, kProgramHeaderSize);
  return {field<u32>(bytes, 0),  field<u32>(bytes, 4),  field<u64>(bytes, 8), field<u64>(bytes, 16),
          field<u64>(bytes, 32), field<u64>(bytes, 40), field<u64>(bytes, 48)};
}

bool add_segment(const ProgramHeader& h, u64 file_size, u64 address_limit, ElfImage& out, ElfError& error) {
  if (h.file_size > h.memory_size) return fail(error, "a segment is larger in the file than in memory");
  if (h.memory_size == 0) return true;
  if (out.segment_count == kMaxSegments) return fail(error, "too many loadable segments");
  if (h.file_size && (h.offset > file_size || h.file_size > file_size - h.offset))
    return fail(error, "a segment lies beyond the end of the file (truncated?)");
  if (h.memory_size > address_limit || h.address > address_limit - h.memory_size)
    return fail(error, "a segment lies outside the address space");
  if (h.file_size && ((h.offset ^ h.address) & (kPageSize - 1)))
    return fail(error, "a segment's file offset and address differ within the page");
  // p_align beyond a large page is a wish that costs address space only.
  if (h.alignment & (h.alignment - 1)) return fail(error, "a segment's alignment is no power of two");
  if (h.memory_size > kLargestSegment) return fail(error, "a segment is larger than any sandbox's memory");
  u64 low = align_down(h.address, kPageSize), high = align_up(h.address + h.memory_size, kPageSize);
  if (high > address_limit) return fail(error, "a segment lies outside the address space");
  if (out.segment_count && low < out.high) return fail(error, "segments overlap or are not in ascending order");
  if (out.segment_count == 0) out.low = low;
  out.high = high;
  if (h.alignment > out.alignment) out.alignment = h.alignment < kLargePageSize ? h.alignment : kLargePageSize;
  u32 prot = ((h.flags & kPfRead) ? 1u : 0) | ((h.flags & kPfWrite) ? 2u : 0) | ((h.flags & kPfExec) ? 4u : 0);
  out.segments[out.segment_count++] = {h.address, h.offset, h.file_size, h.memory_size, prot};
  u64 table_size = out.header_count * kProgramHeaderSize;
  if (!out.headers_address && out.headers_offset >= h.offset && h.file_size >= table_size &&
      out.headers_offset - h.offset <= h.file_size - table_size)
    out.headers_address = h.address + (out.headers_offset - h.offset);
  return true;
}

}  // namespace

bool parse_elf_header(std::span<const u8> header, u64 file_size, u16 machine, ElfHeaders& out, ElfError& error) {
  if (header.size() < 4 || std::memcmp(header.data(), "\177ELF", 4) != 0) return fail(error, "not an ELF file");
  if (header.size() < kElfHeaderSize || file_size < kElfHeaderSize) return fail(error, "ELF header truncated");
  if (header[4] != 2) return fail(error, "not a 64-bit ELF file");
  if (header[5] != 1) return fail(error, "not a little-endian ELF file");
  if (header[6] != 1 || field<u32>(header, 20) != 1) return fail(error, "unknown ELF version");
  if (field<u16>(header, 18) != machine) return fail(error, "ELF file for another architecture");
  u16 type = field<u16>(header, 16);
  if (type != kTypeExec && type != kTypeDyn) return fail(error, "ELF file is not an executable");
  if (field<u16>(header, 54) != kProgramHeaderSize) return fail(error, "unexpected size of ELF program headers");
  out.count = field<u16>(header, 56);
  if (out.count == 0 || out.count > kMaxProgramHeaders) return fail(error, "implausible number of ELF program headers");
  out.offset = field<u64>(header, 32);
  if (out.offset > file_size || out.count * kProgramHeaderSize > file_size - out.offset)
    return fail(error, "ELF program headers lie beyond the end of the file (truncated?)");
  out.position_independent = type == kTypeDyn;
  out.entry = field<u64>(header, 24);
  return true;
}

bool parse_program_headers(const ElfHeaders& headers, std::span<const u8> table, u64 file_size, u64 address_limit,
                           ElfImage& out, ElfError& error) {
  out = {};
  out.position_independent = headers.position_independent;
  out.entry = headers.entry;
  out.headers_offset = headers.offset;
  out.header_count = headers.count;
  out.alignment = kPageSize;
  out.executable_stack = false;  // what Linux assumes on x86-64 and aarch64 without PT_GNU_STACK
  if (table.size() < headers.count * kProgramHeaderSize) return fail(error, "ELF program headers truncated");
  for (u64 i = 0; i < headers.count; i++) {
    ProgramHeader h = header_at(table, i);
    if (h.type == kPtLoad) {
      if (!add_segment(h, file_size, address_limit, out, error)) return false;
    } else if (h.type == kPtInterp) {
      if (out.has_interpreter) return fail(error, "more than one program interpreter");
      if (h.file_size < 2 || h.file_size > kLongestInterpreter || h.offset > file_size ||
          h.file_size > file_size - h.offset)
        return fail(error, "implausible program interpreter");
      out.has_interpreter = true;
      out.interpreter_offset = h.offset;
      out.interpreter_size = h.file_size;
    } else if (h.type == kPtGnuStack) {
      out.executable_stack = h.flags & kPfExec;
    }
  }
  if (out.segment_count == 0) return fail(error, "no loadable segment");
  for (u32 i = 0; i < out.segment_count; i++) {
    const ElfSegment& s = out.segments[i];
    if ((s.prot & 4) && out.entry >= s.address && out.entry < s.address + s.memory_size) return true;
  }
  return fail(error, "the entry point lies in no executable segment");
}

}  // namespace baryon::exec

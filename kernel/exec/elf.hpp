// ELF64 executables: a pure function over the file's first bytes, safe on any input.
//
// What is accepted: ET_EXEC and ET_DYN of the right machine, little endian, with program headers that make
// sense (elf(5), System V gABI chapter 5). Everything that the loader later relies on is checked here.
#pragma once

#include <span>

#include "kernel/base/error.hpp"
#include "kernel/base/types.hpp"

namespace baryon::exec {

inline constexpr u32 kMaxSegments = 64;
inline constexpr u32 kMaxProgramHeaders = 256;
inline constexpr u64 kProgramHeaderSize = 56;
inline constexpr u64 kElfHeaderSize = 64;
// No sandbox can hold more: the kernel's direct map of RAM is one entry of the topmost page table.
inline constexpr u64 kLargestSegment = u64{512} << 30;

// One PT_LOAD. Addresses are the file's own (before a load bias).
struct ElfSegment {
  u64 address;      // first byte
  u64 file_offset;  // congruent to address modulo the page size if file_size > 0
  u64 file_size;
  u64 memory_size;  // >= file_size, > 0
  u32 prot;         // PROT_* bits
};

struct ElfImage {
  bool position_independent;  // ET_DYN
  u64 entry;
  u64 headers_offset;  // of the program headers in the file
  u16 header_count;
  u64 headers_address;  // where they are in memory (AT_PHDR); 0 if no segment contains them
  u64 low, high;        // page-rounded range that the segments take
  u64 alignment;        // largest p_align, a power of two, at least a page, at most 2 MiB
  bool executable_stack;
  bool has_interpreter;
  u64 interpreter_offset, interpreter_size;
  u32 segment_count;
  ElfSegment segments[kMaxSegments];  // ascending, not overlapping in pages
};

// Where the program headers are, from the file's first kElfHeaderSize bytes.
struct ElfHeaders {
  u64 offset;
  u16 count;
  bool position_independent;
  u64 entry;
};
// Why a file was refused: static text for the message that the user sees.
struct ElfError {
  Errno code = Errno::noexec;
  const char* reason = "";
};

// `header`: the file's first bytes, fewer than kElfHeaderSize if it is shorter. False: error says why.
bool parse_elf_header(std::span<const u8> header, u64 file_size, u16 machine, ElfHeaders& out, ElfError& error);
// `table`: count * kProgramHeaderSize bytes from `headers.offset`.
bool parse_program_headers(const ElfHeaders& headers, std::span<const u8> table, u64 file_size, u64 address_limit,
                           ElfImage& out, ElfError& error);

}  // namespace baryon::exec

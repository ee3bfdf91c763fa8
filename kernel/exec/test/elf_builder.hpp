// Builds small ELF files for tests, field by field, so that each field can be spoilt.
#pragma once

#include <cstring>
#include <vector>

#include "kernel/exec/elf.hpp"

namespace baryon::exec {

struct TestHeader {
  u32 type = 1, flags = 5;
  u64 offset = 0, address = 0x400000, file_size = 0x1000, memory_size = 0x1000, alignment = 0x1000;
};

struct ElfBuilder {
  u16 type = 2, machine = 62, header_size = kProgramHeaderSize;
  u64 entry = 0x400100, table_offset = 64;
  u64 size = 0x3000;
  std::vector<TestHeader> headers;

  std::vector<u8> build() const {
    std::vector<u8> f(size);
    for (u64 i = 0; i < size; i++) f[i] = static_cast<u8>(i / 16);
    auto put = [&](u64 at, auto value) {
      if (at <= size && sizeof value <= size - at) std::memcpy(f.data() + at, &value, sizeof value);
    };
    const u8 ident[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    for (u64 i = 0; i < 16; i++) put(i, ident[i]);
    put(16, type), put(18, machine), put(20, u32{1}), put(24, entry), put(32, table_offset), put(40, u64{0});
    put(48, u32{0}), put(52, u16{64}), put(54, header_size), put(56, static_cast<u16>(headers.size()));
    u64 at = table_offset;
    for (const TestHeader& h : headers) {
      put(at, h.type), put(at + 4, h.flags), put(at + 8, h.offset), put(at + 16, h.address), put(at + 24, h.address);
      put(at + 32, h.file_size), put(at + 40, h.memory_size), put(at + 48, h.alignment);
      at += kProgramHeaderSize;
    }
    return f;
  }
};

// Parses the way the loader does.
inline bool parse(const std::vector<u8>& file, ElfImage& image, ElfError& error, u64 limit = 0x7fff'ffff'f000) {
  ElfHeaders headers;
  if (!parse_elf_header({file.data(), std::min<u64>(file.size(), kElfHeaderSize)}, file.size(), 62, headers, error))
    return false;
  return parse_program_headers(headers, {file.data() + headers.offset, headers.count * kProgramHeaderSize}, file.size(),
                               limit, image, error);
}

}  // namespace baryon::exec

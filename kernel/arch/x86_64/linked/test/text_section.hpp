// The .text section of an ELF file, for tests that look at real code.
#pragma once

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernel/base/types.hpp"

namespace baryon::test {

struct TextSection {
  u64 address = 0;
  std::vector<u8> bytes;  // empty: the file has no such section or cannot be read
};

inline TextSection read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> all{std::istreambuf_iterator<char>(file), {}};
  TextSection out;
  if (all.size() < sizeof(Elf64_Ehdr)) return out;
  Elf64_Ehdr header;
  std::memcpy(&header, all.data(), sizeof header);
  auto section = [&](unsigned index) {
    Elf64_Shdr s;
    std::memcpy(&s, all.data() + header.e_shoff + index * sizeof s, sizeof s);
    return s;
  };
  const Elf64_Shdr names = section(header.e_shstrndx);
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr s = section(i);
    if (std::strcmp(all.data() + names.sh_offset + s.sh_name, ".text") != 0) continue;
    out.address = s.sh_addr;
    out.bytes.assign(all.begin() + static_cast<long>(s.sh_offset),
                     all.begin() + static_cast<long>(s.sh_offset + s.sh_size));
  }
  return out;
}

}  // namespace baryon::test

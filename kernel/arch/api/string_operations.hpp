// Bulk copies and fills of kernel memory.
//
// An architecture provides, in namespace baryon::arch:
//   void copy_forward(void* to, const void* from, std::size_t)   ascending addresses
//   void fill(void* to, unsigned char value, std::size_t)
#pragma once

#include <arch/string_operations.hpp>

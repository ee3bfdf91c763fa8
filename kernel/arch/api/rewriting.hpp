// Call-site rewriting, where an architecture has it.
//
// An architecture provides, in namespace baryon::arch:
//   void enable_rewriting(bool)   before the first program starts; no effect where the privilege model has no use for
//   it
#pragma once

#include <arch/rewriting.hpp>

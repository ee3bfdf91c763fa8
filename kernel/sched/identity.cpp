#include "kernel/sched/identity.hpp"

namespace baryon::sched {
namespace {
char name_buffer[kHostNameSize] = "baryon";
}  // namespace

const char* host_name() { return name_buffer; }

void set_host_name(const char* name, unsigned size) {
  if (size == 0 || name[0] == 0) return;
  unsigned i = 0;
  for (; i < size && i + 1 < kHostNameSize && name[i] != 0; ++i) name_buffer[i] = name[i];
  name_buffer[i] = 0;
}

}  // namespace baryon::sched

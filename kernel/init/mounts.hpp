// The tree as the boot page wants it.
#pragma once

#include "kernel/abi/boot_page.hpp"

namespace baryon::init {

// Mounts the root, devfs on /dev, procfs on /proc, sysfs on /sys, then what the boot page lists. Shuts the
// sandbox down with a message if one cannot be made. Blocks.
void make_mounts(const abi::BootPage& page);

}  // namespace baryon::init

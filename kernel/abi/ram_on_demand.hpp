// RAM that a machine provides when the guest asks. What a machine knows of its RAM costs the host memory, used or not
// (KVM: 2.5 bytes for each KiB), and few sandboxes use all of theirs. So a machine may begin with the first part of it.
#pragma once

#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/doorbell.hpp"

namespace baryon::abi {

// RAM up to guest-physical <value> * kLargePageSize is about to be touched. It is there when the store has been done.
inline constexpr Doorbell kMemoryDoorbell = static_cast<Doorbell>(0x40);

// Where the RAM ends that is there from the start, in large pages from guest-physical 0; BootPage::reserved0 holds it,
// and 0 says that all of it is.
inline void set_ready_units(BootPage& page, u32 units) { page.reserved0 = units; }
inline Gpa ready_end(const BootPage& page) {
  return page.reserved0 == 0 ? ~Gpa{0} : Gpa{page.reserved0} * kLargePageSize;
}

}  // namespace baryon::abi

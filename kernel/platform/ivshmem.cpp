#include "kernel/platform/ivshmem.hpp"

#include "kernel/base/panic.hpp"

namespace baryon::platform {
namespace {

// PCI Local Bus Specification 3.0, chapters 6.1, 6.2.5, 6.7 and 6.8.2.
constexpr u32 kVendorAndDevice = 0x1110'1af4;  // Red Hat, ivshmem
constexpr u64 kCommand = 0x04, kBar0 = 0x10, kFirstCapability = 0x34;
constexpr u32 kMemorySpace = 1u << 1, kBusMaster = 1u << 2;
constexpr u32 kMsixCapability = 0x11;
constexpr u32 kMsixEnable = 1u << 31;  // Message Control is the upper half of the capability's first word
constexpr u64 kMsixEntrySize = 16;

// BAR 0: registers; BAR 1: MSI-X table; BAR 2: shared memory that nobody uses (ivshmem-spec, "Device ... interface").
constexpr u64 kBarSpacing = 16 * 1024;
constexpr u64 kDoorbellRegister = 12;

VirtAddr doorbell_register = 0;

u32 load(VirtAddr address) { return *reinterpret_cast<volatile u32*>(address); }
void store(VirtAddr address, u32 value) { *reinterpret_cast<volatile u32*>(address) = value; }

VirtAddr find_msix(VirtAddr function) {
  u32 at = load(function + kFirstCapability) & 0xfc;
  // A list has at most 48 capabilities of 4 bytes.
  for (u32 left = 48; at != 0 && left != 0; --left) {
    const u32 header = load(function + at);
    if ((header & 0xff) == kMsixCapability) return function + at;
    at = header >> 8 & 0xfc;
  }
  panic("ivshmem: the function has no MSI-X");
}

}  // namespace

void set_up_ivshmem(const abi::Devices& devices, VirtAddr direct_map, u32 vcpus, Message (*message)(u32 cpu)) {
  const VirtAddr function = direct_map + devices.pci_function;
  if (load(function) != kVendorAndDevice) panic("ivshmem: no such function");
  for (u64 bar = 0; bar < 3; ++bar)
    store(function + kBar0 + 4 * bar, static_cast<u32>(devices.bar_window + bar * kBarSpacing));
  store(function + kBar0 + 12, 0);  // the upper half of BAR 2, a 64-bit one
  store(function + kCommand, kMemorySpace | kBusMaster);

  const VirtAddr msix = find_msix(function);
  const u32 place = load(msix + 4);  // BAR number and offset of the table
  const VirtAddr table = direct_map + devices.bar_window + (place & 7) * kBarSpacing + (place & ~u32{7});
  for (u32 cpu = 0; cpu < vcpus; ++cpu) {
    const Message m = message(cpu);
    const VirtAddr entry = table + cpu * kMsixEntrySize;
    store(entry, static_cast<u32>(m.address));
    store(entry + 4, static_cast<u32>(m.address >> 32));
    store(entry + 8, m.data);
    store(entry + 12, 0);  // not masked
  }
  store(msix, load(msix) | kMsixEnable);
  doorbell_register = direct_map + devices.bar_window + kDoorbellRegister;
}

DoorbellStore ivshmem_doorbell(abi::Doorbell doorbell, u32 value) {
  return {doorbell_register, abi::doorbell_peer(doorbell) << 16 | value};
}

}  // namespace baryon::platform

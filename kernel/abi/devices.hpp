// Devices of the machine that the guest runs on, where the engine is a whole machine (engine tcg: QEMU). Under kvm
// there are none: a doorbell is a store into a page outside RAM, and the one interrupt comes from the hypervisor
// itself.
//
// Engine tcg has one PCI function, QEMU's ivshmem-doorbell (QEMU, docs/specs/ivshmem-spec.rst), on bus 0. A doorbell is
// a store of (peer << 16 | vector) into its Doorbell register, and peers are chosen by doorbell_peer(), vectors by the
// doorbell's value. Its own MSI-X vector n is the event interrupt of vCPU n.
#pragma once

#include "kernel/abi/doorbell.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::abi {

enum class DoorbellKind : u32 { store = 0, ivshmem = 1 };

struct Devices {
  DoorbellKind doorbells;
  u32 event_interrupt;  // aarch64: the interrupt number (INTID) of vCPU 0's event; vCPU n's is event_interrupt + n
  Gpa pci_function;     // configuration space of the ivshmem function, 4 KiB
  Gpa bar_window;       // where its BARs can be put, kBarWindowSize free bytes
  // x86-64: the local APIC. aarch64: GIC distributor, CPU interface, GICv2m frame.
  Gpa interrupt_controller[3];
};
inline constexpr u64 kBarWindowSize = 64 * 1024;

// Which peer of the ivshmem server a doorbell's eventfds belong to; 0 is the guest itself.
constexpr u32 doorbell_peer(Doorbell doorbell) { return 1 + static_cast<u32>(doorbell) / 8; }

// How the guest's counter is compared with the host's where they differ by an unknown amount: the guest rings
// Doorbell::counter, then plays ping-pong. In each round it publishes its counter in `sent` and the round's number in
// `guest`, and waits until `host` has that number; the first is 1. When the host has seen enough it publishes the clock
// page and answers kMeetingOver.
struct CounterMeeting {
  alignas(kCacheLine) Shared<u64> guest;
  Shared<u64> sent;
  alignas(kCacheLine) Shared<u64> host;
};
inline constexpr u64 kMeetingOver = ~u64{0};

}  // namespace baryon::abi

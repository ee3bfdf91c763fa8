// QEMU's machine `microvm` with PCI Express, and nothing else that can be switched off (QEMU,
// docs/system/i386/microvm.rst, include/hw/i386/microvm.h). acpi=on is what brings the PCI bus; nobody reads the
// tables.
#include "hypervisor/engine/tcg/board.hpp"

#include <cstring>

#include "hypervisor/arch/x86_64/regs.hpp"
#include "hypervisor/engine/tcg/firmware/x86_64/state.hpp"
#include "kernel/abi/arch/x86_64/vcpu_area.hpp"

extern "C" {
extern const std::byte baryon_firmware_x86_64[], baryon_firmware_x86_64_end[];
}

namespace baryon::host::tcg::x86_64 {

namespace {

// What firmware.S reads, in its order.
struct State {
  std::uint64_t rip, cs, rflags, rsp, ss, rdi, gs_base;
  std::uint64_t cr0, cr3, cr4, efer, xcr0;
  std::uint64_t star, lstar, fmask;
  std::uint64_t direct_map, tss_descriptor;
  struct Table {
    std::uint16_t limit;
    std::uint8_t base[8];
    std::uint8_t unused[6];
  } gdt, idt;
};
static_assert(offsetof(State, rip) == STATE_RIP && offsetof(State, cs) == STATE_CS);
static_assert(offsetof(State, rflags) == STATE_RFLAGS && offsetof(State, rsp) == STATE_RSP);
static_assert(offsetof(State, ss) == STATE_SS && offsetof(State, rdi) == STATE_RDI);
static_assert(offsetof(State, gs_base) == STATE_GS_BASE && offsetof(State, cr0) == STATE_CR0);
static_assert(offsetof(State, cr3) == STATE_CR3 && offsetof(State, cr4) == STATE_CR4);
static_assert(offsetof(State, efer) == STATE_EFER && offsetof(State, xcr0) == STATE_XCR0);
static_assert(offsetof(State, star) == STATE_STAR && offsetof(State, lstar) == STATE_LSTAR);
static_assert(offsetof(State, fmask) == STATE_FMASK && offsetof(State, direct_map) == STATE_DIRECT_MAP);
static_assert(offsetof(State, tss_descriptor) == STATE_TSS_DESCRIPTOR && offsetof(State, gdt) == STATE_GDT);
static_assert(offsetof(State, idt) == STATE_IDT && sizeof(State) <= STATE_SIZE);
static_assert(STATE_TSS_SELECTOR == abi::kTssSelector && STATE_USER_DS == abi::kUserDs);
static_assert(FIRMWARE_STATES + abi::kMaxVcpus * STATE_SIZE <= FIRMWARE_BRIDGE);

constexpr std::size_t kRomSize = 64 * 1024;
constexpr std::uint64_t kPresentWritableUser = 7, kAccessed = 1u << 5;

State::Table table(std::uint64_t base, std::uint16_t limit) {
  State::Table result{.limit = limit, .base = {}, .unused = {}};
  std::memcpy(result.base, &base, sizeof base);
  return result;
}

State to_state(const arch::FirstState& first, const BootLayout& layout) {
  const arch::x86_64::CpuState cpu = arch::x86_64::initial_state(first);
  return {.rip = cpu.rip,
          .cs = cpu.cs,
          .rflags = cpu.rflags,
          .rsp = cpu.rsp,
          .ss = cpu.ss,
          .rdi = cpu.rdi,
          .gs_base = cpu.gs_base,
          .cr0 = cpu.cr0,
          .cr3 = cpu.cr3,
          .cr4 = cpu.cr4,
          .efer = cpu.efer,
          .xcr0 = cpu.xcr0,
          .star = cpu.star,
          .lstar = cpu.lstar,
          .fmask = cpu.fmask,
          .direct_map = layout.direct_map_base,
          .tss_descriptor = cpu.gdt_base + abi::kTssSelector,
          .gdt = table(cpu.gdt_base, cpu.gdt_limit),
          .idt = table(cpu.idt_base, cpu.idt_limit)};
}

std::vector<std::byte> firmware(std::span<const arch::FirstState> states, const BootLayout& layout) {
  std::vector<std::byte> rom(kRomSize);
  std::memcpy(rom.data() + FIRMWARE_CODE - FIRMWARE_ROM, baryon_firmware_x86_64,
              static_cast<std::size_t>(baryon_firmware_x86_64_end - baryon_firmware_x86_64));
  for (const arch::FirstState& first : states) {
    const State state = to_state(first, layout);
    std::memcpy(rom.data() + FIRMWARE_STATES - FIRMWARE_ROM + std::size_t{first.index} * STATE_SIZE, &state,
                sizeof state);
  }
  // Page tables of the direct map follow their root (GuestArch::build_page_tables): its second page is the table of
  // gigabytes, which serves at 0 as well.
  const std::uint64_t entry = (layout.page_tables + abi::kPageSize) | kPresentWritableUser | kAccessed;
  const auto put = [&](std::uint64_t index) {
    std::memcpy(rom.data() + FIRMWARE_BRIDGE - FIRMWARE_ROM + index * sizeof entry, &entry, sizeof entry);
  };
  put(0);
  put(layout.direct_map_base >> 39 & 511);
  return rom;
}

}  // namespace

Board board() {
  constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;
  constexpr abi::Gpa kPciWindow = 0xc000'0000, kPciConfig = 0xe000'0000, kLocalApic = 0xfee0'0000;
  constexpr std::uint64_t kFunctionSize = 32 * 1024;  // device 1, function 0, of the extended configuration space
  Board board{
      .qemu = "qemu-system-x86_64",
      .machine = {"-M",
                  "microvm,acpi=on,pcie=on,pit=off,pic=off,rtc=off,isa-serial=off,ioapic2=off,usb=off,"
                  "x-option-roms=off,auto-kernel-cmdline=off,memory-backend=ram",
                  "-cpu", "max"},
      .needs = {},
      // The host's time stamp counter from when the machine started (QEMU, softmmu/cpu-timers.c, cpu_get_ticks).
      .counter = {},
      .firmware = &firmware};
  // Everything that is not RAM lies in the fourth GiB.
  board.needs.mapped = {{.gpa = 3 * kGigabyte, .size = kGigabyte, .device = true}};
  board.needs.reserved = {.base = FIRMWARE_ROM, .size = kRomSize};
  board.needs.max_ram = 3 * kGigabyte - abi::kLargePageSize;
  board.needs.devices = {.doorbells = abi::DoorbellKind::ivshmem,
                         .event_interrupt = 0,
                         .pci_function = kPciConfig + kFunctionSize,
                         .bar_window = kPciWindow,
                         .interrupt_controller = {kLocalApic, 0, 0}};
  return board;
}

}  // namespace baryon::host::tcg::x86_64

// QEMU's machine `virt` (QEMU, docs/system/arm/virt.rst, hw/arm/virt.c: base_memmap), devices below 1 GiB, RAM above.
#include "hypervisor/engine/tcg/board.hpp"

#include <cstring>

#include "hypervisor/arch/aarch64/regs.hpp"
#include "hypervisor/engine/tcg/firmware/aarch64/state.hpp"
#include "kernel/abi/arch/aarch64/vcpu_area.hpp"

extern "C" {
extern const std::byte baryon_firmware_aarch64[], baryon_firmware_aarch64_end[];
}

namespace baryon::host::tcg::aarch64 {

namespace {

// What firmware.S reads, in its order.
struct State {
  std::uint64_t pc, sp, x0, vbar, sctlr, ttbr0, ttbr1, tcr, mair, cpacr, direct_map;
};
static_assert(offsetof(State, pc) == STATE_PC && offsetof(State, sp) == STATE_SP && offsetof(State, x0) == STATE_X0);
static_assert(offsetof(State, vbar) == STATE_VBAR && offsetof(State, sctlr) == STATE_SCTLR);
static_assert(offsetof(State, ttbr0) == STATE_TTBR0 && offsetof(State, ttbr1) == STATE_TTBR1);
static_assert(offsetof(State, tcr) == STATE_TCR && offsetof(State, mair) == STATE_MAIR);
static_assert(offsetof(State, cpacr) == STATE_CPACR && offsetof(State, direct_map) == STATE_DIRECT_MAP);
static_assert(sizeof(State) <= STATE_SIZE && 1 << STATE_SHIFT == STATE_SIZE);

constexpr std::uint32_t kMaxVcpus = 8;  // of a GICv2
static_assert(FIRMWARE_STATES + kMaxVcpus * STATE_SIZE <= FIRMWARE_SIZE);

// Descriptors, Arm ARM D8.3: valid, table; valid block of normal memory, read-only at EL1, accessed.
constexpr std::uint64_t kTable = 0b11;
constexpr std::uint64_t kBlock = 0b01 | abi::aarch64::kAttributeNormal << 2 | 1u << 7 | 3u << 8 | 1u << 10;

std::vector<std::byte> firmware(std::span<const arch::FirstState> states, const BootLayout& layout) {
  std::vector<std::byte> rom(FIRMWARE_SIZE);
  const auto put = [&](std::size_t at, const auto& what) { std::memcpy(rom.data() + at, &what, sizeof what); };
  std::memcpy(rom.data(), baryon_firmware_aarch64,
              static_cast<std::size_t>(baryon_firmware_aarch64_end - baryon_firmware_aarch64));
  put(FIRMWARE_LEVEL0, FIRMWARE_LEVEL1 | kTable);
  put(FIRMWARE_LEVEL1, kBlock);
  for (const arch::FirstState& first : states) {
    const arch::aarch64::CpuState cpu = arch::aarch64::initial_state(first);
    put(FIRMWARE_STATES + std::size_t{first.index} * STATE_SIZE, State{.pc = cpu.pc,
                                                                       .sp = cpu.sp,
                                                                       .x0 = cpu.x0,
                                                                       .vbar = cpu.vbar,
                                                                       .sctlr = cpu.sctlr,
                                                                       .ttbr0 = cpu.ttbr0,
                                                                       .ttbr1 = cpu.ttbr1,
                                                                       .tcr = cpu.tcr,
                                                                       .mair = cpu.mair,
                                                                       .cpacr = cpu.cpacr,
                                                                       .direct_map = layout.direct_map_base});
  }
  return rom;
}

}  // namespace

Board board() {
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20, kGibibyte = std::uint64_t{1} << 30;
  constexpr abi::Gpa kDistributor = 0x0800'0000, kCpuInterface = 0x0801'0000, kMessages = 0x0802'0000;
  constexpr abi::Gpa kPciWindow = 0x1000'0000, kPciConfig = 0x3f00'0000;
  constexpr std::uint64_t kFunctionSize = 32 * 1024;  // device 1, function 0, of the extended configuration space
  constexpr std::uint32_t kFirstMessage = 80;         // GICv2m: SPI 48 and up
  Board board{.qemu = "qemu-system-aarch64",
              .machine = {"-M", "virt,gic-version=2,highmem=off,usb=off,acpi=off,memory-backend=ram", "-cpu", "max"},
              .needs = {},
              // CNTVCT_EL0 counts QEMU's virtual clock, which is CLOCK_MONOTONIC since the start, at 62.5 MHz (QEMU,
              // target/arm/helper.c, gt_get_countervalue; -icount off).
              .counter = {.source = GuestCounter::Source::monotonic_ns, .divisor = 16},
              .firmware = &firmware};
  board.needs.mapped = {{.gpa = 0, .size = kGibibyte, .device = true}};
  // QEMU puts its device tree there when it resets the machine, and there is no way to ask it not to.
  board.needs.reserved = {.base = abi::aarch64::kRamBase, .size = kMebibyte};
  board.needs.max_ram = 3 * kGibibyte;
  board.needs.max_vcpus = kMaxVcpus;
  board.needs.devices = {.doorbells = abi::DoorbellKind::ivshmem,
                         .event_interrupt = kFirstMessage,
                         .pci_function = kPciConfig + kFunctionSize,
                         .bar_window = kPciWindow,
                         .interrupt_controller = {kDistributor, kCpuInterface, kMessages}};
  return board;
}

}  // namespace baryon::host::tcg::aarch64

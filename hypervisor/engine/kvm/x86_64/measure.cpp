// Times CPL 0 code and executes SYSCALL at CPL 3 in a guest of a few dozen instructions.

#include <time.h>

#include <cstring>
#include "host/counter.hpp"

#include "hypervisor/arch/api/guest_arch.hpp"
#include "hypervisor/engine/kvm/per_arch.hpp"
#include "hypervisor/engine/kvm/vm.hpp"
#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/loader/boot_page.hpp"
#include "hypervisor/support/error.hpp"

// Position independent; copied into guest memory with the result words behind it. Starts at CPL 0 with a stack.
asm(R"(
    .pushsection .rodata.baryon_probe, "a"
    .balign 64
    .globl baryon_probe_begin
baryon_probe_begin:
    call baryon_probe_loop
    movq %r9, baryon_probe_ticks(%rip)
    leaq 2f(%rip), %rax
    movq %rsp, %rdx
    pushq $0x2b                          # SS: abi::kUserDs
    pushq %rdx                           # RSP: unchanged
    pushq $0x202                         # RFLAGS: IF
    pushq $0x33                          # CS: abi::kUserCs
    pushq %rax                           # RIP
    iretq                                # down to CPL 3
2:  call baryon_probe_loop
    movq %r9, baryon_probe_cpl3_ticks(%rip)
    syscall
    .globl baryon_probe_syscall
baryon_probe_syscall:
    movl %cs, %eax
    movq %rax, baryon_probe_cs(%rip)
    movq baryon_probe_doorbell(%rip), %rbx
    movl $0, (%rbx)                      # done
3:  jmp 3b

# R9 = ticks of 400 turns, 800 instructions: the best of three, because a first execution also pays for faults and,
# where an emulator is below KVM, for translation, and because the host may take the CPU away at any time.
baryon_probe_loop:
    movq $-1, %r9
    movl $3, %esi
1:  movl $400, %ecx
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    movq %rax, %r8                       # counter before
2:  decl %ecx
    jnz 2b
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    subq %r8, %rax
    cmpq %r9, %rax
    cmovbq %rax, %r9
    decl %esi
    jnz 1b
    ret
    .balign 8
    .globl baryon_probe_ticks
baryon_probe_ticks:    .quad 0
baryon_probe_cpl3_ticks: .quad 0
baryon_probe_cs:       .quad 0
baryon_probe_doorbell: .quad 0
    .globl baryon_probe_end
baryon_probe_end:
    .popsection
)");

extern "C" {
extern const std::byte baryon_probe_begin[];
extern const std::byte baryon_probe_syscall[];
extern const std::byte baryon_probe_ticks[];
extern const std::byte baryon_probe_end[];
}

namespace baryon::host::kvm {

namespace {

constexpr std::uint64_t kMemory = 4u << 20;
constexpr abi::Gpa kCode = 1u << 20;
constexpr double kInstructions = 800;

struct Sample {
  std::uint64_t counter, monotonic_ns;
};

Sample sample() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return {
      .counter = read_counter(),
      .monotonic_ns = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec)};
}

struct Results {
  std::uint64_t cpl0_ticks, cpl3_ticks, cs, doorbell;
};

// Ends the run at the first thing that the guest does outside itself.
struct StopAtFirst final : VcpuEvents {
  explicit StopAtFirst(GuestEngine& guest) : engine(guest) {}
  void halted(std::uint32_t) override { engine.stop(); }
  void doorbell(std::uint32_t, std::uint32_t, std::uint32_t) override {
    done = true;
    engine.stop();
  }
  GuestEngine& engine;
  bool done = false;
};

// The image: one page of code and results, one page of vectors that hold no code, so that a fault ends in a triple
// fault and thus in an error.
KernelImage probe_image() {
  KernelImage image{};
  image.arch = &arch::guest_arch(Arch::x86_64);
  image.direct_map_base = 0xffff'ff80'0000'0000;
  image.begin = kCode;
  image.end = kCode + 2 * abi::kPageSize;
  const std::uint64_t code = image.direct_map_base + kCode;
  image.header.boot_entry = code;
  image.header.syscall_split = code + static_cast<std::uint64_t>(baryon_probe_syscall - baryon_probe_begin);
  image.header.vectors_split = image.header.vectors_linked = code + abi::kPageSize;
  return image;
}

}  // namespace

bool has_measurement() { return true; }

Expected<ProbeMeasurement> measure_with_guest() {
  const GuestMemory memory = BARYON_TRY(GuestMemory::create(kMemory));
  const KernelImage image = probe_image();
  BootContents contents;
  // Pages open to CPL 3, though the guest starts at CPL 0.
  contents.privilege = abi::Privilege::linked;
  const BootLayout layout = BARYON_TRY(plan_boot(image, kMemory, 1, string_table_bytes(contents)));
  BARYON_TRY(fill_boot(memory, layout, image, contents));

  std::memcpy(memory.at(kCode, abi::kPageSize), baryon_probe_begin,
              static_cast<std::size_t>(baryon_probe_end - baryon_probe_begin));
  auto* const results =
      memory.object<Results>(kCode + static_cast<std::uint64_t>(baryon_probe_ticks - baryon_probe_begin));
  results->doorbell = layout.va(layout.doorbell) + static_cast<std::uint32_t>(abi::Doorbell::shutdown);

  const std::unique_ptr<Vm> vm = BARYON_TRY(Vm::create(memory, memory.start() + memory.size()));
  vm->set_layout(layout, abi::Privilege::split);
  BARYON_TRY(vm->create_vcpu(0, {.header = &image.header,
                                 .privilege = abi::Privilege::split,
                                 .syscall_reaches_cpl0 = true,
                                 .index = 0,
                                 .vcpu_page = layout.va(layout.vcpu_page(0)),
                                 .vcpu_area = layout.va(layout.vcpu_area(0)),
                                 .stack_top = layout.va(layout.stack_top(0)),
                                 .shared_tables = layout.va(layout.shared_tables),
                                 .page_table = layout.page_tables}));
  StopAtFirst events(*vm);
  const Sample before = sample();
  BARYON_TRY(vm->run_vcpu(0, events));
  const Sample after = sample();
  if (!events.done) return fail("the probe's guest halted");

  const double ns_per_tick = static_cast<double>(after.monotonic_ns - before.monotonic_ns) /
                             static_cast<double>(after.counter - before.counter);
  return ProbeMeasurement{
      .cpl0_ns_per_instruction = static_cast<double>(results->cpl0_ticks) * ns_per_tick / kInstructions,
      .cpl3_ns_per_instruction = static_cast<double>(results->cpl3_ticks) * ns_per_tick / kInstructions,
      .syscall_reaches_cpl0 = (results->cs & 3) == 0,
  };
}

}  // namespace baryon::host::kvm

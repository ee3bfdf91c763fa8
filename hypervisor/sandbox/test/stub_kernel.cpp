#include "hypervisor/sandbox/test/stub_kernel.hpp"

#include <elf.h>

#include <cstring>

#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/doorbell.hpp"
#include "kernel/abi/kernel_header.hpp"
#include "kernel/abi/qcall.hpp"
#include "kernel/abi/vcpu_page.hpp"
#include "kernel/abi/version.hpp"

namespace {

using namespace baryon::abi;

// Only a carrier of assembly: compiled for its operands, copied, never called. Entered with the VcpuPage in RDI and GS
// base, at CPL 3.
[[gnu::naked, gnu::used]] void stub_code() {
  asm volatile(
      R"(
    .globl stub_begin
stub_begin:
    movq %%gs:%c[self], %%rax              # step 1: GS base and RDI are the same page
    movl $1, %%r15d
    cmpq %%rax, %%rdi
    jne 9f
    movq %c[boot](%%rdi), %%rsi            # step 2: the boot page
    movl $2, %%r15d
    movabsq %[magic], %%rax
    cmpq %%rax, (%%rsi)
    jne 9f
    movl $3, %%r15d                        # step 3: CPL 3 and the stack
    movl %%cs, %%eax
    cmpl %[user_cs], %%eax
    jne 9f
    cmpq %%rsp, %c[stack](%%rdi)
    jne 9f
    pushq %%rsp
    popq %%rax
    movq %c[direct](%%rsi), %%rbx          # RBX: direct map
    movq %c[doorbells](%%rsi), %%rbp       # RBP: doorbell page
    movl mode_word(%%rip), %%eax
    cmpl $1, %%eax
    je 10f
    cmpl $2, %%eax
    je 11f
    cmpl $3, %%eax
    je 12f
    cmpl $4, %%eax
    je 13f

    movl $4, %%r15d                        # step 4: a nop QCall in slot 0
    movq %c[queues](%%rsi), %%rdx
    addq %%rbx, %%rdx                      # RDX: queue 0
    movq %c[sandbox](%%rsi), %%r12
    addq %%rbx, %%r12                      # R12: sandbox page
    movl $1, %%eax
    xchgl %%eax, %c[sq_tail](%%rdx)        # publish
    cmpl $0, %c[awake](%%r12)
    jne 1f
    movl $0, %c[ring_qcall](%%rbp)
1:  movl $2000000000, %%ecx
2:  pause
    cmpl $1, %c[cq_tail](%%rdx)
    je 3f
    decl %%ecx
    jnz 2b
    jmp 9f
3:  movl $5, %%r15d                        # step 5: its result is 0
    cmpq $0, %c[result](%%rdx)
    jne 9f
    movl $1, %c[sleeping](%%rdi)           # step 6: a halt whose deadline has passed comes back
    movq $1, %c[deadline](%%rdi)

    ud2                                    # vector 6: the stub's monitor call
    movl $6, %%r15d
    cmpl $0, %c[sleeping](%%rdi)
    jne 9f
    movl $42, %%r15d
9:  movq %c[sandbox](%%rsi), %%r12
    addq %c[direct](%%rsi), %%r12
    movq %c[doorbells](%%rsi), %%rbp
    movl %%r15d, %c[exit_value](%%r12)
    movl $1, %%eax
    xchgl %%eax, %c[exit_reason](%%r12)
    movl $0, %c[ring_shutdown](%%rbp)
8:  jmp 8b
10: movq $0x1000, %%rax
    jmp *%%rax
11: movq $0, (%%rbp)                     # twice as wide as a doorbell
    jmp 8b
12: movl $7, 0x7c(%%rbp)
    jmp 8b
13: movl $0, %c[masked](%%rdi)
    jmp 8b
    .globl stub_halt
stub_halt:                                 # CPL 0
    addq $2, (%%rsp)                       # go on behind the UD2
    sti
    hlt
    iretq
    .balign 8
mode_word:
    .globl stub_mode
stub_mode: .long 0
    .globl stub_end
stub_end:
  )" ::[self] "i"(offsetof(VcpuPage, self)),
      [boot] "i"(offsetof(VcpuPage, boot_page)), [magic] "i"(kBootMagic), [user_cs] "i"(kUserCs),
      [stack] "i"(offsetof(VcpuPage, stack_top)), [direct] "i"(offsetof(BootPage, direct_map_base)),
      [doorbells] "i"(offsetof(BootPage, doorbell_va)), [queues] "i"(offsetof(BootPage, queues)),
      [sandbox] "i"(offsetof(BootPage, sandbox)), [sq_tail] "i"(offsetof(QCallQueue, sq) + offsetof(QCallRing, tail)),
      [cq_tail] "i"(offsetof(QCallQueue, cq) + offsetof(QCallRing, tail)),
      [awake] "i"(offsetof(SandboxPage, host_awake)),
      [result] "i"(offsetof(QCallQueue, slots) + offsetof(QCallDescriptor, result)),
      [sleeping] "i"(offsetof(VcpuPage, sleeping)), [deadline] "i"(offsetof(VcpuPage, deadline_ns)),
      [masked] "i"(offsetof(VcpuPage, interrupts_masked)),

      [exit_value] "i"(offsetof(SandboxPage, exit_value)), [exit_reason] "i"(offsetof(SandboxPage, exit_reason)),
      [ring_qcall] "i"(static_cast<u32>(Doorbell::qcall)), [ring_shutdown] "i"(static_cast<u32>(Doorbell::shutdown)));
}

}  // namespace

extern "C" {
extern const std::byte stub_begin[];
extern const std::byte stub_halt[];
extern const std::byte stub_mode[];
extern const std::byte stub_end[];
}

namespace baryon::host::test {

namespace {

constexpr std::uint64_t kBase = 0xffff'ff80'0000'0000;
constexpr std::uint64_t kGpa = 0x100000;
constexpr std::uint64_t kFileOffset = 4096;  // of the segment
constexpr std::uint64_t kCode = 256;         // in the segment, behind the header
constexpr std::uint64_t kVectors = 4096;     // in the segment
constexpr std::uint64_t kSegment = 8192;
constexpr std::uint64_t kInvalidOpcode = 6;

template <class T>
void put(std::vector<std::byte>& file, std::size_t offset, const T& value) {
  std::memcpy(file.data() + offset, &value, sizeof value);
}

}  // namespace

std::vector<std::byte> stub_kernel(StubMode mode) {
  std::vector<std::byte> file(kFileOffset + kSegment);
  Elf64_Ehdr elf{};
  std::memcpy(elf.e_ident, ELFMAG, SELFMAG);
  elf.e_ident[EI_CLASS] = ELFCLASS64;
  elf.e_ident[EI_DATA] = ELFDATA2LSB;
  elf.e_type = ET_EXEC;
  elf.e_machine = EM_X86_64;
  elf.e_phoff = sizeof elf;
  elf.e_phentsize = sizeof(Elf64_Phdr);
  elf.e_phnum = 1;
  put(file, 0, elf);

  Elf64_Phdr program{};
  program.p_type = PT_LOAD;
  program.p_offset = kFileOffset;
  program.p_paddr = kGpa;
  program.p_vaddr = kBase + kGpa;
  program.p_filesz = program.p_memsz = kSegment;
  put(file, sizeof elf, program);

  const std::uint64_t va = kBase + kGpa;
  const abi::KernelHeader header{.magic = abi::kKernelMagic,
                                 .version = abi::kVersion,
                                 .machine = EM_X86_64,
                                 .boot_entry = va + kCode,
                                 .secondary_entry = va + kCode,
                                 .vectors_linked = va + kVectors,
                                 .vectors_split = va + kVectors,
                                 .syscall_linked = va + kCode,
                                 .syscall_split = va + kCode,
                                 .image_end = va + kSegment};
  put(file, kFileOffset, header);

  const auto code_size = static_cast<std::size_t>(stub_end - stub_begin);
  std::memcpy(file.data() + kFileOffset + kCode, stub_begin, code_size);
  put(file, kFileOffset + kCode + static_cast<std::size_t>(stub_mode - stub_begin), static_cast<std::uint32_t>(mode));

  // #UD leads to the halt; all others raise #UD in turn.
  for (std::size_t at = kVectors; at < kSegment; at += 2) put(file, kFileOffset + at, std::uint16_t{0x0b0f});  // UD2
  // Without that gate #UD recurses until the stack has run over everything: a triple fault.
  if (mode == StubMode::triple_fault) return file;
  const std::size_t gate = kVectors + kInvalidOpcode * abi::kVectorStride;
  const auto halt = kCode + static_cast<std::size_t>(stub_halt - stub_begin);
  put(file, kFileOffset + gate, std::uint8_t{0xe9});  // JMP rel32
  put(file, kFileOffset + gate + 1, static_cast<std::int32_t>(halt) - static_cast<std::int32_t>(gate + 5));
  return file;
}

}  // namespace baryon::host::test

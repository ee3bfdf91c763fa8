// Classic BPF over struct seccomp_data, as seccomp(2) admits it: every program that check() accepts ends, and reads
// nothing but the data and its own sixteen words of memory.
#pragma once

#include <span>

#include "kernel/base/types.hpp"

namespace baryon::syscall::bpf {

// struct sock_filter (linux/filter.h).
struct Instruction {
  u16 code;
  u8 jump_true, jump_false;
  u32 k;
};
static_assert(sizeof(Instruction) == 8);
inline constexpr u32 kMaxInstructions = 4096;

// struct seccomp_data (linux/seccomp.h).
struct Data {
  i32 number;
  u32 architecture;
  u64 instruction_pointer;
  u64 arguments[6];
};
static_assert(sizeof(Data) == 64);

bool check(std::span<const Instruction> program);
// Of a program that check() has accepted: what it returns.
u32 run(std::span<const Instruction> program, const Data& data);

}  // namespace baryon::syscall::bpf

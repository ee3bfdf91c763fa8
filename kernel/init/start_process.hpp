// From a description to a process that has no parent in the sandbox: the first program, and those that the host starts
// beside it.
#pragma once

#include <span>

#include "kernel/abi/program.hpp"
#include "kernel/base/error.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/syscall/bpf.hpp"

namespace baryon::init {

// All of it kernel memory that outlives the call.
struct ProgramSpec {
  const char* path = "";  // without a slash: looked for in PATH
  std::span<const char* const> arguments;
  std::span<const char* const> environment;
  const char* working_directory = "/";
  const abi::ProgramIdentity* identity = nullptr;
  std::span<const syscall::bpf::Instruction> filter;
  std::span<const u32> streams;  // QCall handles, descriptors from 0 on
  void (*on_end)(sched::Process& process) = nullptr;
};

struct StartFailure {
  char reason[400] = {};
  bool setup = false;  // not about the program: the working directory, memory
};

// A process whose only thread is returned, not yet started. Blocks.
Result<Ref<sched::Task>> make_process(const ProgramSpec& spec, StartFailure& failure);

}  // namespace baryon::init

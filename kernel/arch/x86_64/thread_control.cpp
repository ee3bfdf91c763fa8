#include "kernel/arch/x86_64/thread_control.hpp"

#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/arch/x86_64/paging.hpp"
#include "kernel/arch/x86_64/user_memory.hpp"

namespace baryon::arch {
namespace {

// asm/prctl.h
constexpr u64 kSetGs = 0x1001, kSetFs = 0x1002, kGetFs = 0x1003, kGetGs = 0x1004;

}  // namespace

Result<u64> thread_control(u64 code, u64 argument) {
  UserState state;
  switch (code) {
    case kSetFs:
      if (argument >= kUserEnd) return Errno::perm;
      user_state_save(state);
      state.fs_base = argument;
      user_state_load(state);
      return u64{0};
    case kGetFs:
      user_state_save(state);
      if (!copy_to_user(argument, &state.fs_base, sizeof state.fs_base)) return Errno::fault;
      return u64{0};
    case kSetGs:
      if (is_linked()) return Errno::inval;
      if (argument >= kUserEnd) return Errno::perm;
      user_state_save(state);
      state.gs_base = argument;
      user_state_load(state);
      return u64{0};
    case kGetGs:
      if (is_linked()) return Errno::inval;
      user_state_save(state);
      if (!copy_to_user(argument, &state.gs_base, sizeof state.gs_base)) return Errno::fault;
      return u64{0};
    default: return Errno::inval;
  }
}

}  // namespace baryon::arch

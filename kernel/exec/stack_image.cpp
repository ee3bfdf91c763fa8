#include "kernel/exec/stack_image.hpp"

#include <algorithm>
#include <cstring>

#include <arch/program_info.hpp>

#include "kernel/base/heap.hpp"

namespace baryon::exec {
namespace {

// getauxval(3), elf.h.
enum AuxType : u64 {
  kAtNull = 0,
  kAtPhdr = 3,
  kAtPhent = 4,
  kAtPhnum = 5,
  kAtPagesz = 6,
  kAtBase = 7,
  kAtFlags = 8,
  kAtEntry = 9,
  kAtUid = 11,
  kAtEuid = 12,
  kAtGid = 13,
  kAtEgid = 14,
  kAtPlatform = 15,
  kAtHwcap = 16,
  kAtClktck = 17,
  kAtSecure = 23,
  kAtRandom = 25,
  kAtHwcap2 = 26,
  kAtExecfn = 31,
  kAtSysinfoEhdr = 33,
  kAtMinsigstksz = 51,
};
constexpr u64 kMaxAux = 24;
constexpr u64 kClockTicks = 100;
constexpr u64 kOverhead = 8192;  // path, auxiliary vector and the like do not count as arguments

struct Bytes {
  u8* data;
  ~Bytes() { heap_free(data); }
};

Result<u64> strings_size(std::span<const char* const> strings) {
  u64 size = 0;
  for (const char* s : strings) {
    u64 length = std::strlen(s) + 1;
    if (length > kLongestArgument) return Errno::toobig;
    size += length;
  }
  return size;
}

}  // namespace

u64 arguments_limit(u64 stack_limit) { return std::clamp<u64>(stack_limit / 4, 128 << 10, 3 << 20); }

Result<VirtAddr> build_stack(mm::AddressSpace& space, const LoadRequest& request, const StackInput& input) {
  const u64 path_size = std::strlen(request.path) + 1;
  const u64 environment_size = TRY(strings_size(request.environment));
  const u64 arguments_size = TRY(strings_size(request.arguments));
  const u64 platform_size = sizeof arch::kPlatform;
  const u64 pointers = 1 + request.arguments.size() + 1 + request.environment.size() + 1;

  // Addresses, from the top down.
  const VirtAddr path_at = input.top - 8 - path_size;
  const VirtAddr environment_at = path_at - environment_size;
  const VirtAddr arguments_at = environment_at - arguments_size;
  const VirtAddr platform_at = arguments_at - platform_size;
  const VirtAddr random_at = align_down(platform_at - sizeof request.random, 16);
  const VirtAddr auxv_at = align_down(random_at, 16) - kMaxAux * 16;
  VirtAddr sp = align_down(auxv_at - pointers * 8, 16);
  const u64 total = input.top - sp;
  if (total > arguments_limit(request.stack_limit) + kOverhead) return Errno::toobig;

  Bytes image{static_cast<u8*>(heap_allocate(total))};
  if (!image.data) return Errno::nomem;
  std::memset(image.data, 0, total);
  auto at = [&](VirtAddr va) { return image.data + (va - sp); };
  auto put = [&](VirtAddr va, u64 value) { std::memcpy(at(va), &value, 8); };

  VirtAddr slot = sp;
  auto push = [&](u64 value) {
    put(slot, value);
    slot += 8;
  };
  auto push_strings = [&](std::span<const char* const> strings, VirtAddr text) {
    for (const char* s : strings) {
      u64 length = std::strlen(s) + 1;
      std::memcpy(at(text), s, length);
      push(text);
      text += length;
    }
    push(0);
  };
  push(request.arguments.size());
  push_strings(request.arguments, arguments_at);
  push_strings(request.environment, environment_at);
  std::memcpy(at(path_at), request.path, path_size);
  std::memcpy(at(platform_at), arch::kPlatform, platform_size);
  std::memcpy(at(random_at), request.random, sizeof request.random);

  // The auxiliary vector follows envp at once.
  const VirtAddr auxv_start = slot;
  auto aux = [&](AuxType type, u64 value) {
    push(type);
    push(value);
  };
  if (input.vdso) aux(kAtSysinfoEhdr, input.vdso);
  aux(kAtHwcap, arch::hwcap());
  aux(kAtHwcap2, arch::hwcap2());
  aux(kAtPagesz, kPageSize);
  aux(kAtClktck, kClockTicks);
  if (input.headers) {
    aux(kAtPhdr, input.headers);
    aux(kAtPhent, kProgramHeaderSize);
    aux(kAtPhnum, input.header_count);
  }
  aux(kAtBase, input.base);
  aux(kAtFlags, 0);
  aux(kAtEntry, input.entry);
  aux(kAtUid, request.uid);
  aux(kAtEuid, request.euid);
  aux(kAtGid, request.gid);
  aux(kAtEgid, request.egid);
  aux(kAtSecure, request.secure);
  aux(kAtRandom, random_at);
  aux(kAtExecfn, path_at);
  aux(kAtPlatform, platform_at);
  aux(kAtMinsigstksz, arch::minimal_signal_stack());
  aux(kAtNull, 0);

  TRY(write_memory(space, sp, image.data, total));
  auto& program = space.program;
  program.arg_start = arguments_at;
  program.arg_end = program.env_start = environment_at;
  program.env_end = path_at;
  program.auxv_start = auxv_start;
  program.auxv_end = slot;
  return sp;
}

}  // namespace baryon::exec

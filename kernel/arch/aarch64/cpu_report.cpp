// /proc/cpuinfo from the identification registers (Arm ARM, D17.2). Format and names are Linux's
// (arch/arm64/kernel/cpuinfo.c).
#include "kernel/arch/aarch64/cpu_report.hpp"

#include "kernel/arch/aarch64/program_info.hpp"

namespace baryon::arch {
namespace {

// Names of AT_HWCAP's bits from 0 on, separated by blanks.
constexpr const char kFeatures[] =
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc dcpop sha3 sm3 "
    "sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb paca pacg";

Result<void> append_features(u64 bits, String& out) {
  for (const char* at = kFeatures; *at != 0; bits >>= 1) {
    const char* end = at;
    while (*end != 0 && *end != ' ') ++end;
    if ((bits & 1) != 0) {
      TRY(out.append(' '));
      TRY(out.append({at, static_cast<std::size_t>(end - at)}));
    }
    at = *end != 0 ? end + 1 : end;
  }
  return {};
}

}  // namespace

Result<void> append_cpu_report(u32 cpu, u32, u64 khz, String& out) {
  u64 midr;
  asm volatile("mrs %0, midr_el1" : "=r"(midr));
  // The counter's ticks in both halves of a turn, as Linux computes it where it has no other delay loop.
  TRY(out.appendf("processor\t: %u\nBogoMIPS\t: %lu.%02lu\nFeatures\t:", cpu, khz / 500, khz / 5 % 100));
  TRY(append_features(hwcap(), out));
  const auto id = static_cast<u32>(midr);
  return out.appendf(
      "\nCPU implementer\t: 0x%02x\nCPU architecture: 8\nCPU variant\t: 0x%x\nCPU part\t: 0x%03x\nCPU revision\t: "
      "%u\n\n",
      id >> 24, id >> 20 & 15, id >> 4 & 0xfff, id & 15);
}

}  // namespace baryon::arch

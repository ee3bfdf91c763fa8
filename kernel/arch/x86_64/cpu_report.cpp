// /proc/cpuinfo from CPUID (Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E). Flag names are Linux's
// (arch/x86/include/asm/cpufeatures.h); "" = no name there.
#include "kernel/arch/x86_64/cpu_report.hpp"

#include <cstring>

namespace baryon::arch {
namespace {

struct Registers {
  u32 a, b, c, d;
};

Registers cpuid(u32 leaf, u32 subleaf = 0) {
  Registers r;
  asm volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
  return r;
}

// Names of bits 0..31, separated by blanks; "-" = none.
constexpr const char kLeaf1Edx[] =
    "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 "
    "ss ht tm ia64 pbe";
constexpr const char kLeaf1Ecx[] =
    "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 "
    "x2apic movbe popcnt "
    "tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor";
constexpr const char kExtendedEdx[] =
    "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow";
constexpr const char kExtendedEcx[] =
    "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 "
    "tce - nodeid_msr - "
    "tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx - -";
constexpr const char kLeaf7Ebx[] =
    "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f avx512dq rdseed adx "
    "smap avx512ifma - "
    "clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl";
constexpr const char kLeaf7Ecx[] =
    "- avx512vbmi umip pku ospke waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni avx512_bitalg tme "
    "avx512_vpopcntdq - la57 - - - - "
    "- rdpid - bus_lock_detect cldemote - movdiri movdir64b enqcmd - -";
constexpr const char kLeaf7Edx[] =
    "- - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear - - - serialize - tsxldtrk - pconfig "
    "arch_lbr ibt - amx_bf16 "
    "avx512_fp16 amx_tile amx_int8 - - flush_l1d arch_capabilities - -";

Result<void> append_flags(u32 bits, const char* names, String& out) {
  for (const char* at = names; *at; bits >>= 1) {
    const char* end = at;
    while (*end && *end != ' ') ++end;
    if (bits & 1 && *at != '-') {
      TRY(out.append(' '));
      TRY(out.append({at, static_cast<std::size_t>(end - at)}));
    }
    at = *end ? end + 1 : end;
  }
  return {};
}

struct Identity {
  u32 family, model, stepping;
};
Identity identity(u32 signature) {
  Identity id{signature >> 8 & 15, signature >> 4 & 15, signature & 15};
  if (id.family == 15) id.family += signature >> 20 & 255;
  if (id.family >= 6) id.model += (signature >> 16 & 15) << 4;
  return id;
}

}  // namespace

Result<void> append_cpu_report(u32 cpu, u32 cpus, u64 khz, String& out) {
  const Registers zero = cpuid(0), one = cpuid(1), top = cpuid(0x8000'0000);
  const u32 levels = zero.a, extended = top.a;
  char vendor[13] = {};
  std::memcpy(vendor, &zero.b, 4);
  std::memcpy(vendor + 4, &zero.d, 4);
  std::memcpy(vendor + 8, &zero.c, 4);
  char name[49] = {};
  if (extended >= 0x8000'0004)
    for (u32 i = 0; i < 3; ++i) {
      const Registers part = cpuid(0x8000'0002 + i);
      std::memcpy(name + 16 * i, &part, 16);
    }
  const Identity id = identity(one.a);
  const u32 cache_kib = extended >= 0x8000'0006 ? cpuid(0x8000'0006).c >> 16 : 0;
  const u32 line_size = (one.b >> 8 & 255) * 8;
  const u32 widths = extended >= 0x8000'0008 ? cpuid(0x8000'0008).a : 0x3024;

  TRY(out.appendf("processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", cpu, vendor, id.family,
                  id.model));
  TRY(out.appendf("model name\t: %s\nstepping\t: %u\n", name[0] ? name : "unknown", id.stepping));
  TRY(out.appendf("cpu MHz\t\t: %lu.%03lu\ncache size\t: %u KB\n", khz / 1000, khz % 1000, cache_kib));
  TRY(out.appendf("physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n", cpus, cpu, cpus));
  TRY(out.appendf("apicid\t\t: %u\ninitial apicid\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\n", cpu, cpu));
  TRY(out.appendf("cpuid level\t: %u\nwp\t\t: yes\nflags\t\t:", levels));
  TRY(append_flags(one.d, kLeaf1Edx, out));
  if (extended >= 0x8000'0001) TRY(append_flags(cpuid(0x8000'0001).d, kExtendedEdx, out));
  TRY(append_flags(one.c, kLeaf1Ecx, out));
  if (extended >= 0x8000'0001) TRY(append_flags(cpuid(0x8000'0001).c, kExtendedEcx, out));
  if (levels >= 7) {
    const Registers seven = cpuid(7);
    TRY(append_flags(seven.b, kLeaf7Ebx, out));
    TRY(append_flags(seven.c, kLeaf7Ecx, out));
    TRY(append_flags(seven.d, kLeaf7Edx, out));
  }
  TRY(out.appendf("\nbugs\t\t:\nbogomips\t: %lu.%02lu\nclflush size\t: %u\ncache_alignment\t: %u\n", khz / 500,
                  khz / 5 % 100, line_size, line_size));
  return out.appendf("address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n", widths & 255,
                     widths >> 8 & 255);
}

}  // namespace baryon::arch

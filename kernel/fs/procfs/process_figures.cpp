// /proc/<pid>/smaps, smaps_rollup, io, schedstat and ns/.
#include <algorithm>

#include "kernel/fs/procfs/tables.hpp"

namespace baryon::fs::proc {
namespace {

// Which pages of a mapping are resident is not counted apart: each gets its share of the whole.
struct Share {
  u64 size_kb = 0, resident_kb = 0;
};

Result<void> append_figures(const Share& share, bool writable, String& out) {
  const u64 dirty = writable ? share.resident_kb : 0, clean = share.resident_kb - dirty;
  TRY(out.appendf("Rss:            %8lu kB\nPss:            %8lu kB\nPss_Dirty:      %8lu kB\n", share.resident_kb,
                  share.resident_kb, dirty));
  TRY(out.appendf("Shared_Clean:   %8u kB\nShared_Dirty:   %8u kB\nPrivate_Clean:  %8lu kB\nPrivate_Dirty:  %8lu kB\n",
                  0u, 0u, clean, dirty));
  TRY(out.appendf("Referenced:     %8lu kB\nAnonymous:      %8lu kB\nLazyFree:       %8u kB\n", share.resident_kb,
                  dirty, 0u));
  TRY(out.appendf("AnonHugePages:  %8u kB\nShmemPmdMapped: %8u kB\nFilePmdMapped:  %8u kB\n", 0u, 0u, 0u));
  return out.appendf(
      "Shared_Hugetlb: %8u kB\nPrivate_Hugetlb: %7u kB\nSwap:           %8u kB\nSwapPss:        %8u kB\n"
      "Locked:         %8u kB\n",
      0u, 0u, 0u, 0u, 0u);
}

// The lines of maps, one after the other.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n') + 1, text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end);
  return line;
}

u64 hex(std::string_view& text) {
  u64 value = 0;
  while (!text.empty()) {
    const char c = text.front();
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) break;
    value = value * 16 + static_cast<u64>(digit);
    text.remove_prefix(1);
  }
  return value;
}

struct Mapping {
  u64 start, end;
  bool writable;
};
Mapping parse(std::string_view line) {
  Mapping mapping{};
  mapping.start = hex(line);
  line.remove_prefix(1);
  mapping.end = hex(line);
  mapping.writable = line.size() > 2 && line[2] == 'w';
  return mapping;
}

struct Whole {
  String maps;
  u64 mapped_kb = 0, resident_kb = 0;
};
Result<void> load(const Subject& subject, Whole& whole) {
  TRY(process_maps(subject, whole.maps));
  for (std::string_view rest = whole.maps.view(); !rest.empty();) {
    const Mapping mapping = parse(next_line(rest));
    whole.mapped_kb += (mapping.end - mapping.start) / 1024;
  }
  String statm;
  TRY(process_statm(subject, statm));
  std::string_view text = statm.view();
  text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  u64 pages = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
    pages = pages * 10 + static_cast<u64>(text.front() - '0');
  whole.resident_kb = pages * (kPageSize / 1024);
  return {};
}

}  // namespace

Result<void> process_smaps(const Subject& subject, String& out) {
  Whole whole;
  TRY(load(subject, whole));
  for (std::string_view rest = whole.maps.view(); !rest.empty();) {
    const std::string_view line = next_line(rest);
    const Mapping mapping = parse(line);
    Share share{.size_kb = (mapping.end - mapping.start) / 1024};
    if (whole.mapped_kb)
      share.resident_kb = share.size_kb * std::min(whole.resident_kb, whole.mapped_kb) / whole.mapped_kb;
    TRY(out.append(line));
    TRY(out.appendf("Size:           %8lu kB\nKernelPageSize: %8lu kB\nMMUPageSize:    %8lu kB\n", share.size_kb,
                    kPageSize / 1024, kPageSize / 1024));
    TRY(append_figures(share, mapping.writable, out));
    TRY(out.appendf("THPeligible:           0\nVmFlags: rd %smr mw me\n", mapping.writable ? "wr " : ""));
  }
  return {};
}

Result<void> process_smaps_rollup(const Subject& subject, String& out) {
  Whole whole;
  TRY(load(subject, whole));
  u64 first = 0, last = 0;
  for (std::string_view rest = whole.maps.view(); !rest.empty();) {
    const Mapping mapping = parse(next_line(rest));
    if (first == 0) first = mapping.start;
    last = mapping.end;
  }
  TRY(out.appendf("%08lx-%08lx ---p 00000000 00:00 0                          [rollup]\n", first, last));
  return append_figures({whole.mapped_kb, whole.resident_kb}, true, out);
}

// Not counted per process.
Result<void> process_io(const Subject&, String& out) {
  return out.append(
      "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n");
}

Result<void> process_schedstat(const Subject& subject, String& out) {
  return out.appendf("%lu 0 0\n", subject.process->cpu_ns());
}

// --- ns/: one of each kind, the sandbox's; the numbers are those of Linux's initial ones (proc_ns.h) ---
namespace {
template <u32 kNumber>
Result<void> space(const Subject&, String& out) {
  constexpr const char* kNames[] = {"uts", "ipc", "mnt", "pid", "net", "user", "cgroup", "time"};
  constexpr u32 kInodes[] = {4026531838, 4026531839, 4026531841, 4026531836,
                             4026531840, 4026531837, 4026531835, 4026531834};
  return out.appendf("%s:[%u]", kNames[kNumber], kInodes[kNumber]);
}
Result<void> pid_for_children(const Subject& subject, String& out) { return space<3>(subject, out); }
Result<void> time_for_children(const Subject& subject, String& out) { return space<7>(subject, out); }
}  // namespace

constinit const Node kNamespaceNodes[10] = {
    link("cgroup", space<6>), link("ipc", space<1>),
    link("mnt", space<2>),    link("net", space<4>),
    link("pid", space<3>),    link("pid_for_children", pid_for_children),
    link("time", space<7>),   link("time_for_children", time_for_children),
    link("user", space<5>),   link("uts", space<0>),
};

}  // namespace baryon::fs::proc

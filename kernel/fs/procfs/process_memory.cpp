// /proc/<pid>/maps, statm, cmdline, environ and auxv.
#include <algorithm>

#include "kernel/fs/procfs/tables.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::fs::proc {
namespace {

constexpr u64 kLongestName = kPathMax;

// Line feeds in names are shown as \012, so that a line stays a line.
Result<void> append_escaped(std::string_view name, String& out) {
  for (char c : name) {
    if (c == '\n') TRY(out.append("\\012"));
    else TRY(out.append(c));
  }
  return {};
}

Result<void> append_mapping(const mm::AddressSpace::VmaReport& vma, char* name, String& out) {
  const mm::MemoryObject::Identity identity =
      vma.object && !vma.name ? vma.object->identity() : mm::MemoryObject::Identity{};
  const u32 start = out.size();
  TRY(out.appendf("%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", vma.start, vma.end, vma.prot & mm::kProtRead ? 'r' : '-',
                  vma.prot & mm::kProtWrite ? 'w' : '-', vma.prot & mm::kProtExec ? 'x' : '-',
                  vma.flags & mm::kVmaShared ? 's' : 'p', vma.object && !vma.name ? vma.offset : 0,
                  device_major(identity.device), device_minor(identity.device), identity.inode));
  std::string_view text = vma.name ? std::string_view(vma.name) : std::string_view();
  if (!vma.name && vma.object) text = {name, vma.object->name(name, kLongestName)};
  if (!text.empty()) {
    constexpr u32 kNameColumn = 73;  // 25 + 6 * sizeof(long), as task_mmu.c pads
    while (out.size() - start < kNameColumn) TRY(out.append(' '));
    TRY(append_escaped(text, out));
  }
  return out.append('\n');
}

// Another process's or the own memory, page by page through frames that are held meanwhile. Stops where nothing
// can be read.
Result<void> append_memory(mm::AddressSpace& space, VirtAddr start, VirtAddr end, String& out) {
  if (end <= start) return {};
  constexpr u64 kMost = 8 << 20;  // arguments and environment are shorter (stack_image.cpp)
  end = std::min(end, start + kMost);
  for (VirtAddr at = start; at < end;) {
    const VirtAddr stop = std::min(align_down(at, kPageSize) + kPageSize, end);
    auto frame = space.frame(at, false);
    if (!frame.ok()) return {};
    const auto appended = out.append({mm::phys_to<char>(frame.value()) + (at & (kPageSize - 1)), stop - at});
    mm::page_unref(frame.value());
    TRY(appended);
    at = stop;
  }
  return {};
}

}  // namespace

Result<void> process_maps(const Subject& subject, String& out) {
  String name;
  TRY(name.reserve(kLongestName));
  auto* buffer = const_cast<char*>(name.data());
  Result<void> outcome;
  const Ref<mm::AddressSpace> space = subject.process->find_space();
  if (space)
    space->for_each_vma([&](const mm::AddressSpace::VmaReport& vma) {
      if (outcome.ok()) outcome = append_mapping(vma, buffer, out);
    });
  return outcome;
}

MemoryFigures memory_figures(mm::AddressSpace* given) {
  MemoryFigures figures;
  if (!given) return figures;
  mm::AddressSpace& space = *given;
  figures.size = space.mapped_bytes() / kPageSize;
  figures.resident = space.resident_pages();
  figures.peak_resident = std::max(space.peak_resident_pages(), figures.resident);
  const auto& program = space.program;
  space.for_each_vma([&](const mm::AddressSpace::VmaReport& vma) {
    const u64 pages = (vma.end - vma.start) / kPageSize;
    if (vma.flags & mm::kVmaLocked) figures.locked += pages;
    if (vma.flags & mm::kVmaStack) figures.stack += pages;
    else if (vma.prot & mm::kProtWrite && !(vma.flags & mm::kVmaShared)) figures.data += pages;
    else if (vma.prot & mm::kProtExec && vma.object && !(vma.start < program.code_end && vma.end > program.code_start))
      figures.library += pages;
  });
  figures.text = (align_up(program.code_end, kPageSize) - align_down(program.code_start, kPageSize)) / kPageSize;
  return figures;
}

// Pages: size, resident, shared, text, library (always 0 since Linux 2.6), data and stack, dirty (0 as well).
Result<void> process_statm(const Subject& subject, String& out) {
  const MemoryFigures figures = memory_figures(subject.process->find_space().get());
  return out.appendf("%lu %lu 0 %lu 0 %lu 0\n", figures.size, figures.resident, figures.text,
                     figures.data + figures.stack);
}

Result<void> process_cmdline(const Subject& subject, String& out) {
  const Ref<mm::AddressSpace> space = subject.process->find_space();
  return space ? append_memory(*space, space->program.arg_start, space->program.arg_end, out) : Result<void>();
}

Result<void> process_environ(const Subject& subject, String& out) {
  const Ref<mm::AddressSpace> space = subject.process->find_space();
  return space ? append_memory(*space, space->program.env_start, space->program.env_end, out) : Result<void>();
}

Result<void> process_auxv(const Subject& subject, String& out) {
  const Ref<mm::AddressSpace> space = subject.process->find_space();
  return space ? append_memory(*space, space->program.auxv_start, space->program.auxv_end, out) : Result<void>();
}

}  // namespace baryon::fs::proc

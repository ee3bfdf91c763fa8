#include "hypervisor/loader/boot_page.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "hypervisor/support/format.hpp"
#include "kernel/abi/vcpu_page.hpp"
#include "kernel/abi/version.hpp"

namespace baryon::host {

namespace {

constexpr std::uint64_t kStringTableAlignment = 8;

std::vector<std::string> mount_paths(const BootContents& contents) {
  std::vector<std::string> paths;
  for (const GuestMount& mount : contents.mounts) paths.push_back(mount.path);
  return paths;
}

std::uint64_t table_bytes(std::span<const std::string> strings) {
  std::uint64_t bytes = strings.size() * sizeof(abi::u32);
  for (const std::string& string : strings) bytes += string.size() + 1;
  return bytes;
}

std::uint64_t aligned(std::uint64_t bytes) {
  return (bytes + kStringTableAlignment - 1) / kStringTableAlignment * kStringTableAlignment;
}

// Writes one table at `next` and moves `next` behind it. Strings end at their first NUL.
Expected<abi::StringTable> write_table(const GuestMemory& memory, abi::Gpa& next,
                                       std::span<const std::string> strings) {
  const std::uint64_t bytes = table_bytes(strings);
  std::byte* const table = memory.at(next, bytes);
  if (table == nullptr || bytes > UINT32_MAX) return fail("arguments and environment do not fit into guest memory");

  auto offset = static_cast<abi::u32>(strings.size() * sizeof(abi::u32));
  for (std::size_t i = 0; i < strings.size(); ++i) {
    std::memcpy(table + i * sizeof offset, &offset, sizeof offset);
    std::memcpy(table + offset, strings[i].c_str(), strings[i].size() + 1);
    offset += static_cast<abi::u32>(strings[i].size() + 1);
  }
  const abi::StringTable result{
      .gpa = next, .count = static_cast<abi::u32>(strings.size()), .size = static_cast<abi::u32>(bytes)};
  next += aligned(bytes);
  return result;
}

Expected<abi::ProgramFilter> write_filter(const GuestMemory& memory, abi::Gpa next,
                                          std::span<const std::uint64_t> filter) {
  if (filter.empty()) return abi::ProgramFilter{};
  std::byte* const place = memory.at(next, filter.size_bytes());
  if (place == nullptr) return fail("the system call filter does not fit into guest memory");
  std::memcpy(place, filter.data(), filter.size_bytes());
  return abi::ProgramFilter{.gpa = next, .count = static_cast<abi::u32>(filter.size()), .reserved = 0};
}

Expected<void> copy_name(std::span<char> field, const std::string& name, const char* what) {
  if (name.size() >= field.size())
    return fail(fmt::format("the {} is {} bytes long, at most {} are possible", what, name.size(), field.size() - 1));
  std::memcpy(field.data(), name.c_str(), name.size() + 1);
  return {};
}

Expected<void> fill_page(abi::BootPage& page, const BootLayout& layout, const BootContents& contents) {
  page.magic = abi::kBootMagic;
  page.version = abi::kVersion;
  page.size = sizeof page;
  page.machine_flags = contents.machine_flags;
  page.privilege = contents.privilege;
  page.page_policy = contents.page_policy;
  page.log_level = contents.log_level;
  page.flags = contents.flags;
  page.vcpus = layout.vcpus;

  page.range_count = 1;
  page.ranges[0] = {.base = layout.ram_base, .size = layout.ram_size};
  page.free_start = layout.free_start;
  if (layout.ready_end < layout.ram_end())
    page.ready_units = static_cast<std::uint32_t>(layout.ready_end / abi::kLargePageSize);
  page.spare = layout.spare;
  page.direct_map_base = layout.direct_map_base;
  page.doorbell_va = layout.va(layout.doorbell);
  page.page_table_root = layout.page_tables;
  page.devices = layout.devices;

  page.vcpu_pages = layout.vcpu_pages;
  page.vcpu_areas = layout.vcpu_areas;
  page.queues = layout.queues;
  page.control = layout.control;
  page.log_ring = layout.log_ring;
  page.stats = layout.stats;
  page.clock = layout.clock;
  page.sandbox = layout.sandbox;
  page.sockets = layout.sockets;
  page.host_start_counter = contents.host_start_counter;

  if (contents.mounts.size() > abi::kMaxMounts)
    return fail(
        fmt::format("{} mounts are more than the {} that a sandbox can have", contents.mounts.size(), abi::kMaxMounts));
  page.mount_count = static_cast<abi::u32>(contents.mounts.size());
  for (abi::u32 i = 0; i < page.mount_count; ++i) {
    const GuestMount& mount = contents.mounts[i];
    page.mounts[i] = {.kind = mount.kind,
                      .flags = (mount.read_only ? abi::kMountReadOnly : 0) | (mount.overlay ? abi::kMountOverlay : 0),
                      .host_handle = mount.host_handle,
                      .path = i};
  }
  if (auto copied = copy_name(page.working_directory, contents.working_directory, "working directory's path"); !copied)
    return copied;
  page.identity = contents.identity;
  page.unprivileged_port_start = contents.unprivileged_port_start;
  if (contents.streams.size() > abi::kMaxExecStreams)
    return fail(fmt::format("{} open files are more than the {} that a program can be given", contents.streams.size(),
                            abi::kMaxExecStreams));
  page.stream_count = static_cast<abi::u32>(contents.streams.size());
  for (abi::u32 i = 0; i < page.stream_count; ++i) page.streams[i] = contents.streams[i];
  if (auto copied = copy_name(page.host_name, contents.host_name, "host name"); !copied) return copied;

  if (::getrandom(page.entropy, sizeof page.entropy, 0) != static_cast<ssize_t>(sizeof page.entropy))
    return fail_errno("cannot get random bytes from the host", errno);
  return {};
}

void fill_vcpu_page(abi::VcpuPage& page, const BootLayout& layout, std::uint32_t index) {
  page.self = layout.va(layout.vcpu_page(index));
  page.boot_page = layout.va(layout.boot_page);
  page.index = index;
  page.stack_top = layout.va(layout.stack_top(index));
  page.trap_stack_top = layout.va(layout.trap_stack_top(index));
  page.interrupts_masked.store(1, std::memory_order_relaxed);
  page.deadline_ns.store(abi::kNever, std::memory_order_relaxed);
}

}  // namespace

std::uint64_t string_table_bytes(const BootContents& contents) {
  return aligned(table_bytes(contents.program)) + aligned(table_bytes(contents.environment)) +
         aligned(table_bytes(mount_paths(contents))) + contents.filter.size() * abi::kFilterInstructionSize;
}

Expected<void> fill_boot(const GuestMemory& memory, const BootLayout& layout, const KernelImage& image,
                         const BootContents& contents) {
  auto* const page = memory.object<abi::BootPage>(layout.boot_page);
  auto* const vcpu_pages = memory.at(layout.vcpu_pages, layout.vcpus * abi::kPageSize);
  if (page == nullptr || vcpu_pages == nullptr) return fail("the boot layout lies outside guest memory");
  if (auto filled = fill_page(*page, layout, contents); !filled) return filled;

  abi::Gpa next = layout.strings;
  page->program = BARYON_TRY(write_table(memory, next, contents.program));
  page->environment = BARYON_TRY(write_table(memory, next, contents.environment));
  page->mount_paths = BARYON_TRY(write_table(memory, next, mount_paths(contents)));

  page->filter = BARYON_TRY(write_filter(memory, next, contents.filter));

  const arch::GuestArch& arch = *layout.arch;
  BARYON_TRY(arch.write_shared_tables(memory, layout.shared_tables, image.header, contents.privilege));
  for (std::uint32_t n = 0; n < layout.vcpus; ++n) {
    fill_vcpu_page(*memory.object<abi::VcpuPage>(layout.vcpu_page(n)), layout, n);
    const abi::Gpa area = layout.vcpu_area(n);
    BARYON_TRY(
        arch.write_vcpu_area(memory, area, layout.va(area), layout.va(layout.trap_stack_top(n)), contents.privilege));
  }
  return arch.build_page_tables(memory, layout.page_tables, layout.page_table_request(contents.privilege));
}

}  // namespace baryon::host

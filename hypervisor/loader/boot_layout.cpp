#include "hypervisor/loader/boot_layout.hpp"

#include <algorithm>

#include "hypervisor/support/format.hpp"
#include "kernel/abi/doorbell.hpp"
#include "kernel/abi/log_ring.hpp"
#include "kernel/abi/qcall.hpp"
#include "kernel/abi/sockets.hpp"
#include "kernel/abi/stats.hpp"

namespace baryon::host {

namespace {

constexpr std::uint64_t pages(std::uint64_t bytes) {
  return (bytes + abi::kPageSize - 1) / abi::kPageSize * abi::kPageSize;
}

constexpr std::uint64_t large_pages(std::uint64_t bytes) {
  return (bytes + abi::kLargePageSize - 1) / abi::kLargePageSize * abi::kLargePageSize;
}

// What a small program lives in, kernel included.
constexpr std::uint64_t kReadyMemory = 32u << 20;

// Hands out page-aligned ranges: below the image while they fit there, above it otherwise.
class Placer {
 public:
  Placer(const KernelImage& image, const abi::MemoryRange& reserved)
      : low_(image.arch->ram_base + abi::kPageSize),
        low_end_(reserved.size == 0 ? image.begin : std::min(image.begin, reserved.base)),
        high_(image.end) {}

  abi::Gpa place(std::uint64_t bytes) {
    bytes = pages(bytes);
    abi::Gpa& next = low_ <= low_end_ && bytes <= low_end_ - low_ ? low_ : high_;
    const abi::Gpa placed = next;
    next += bytes;
    return placed;
  }
  [[nodiscard]] abi::Gpa end() const { return high_; }
  [[nodiscard]] abi::MemoryRange spare() const { return {.base = low_, .size = low_ < low_end_ ? low_end_ - low_ : 0}; }

 private:
  abi::Gpa low_;
  abi::Gpa low_end_;
  abi::Gpa high_;
};

}  // namespace

Expected<BootLayout> plan_boot(const KernelImage& image, std::uint64_t ram_size, std::uint32_t vcpus,
                               std::uint64_t string_bytes, const PlatformNeeds& platform) {
  const arch::GuestArch& arch = *image.arch;
  if (ram_size % abi::kPageSize != 0)
    return fail(fmt::format("guest memory of {} bytes is not a multiple of the page size", ram_size));
  if (const std::uint64_t most = std::min(arch.max_ram, platform.max_ram); ram_size > most)
    return fail(fmt::format("guest memory of {} MiB is more than the {} MiB that a sandbox can have{}", ram_size >> 20,
                            most >> 20, most < arch.max_ram ? " with this engine" : ""),
                "give it less with --memory");
  if (vcpus == 0 || vcpus > abi::kMaxVcpus)
    return fail(fmt::format("{} vCPUs are not between 1 and {}", vcpus, abi::kMaxVcpus));
  if (vcpus > platform.max_vcpus)
    return fail(fmt::format("{} vCPUs are more than the {} that this engine can have for {}", vcpus, platform.max_vcpus,
                            arch.name),
                "ask for fewer with --cpus");
  if (string_bytes > ram_size)
    return fail(fmt::format("arguments and environment of {} KiB do not fit into guest memory", string_bytes >> 10),
                "give it more with --memory");

  BootLayout layout{};
  layout.arch = &arch;
  layout.ram_base = arch.ram_base;
  layout.ram_size = ram_size;
  layout.direct_map_base = image.direct_map_base;
  layout.doorbell = arch.doorbell_gpa(ram_size);
  layout.vcpus = vcpus;
  layout.mapped = platform.mapped;
  layout.devices = platform.devices;
  layout.mapped.push_back({.gpa = layout.doorbell, .size = abi::kDoorbellSize, .device = true});

  Placer placer(image, platform.reserved);
  layout.boot_page = placer.place(abi::kPageSize);
  layout.sandbox = placer.place(abi::kPageSize);
  layout.clock = placer.place(abi::kPageSize);
  layout.shared_tables = placer.place(arch.shared_table_bytes);
  layout.vcpu_pages = placer.place(vcpus * abi::kPageSize);
  layout.vcpu_areas = placer.place(vcpus * arch.vcpu_area_bytes);
  layout.stacks = placer.place(vcpus * 2 * abi::kBootStackSize);
  layout.queues = placer.place(vcpus * abi::kQueueSize);
  layout.stats = placer.place(vcpus * abi::kStatsSize);
  layout.page_tables = placer.place(arch.page_table_bytes(layout.page_table_request(abi::Privilege::split)));
  layout.control = placer.place(abi::kPageSize);
  layout.log_ring = placer.place(sizeof(abi::LogRing));
  layout.sockets = placer.place(sizeof(abi::SocketReadiness));
  layout.strings = placer.place(string_bytes);
  layout.free_start = placer.end();
  layout.spare = placer.spare();
  layout.ready_end = layout.ram_end();
  if (platform.ram_on_demand) {
    const std::uint64_t used = layout.free_start - layout.ram_base;
    const std::uint64_t wanted = std::max(kReadyMemory, large_pages(used + kReadyMemory / 4));
    layout.ready_end = layout.ram_base + std::min(ram_size, wanted);
  }

  const std::uint64_t needed = layout.free_start - layout.ram_base + kMinFreeMemory;
  if (needed > ram_size)
    return fail(
        fmt::format("guest memory of {} KiB is too small: kernel and {} vCPU(s) need {} KiB to start", ram_size >> 10,
                    vcpus, needed >> 10),
        fmt::format("give it more with --memory, at least {}M; ordinary programs want 64M", (needed >> 20) + 1));
  return layout;
}

}  // namespace baryon::host

// libFuzzer: any bytes through the kernel image parser; whatever it accepts must be safe to copy and to lay out.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/loader/kernel_image.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baryon::host;
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto image = parse_kernel_image(file, arch::guest_arch(Arch::x86_64));
  if (!image) return 0;
  static const auto memory = GuestMemory::create(16u << 20);
  if (!memory) std::abort();
  if (copy_kernel_image(file, *image, *memory)) {
    for (const KernelSegment& segment : image->segments)
      if (segment.gpa < image->begin || segment.gpa + segment.memory_size > image->end) std::abort();
    static_cast<void>(memory->release(0, memory->size()));
  }
  if (const auto layout = plan_boot(*image, memory->size(), 2, 100);
      layout && (layout->free_start < image->end || layout->free_start > memory->size()))
    std::abort();
  return 0;
}

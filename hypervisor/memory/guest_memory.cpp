#include "hypervisor/memory/guest_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "hypervisor/support/format.hpp"

namespace baryon::host {

namespace {

constexpr const char* kSmallerHint = "give the sandbox less with --memory, or raise the host's limits";

std::string describe(std::uint64_t size) {
  return size % (1u << 20) == 0 ? fmt::format("{} MiB", size >> 20) : fmt::format("{} KiB", size >> 10);
}

}  // namespace

Expected<GuestMemory> GuestMemory::create(std::uint64_t size, abi::Gpa start) { return map(size, start, -1); }

Expected<GuestMemory> GuestMemory::create_shared(std::uint64_t size, abi::Gpa start) {
  const int descriptor = ::memfd_create("guest-memory", MFD_CLOEXEC);
  if (descriptor < 0) return fail_errno("cannot create a file for guest memory", errno);
  const std::uint64_t file_size =
      size <= UINT64_MAX - kSharedUnit ? (size + kSharedUnit - 1) / kSharedUnit * kSharedUnit : size;
  if (::ftruncate(descriptor, static_cast<off_t>(file_size)) != 0) {
    const int error = errno;
    ::close(descriptor);
    return fail_errno(fmt::format("cannot give the file for guest memory {}", describe(size)), error, kSmallerHint);
  }
  auto mapped = map(size, start, descriptor);
  if (!mapped) ::close(descriptor);
  return mapped;
}

Expected<GuestMemory> GuestMemory::map(std::uint64_t size, abi::Gpa start, int descriptor) {
  if (size == 0 || size % abi::kPageSize != 0)
    return fail(fmt::format("guest memory of {} bytes is not a positive multiple of the page size", size));

  if (start % abi::kLargePageSize != 0 || start > UINT64_MAX - size)
    return fail(fmt::format("guest memory cannot begin at {:#x}", start));

  // Both 2 MiB host pages and 2 MiB guest pages need the same alignment on both sides. mmap(2) promises 4 KiB only:
  // map with room to spare, then cut.
  const std::uint64_t spare = abi::kLargePageSize;
  if (size > UINT64_MAX - spare)
    return fail(fmt::format("guest memory of {} is beyond the address space", describe(size)));
  void* mapped =
      ::mmap(nullptr, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED)
    return fail_errno(fmt::format("cannot map {} of guest memory", describe(size)), errno, kSmallerHint);

  auto* const begin = static_cast<std::byte*>(mapped);
  const auto misalignment = reinterpret_cast<std::uintptr_t>(begin) % abi::kLargePageSize;
  const std::uint64_t head = misalignment == 0 ? 0 : abi::kLargePageSize - misalignment;
  if (head != 0) ::munmap(begin, head);
  if (spare != head) ::munmap(begin + head + size, spare - head);
  std::byte* const base = begin + head;
  if (descriptor >= 0 &&
      ::mmap(base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0) == MAP_FAILED) {
    const int error = errno;
    ::munmap(base, size);
    return fail_errno(fmt::format("cannot map {} of shared guest memory", describe(size)), error, kSmallerHint);
  }

  // Advice only: a host without transparent huge pages still works, with more faults. Core dumps and forked
  // children have no business with guest memory.
  ::madvise(base, size, MADV_HUGEPAGE);
  ::madvise(base, size, MADV_DONTDUMP);
  ::madvise(base, size, MADV_DONTFORK);
  return GuestMemory(base, size, start, descriptor);
}

GuestMemory::~GuestMemory() {
  if (base_ != nullptr) ::munmap(base_, size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool GuestMemory::release(abi::Gpa gpa, std::uint64_t length) const noexcept {
  if (gpa % abi::kPageSize != 0 || length % abi::kPageSize != 0) return false;
  std::byte* const first = at(gpa, length);
  if (first == nullptr) return false;
  if (length == 0) return true;
  // Of a shared file MADV_DONTNEED drops this process's page table entries only.
  return ::madvise(first, length, descriptor_ >= 0 ? MADV_REMOVE : MADV_DONTNEED) == 0;
}

}  // namespace baryon::host

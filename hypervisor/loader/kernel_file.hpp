// Finds the kernel image that belongs to this program and maps it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "hypervisor/support/error.hpp"

namespace baryon::host {

// Where the kernel image is: $BARYON_KERNEL, else `kernel-<arch>.elf` (GuestArch::name) beside this executable.
Expected<std::string> kernel_path(std::string_view arch);

// A file mapped read-only and privately. A file that shrinks while it is mapped kills the process with SIGBUS: the
// kernel image is part of the installation, not input.
class MappedFile {
 public:
  static Expected<MappedFile> open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace baryon::host

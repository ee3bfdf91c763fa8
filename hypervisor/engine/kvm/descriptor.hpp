// A file descriptor that is closed with its owner, and ioctl(2) without EINTR.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace baryon::host::kvm {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool valid() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

// -1 and errno on failure, like ioctl(2); retries EINTR. Not for KVM_RUN, whose EINTR means something.
template <class Argument>
int control(const Descriptor& descriptor, unsigned long request, Argument argument) noexcept {
  int result;
  do result = ::ioctl(descriptor.get(), request, argument);
  while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace baryon::host::kvm

// What a fuzzer feeds, taken piece by piece; what is wanted beyond its end is zero or missing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace baryon::host::test {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool empty() const { return left_ == 0; }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (; bytes != 0 && left_ != 0; --bytes, --left_) value = value << 8 | *data_++;
    return value;
  }
  std::size_t copy(void* out, std::size_t size) {
    size = std::min(size, left_);
    std::memcpy(out, data_, size);
    data_ += size;
    left_ -= size;
    return size;
  }
  void append(std::vector<std::byte>& out, std::size_t size) {
    size = std::min(size, left_);
    const auto* const begin = reinterpret_cast<const std::byte*>(data_);
    out.insert(out.end(), begin, begin + size);
    data_ += size;
    left_ -= size;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace baryon::host::test

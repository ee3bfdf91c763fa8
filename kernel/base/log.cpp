// Writes log records into the ring of kernel/abi/log_ring.hpp.
#include "kernel/base/log.hpp"

#include "kernel/base/format.hpp"
#include "kernel/base/log_sink.hpp"

namespace baryon::log {
namespace {

abi::LogRing* ring = nullptr;
u64 (*clock)() = nullptr;
constexpr u32 kSkip = 0xffff;

bool write(Level level, abi::LogKind kind, const char* text, u32 length) {
  if (ring == nullptr) return true;
  const u32 size = static_cast<u32>((sizeof(abi::LogRecord) + length + 7) & ~7u);
  u64 position = ring->reserved.load(std::memory_order_relaxed);
  u64 start;
  u32 skip;
  do {
    const u32 room = abi::kLogRingBytes - static_cast<u32>(position % abi::kLogRingBytes);
    skip = room < size ? room : 0;
    start = position + skip;
    if (start + size - ring->consumed.load(std::memory_order_acquire) > abi::kLogRingBytes) return false;
  } while (!ring->reserved.compare_exchange_weak(position, start + size, std::memory_order_acq_rel));
  auto record_at = [](u64 at) { return reinterpret_cast<abi::LogRecord*>(ring->bytes + at % abi::kLogRingBytes); };
  if (skip != 0) {  // at least 8 bytes: everything up to text_length
    abi::LogRecord* filler = record_at(position);
    filler->text_length = kSkip;
    filler->length.store(static_cast<abi::u16>(skip), std::memory_order_release);
  }
  abi::LogRecord* record = record_at(start);
  record->level = static_cast<abi::u8>(level);
  record->kind = kind;
  record->vcpu = 0;
  record->text_length = static_cast<abi::u16>(length);
  record->time_ns = clock != nullptr ? clock() : 0;
  __builtin_memcpy(record + 1, text, length);
  // Publishes the record: the host reads the rest only after it has seen a length.
  record->length.store(static_cast<abi::u16>(size), std::memory_order_release);
  return true;
}

}  // namespace

void count_lost_record() {
  if (ring != nullptr) ring->dropped.fetch_add(1, std::memory_order_relaxed);
}

void set_sink(abi::LogRing* to, u64 (*now)()) {
  ring = to;
  clock = now;
}

void vprint(Level level, const char* format, va_list arguments) {
  char text[400];
  const std::size_t length = vformat(text, sizeof text, format, arguments);
  if (!write(level, abi::LogKind::message, text, static_cast<u32>(length))) count_lost_record();
}

void print(Level level, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprint(level, format, arguments);
  va_end(arguments);
}

bool strace(const char* text, unsigned length) {
  return write(Level::info, abi::LogKind::strace, text, length < 2000 ? length : 2000);
}

}  // namespace baryon::log

#include "hypervisor/log/log_drain.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "hypervisor/support/log.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host {

namespace {

constexpr abi::u16 kSkip = 0xffff;  // LogRecord::text_length of the filler before the ring's end
constexpr std::size_t kHeader = sizeof(abi::LogRecord);

LogLevel host_level(abi::u8 level) {
  constexpr LogLevel kLevels[] = {LogLevel::error, LogLevel::error, LogLevel::warn,
                                  LogLevel::info,  LogLevel::debug, LogLevel::trace};
  return level < std::size(kLevels) ? kLevels[level] : LogLevel::error;
}

}  // namespace

void LogDrain::drain() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock.owns_lock()) drain_locked();
}

void LogDrain::finish() {
  const std::lock_guard lock(mutex_);
  drain_locked();
  if (const std::uint64_t dropped = ring_.dropped.load(std::memory_order_relaxed); dropped != 0)
    log::warn("{} log records of the guest were lost: it wrote them faster than they could be shown", dropped);
}

void LogDrain::drain_locked() {
  const std::uint64_t end = position_ + abi::kLogRingBytes;
  while (!broken_ && position_ < end && take_record()) {
  }
  position_hint_.store(position_, std::memory_order_relaxed);
  if (!strace_text_.empty()) {
    // A reader that went away loses the trace, not the program.
    static_cast<void>(write_all(strace_, strace_text_));
    strace_text_.clear();
  }
}

bool LogDrain::take_record() {
  const std::size_t offset = position_ % abi::kLogRingBytes;
  const std::size_t room = abi::kLogRingBytes - offset;
  abi::u8* const bytes = ring_.bytes + offset;
  auto& record = *reinterpret_cast<abi::LogRecord*>(bytes);

  const std::size_t length = record.length.load(std::memory_order_acquire);
  if (length == 0) return false;
  const abi::u16 text_length = record.text_length;
  const abi::LogKind kind = record.kind;
  const abi::u8 level = record.level;
  const bool skip = text_length == kSkip;
  if (length % 8 != 0 || length > room || length < (skip ? 8 : kHeader) || (!skip && text_length > length - kHeader)) {
    broken_ = true;
    log::error("the guest's log ring is damaged (record of {} bytes with {} bytes of text at {}); its log ends here",
               length, text_length, position_);
    return false;
  }
  if (!skip) emit(bytes + kHeader, text_length, kind, level);
  std::memset(static_cast<void*>(bytes), 0, length);
  position_ += length;
  // Release: the zeroes are in place before a producer may reserve the bytes again.
  ring_.consumed.store(position_, std::memory_order_release);
  return true;
}

void LogDrain::emit(const abi::u8* text, std::size_t length, abi::LogKind kind, abi::u8 level) {
  std::string copy(reinterpret_cast<const char*>(text), length);
  while (!copy.empty() && copy.back() == '\n') copy.pop_back();
  if (kind == abi::LogKind::strace) {
    if (strace_ < 0) return;
    strace_text_ += escape_for_terminal(copy);
    strace_text_ += '\n';
  } else {
    log::at(host_level(level), "guest: {}", copy);
  }
}

}  // namespace baryon::host

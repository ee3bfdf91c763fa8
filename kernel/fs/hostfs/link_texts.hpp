// Texts of symbolic links on the host. A link's text never changes, so that whoever has just been told which link a
// name is need not ask for its text again. What changed in the last seconds is not kept: its number may have been
// another's a moment ago, with the same time of change.
#pragma once

#include <cstring>

#include "kernel/base/spinlock.hpp"
#include "kernel/base/string.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::fs {

class LinkTexts {
 public:
  struct Key {
    u64 device = 0, inode = 0;
    i64 change_s = 0;
    u32 change_ns = 0;
    bool operator==(const Key&) const = default;
  };
  // True: the text has been appended to `out`.
  Result<bool> find(const Key& key, String& out) {
    char text[kLongest];
    u32 length;
    {
      SpinGuard guard(lock_);
      const Entry& entry = entries_[key.inode % kEntries];
      if (entry.length == 0 || !(entry.key == key)) return false;
      length = entry.length;
      std::memcpy(text, entry.text, length);
    }
    TRY(out.append({text, length}));
    return true;
  }
  void keep(const Key& key, std::string_view text) {
    constexpr i64 kSettledSeconds = 2;
    if (text.size() > kLongest || text.empty()) return;
    if (key.change_s + kSettledSeconds >= static_cast<i64>(sched::realtime_ns() / sched::kNsPerSecond)) return;
    SpinGuard guard(lock_);
    Entry& entry = entries_[key.inode % kEntries];
    entry.key = key;
    entry.length = static_cast<u32>(text.size());
    std::memcpy(entry.text, text.data(), text.size());
  }

 private:
  static constexpr u32 kEntries = 61, kLongest = 92;
  struct Entry {
    Key key;
    u32 length = 0;
    char text[kLongest];
  };
  SpinLock lock_;
  Entry entries_[kEntries];
};

}  // namespace baryon::fs

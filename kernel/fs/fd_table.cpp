#include "kernel/fs/fd_table.hpp"

#include <algorithm>

#include "kernel/fs/locks.hpp"

namespace baryon::fs {
namespace {
// Descriptors above this do not fit a table in memory, whatever the limit says (Linux: fs.nr_open).
constexpr u64 kMaxDescriptors = 1 << 20;
}  // namespace

Result<void> FdTable::make_room(u32 fd) {
  if (fd < entries_.size()) return {};
  std::size_t size = std::max<std::size_t>(entries_.size() * 2, 8);
  if (size <= fd) size = fd + 1;
  return entries_.resize(std::min<std::size_t>(size, kMaxDescriptors));
}

u32 FdTable::lowest_free(u32 from) {
  u32 fd = std::max(from, hint_);
  while (fd < entries_.size() && entries_[fd].file) ++fd;
  return fd;
}

Result<Ref<FdTable>> FdTable::clone() {
  Ref<FdTable> copy = TRY(create());
  SpinGuard guard(lock_);
  TRY(copy->entries_.resize(entries_.size()));
  for (u32 i = 0; i < entries_.size(); ++i) {
    copy->entries_[i].file = entries_[i].file;
    copy->entries_[i].close_on_exec = entries_[i].close_on_exec;
  }
  copy->hint_ = hint_;
  return copy;
}

Result<Ref<File>> FdTable::get(u64 fd) {
  SpinGuard guard(lock_);
  if (fd >= entries_.size() || !entries_[fd].file) return Errno::badf;
  return entries_[fd].file;
}

Result<u32> FdTable::install(Ref<File> file, bool close_on_exec, u64 limit, u32 minimum) {
  limit = std::min(limit, kMaxDescriptors);
  if (minimum >= limit) return minimum == 0 ? Errno::mfile : Errno::inval;
  SpinGuard guard(lock_);
  const u32 fd = lowest_free(minimum);
  if (fd >= limit) return Errno::mfile;
  TRY(make_room(fd));
  entries_[fd].file = std::move(file);
  entries_[fd].close_on_exec = close_on_exec;
  if (minimum <= hint_) hint_ = fd + 1;
  return fd;
}

Result<void> FdTable::install_pair(Ref<File> a, Ref<File> b, bool close_on_exec, u64 limit, u32 out[2]) {
  out[0] = TRY(install(std::move(a), close_on_exec, limit));
  auto second = install(std::move(b), close_on_exec, limit);
  if (!second.ok()) {
    (void)remove(out[0]);
    return second.error();
  }
  out[1] = second.take();
  return {};
}

Result<Ref<File>> FdTable::replace(u32 fd, Ref<File> file, bool close_on_exec, u64 limit) {
  if (fd >= std::min(limit, kMaxDescriptors)) return Errno::badf;
  SpinGuard guard(lock_);
  TRY(make_room(fd));
  std::swap(entries_[fd].file, file);
  entries_[fd].close_on_exec = close_on_exec;
  return file;
}

Result<Ref<File>> FdTable::remove(u64 fd) {
  Ref<File> file;
  SpinGuard guard(lock_);
  if (fd >= entries_.size() || !entries_[fd].file) return Errno::badf;
  std::swap(entries_[fd].file, file);
  hint_ = std::min(hint_, static_cast<u32>(fd));
  return file;
}

Result<bool> FdTable::close_on_exec(u64 fd) {
  SpinGuard guard(lock_);
  if (fd >= entries_.size() || !entries_[fd].file) return Errno::badf;
  return bool{entries_[fd].close_on_exec};
}

Result<void> FdTable::set_close_on_exec(u64 fd, bool value) {
  SpinGuard guard(lock_);
  if (fd >= entries_.size() || !entries_[fd].file) return Errno::badf;
  entries_[fd].close_on_exec = value;
  return {};
}

u32 FdTable::next_open(u32 fd) {
  SpinGuard guard(lock_);
  for (; fd < entries_.size(); ++fd)
    if (entries_[fd].file) return fd;
  return ~u32{0};
}

u32 FdTable::open_count() {
  SpinGuard guard(lock_);
  u32 count = 0;
  for (const Entry& entry : entries_) count += entry.file ? 1 : 0;
  return count;
}

void FdTable::close_all(bool marked_only) {
  for (u32 fd = next_open(0); fd != ~u32{0}; fd = next_open(fd + 1)) {
    if (marked_only && !close_on_exec(fd).value_or(false)) continue;
    auto file = remove(fd);
    if (file.ok()) (void)file.value()->flush();
  }
}

}  // namespace baryon::fs

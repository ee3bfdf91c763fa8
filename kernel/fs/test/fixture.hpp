// A file tree for tests: tmpfs as root, helpers that read and write whole files.
#pragma once

#include <string>

#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/fs/mount_table.hpp"
#include "kernel/sched/test/fixture.hpp"

namespace baryon::fs::test {

struct Tree {
  sched::test::Machine machine;
  Tree() { mount_root(Dentry::make_root(mount_tmpfs(8 << 20, false, 0755).take()).take()); }
  ~Tree() { mount_root({}); }
  Place place() const { return {root(), root()}; }
};

// 0, or the errno.
template <class T>
int error_of(const Result<T>& result) {
  return result.ok() ? 0 : static_cast<int>(result.error().code());
}

inline std::string path_of(const Result<Ref<Dentry>>& dentry) {
  if (!dentry.ok()) return "errno " + std::to_string(error_of(dentry));
  auto path = dentry.value()->path(*root());
  return std::string(path.value().view());
}

inline int write_file(const Place& place, const std::string& path, const std::string& bytes,
                      u32 flags = kCreate | kTruncate) {
  auto file = open(place, path, kWriteOnly | flags, 0644);
  if (!file.ok()) return error_of(file);
  IoBuffer buffer = IoBuffer::kernel(bytes.data(), bytes.size());
  auto written = file.value()->write(buffer);
  return !written.ok() ? error_of(written) : written.value() == bytes.size() ? 0 : -1;
}

inline std::string read_file(const Place& place, const std::string& path) {
  auto file = open(place, path, kReadOnly, 0);
  if (!file.ok()) return "errno " + std::to_string(error_of(file));
  std::string bytes;
  char chunk[3000];
  for (;;) {
    IoBuffer buffer = IoBuffer::kernel(chunk, sizeof chunk);
    auto count = file.value()->read(buffer);
    if (!count.ok()) return "errno " + std::to_string(error_of(count));
    if (count.value() == 0) return bytes;
    bytes.append(chunk, count.value());
  }
}

}  // namespace baryon::fs::test

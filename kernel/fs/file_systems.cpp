// File systems that mount(2) can make, and tmpfs's options (tmpfs(5)).
#include "kernel/fs/devfs/devfs.hpp"
#include "kernel/fs/mount_table.hpp"
#include "kernel/fs/procfs/procfs.hpp"
#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/fs/tty/devpts.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::fs {
namespace {

// A number in the given base that fills `text` up to a suffix of sizes (k, m, g, %), which is left over.
Result<u64> take_number(std::string_view& text, u32 base) {
  u64 value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] < static_cast<char>('0' + base); ++digits) {
    if (value > ~u64{0} / 16) return Errno::inval;
    value = value * base + static_cast<u64>(text[digits] - '0');
  }
  if (digits == 0) return Errno::inval;
  text.remove_prefix(digits);
  return value;
}

Result<u64> number(std::string_view text, u32 base) {
  const u64 value = TRY(take_number(text, base));
  return text.empty() ? Result<u64>(value) : Errno::inval;
}

Result<u64> size(std::string_view text) {
  u64 value = TRY(take_number(text, 10));
  if (text == "%") {
    if (value > 100) return Errno::inval;
    return mm::memory_statistics().total * kPageSize / 100 * value;
  }
  if (text.empty()) return value;
  const std::string_view kSuffixes = "kmgt";
  const std::size_t power = kSuffixes.find(static_cast<char>(text.front() | 0x20));
  if (text.size() != 1 || power == std::string_view::npos || value >> 24 != 0) return Errno::inval;
  return value << 10 * (power + 1);
}

Result<Ref<Inode>> make_tmpfs(std::string_view options, bool read_only) {
  u64 limit = default_tmpfs_limit(), mode = 01777, uid = 0, gid = 0;
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    options.remove_prefix(std::min(options.size(), option.size() + 1));
    const std::size_t equals = std::min(option.find('='), option.size());
    const std::string_view name = option.substr(0, equals);
    const std::string_view value = equals < option.size() ? option.substr(equals + 1) : std::string_view();
    if (name == "size") limit = TRY(size(value));
    else if (name == "nr_blocks") limit = TRY(size(value)) * kPageSize;
    else if (name == "mode") mode = TRY(number(value, 8)) & kPermissionMask;
    else if (name == "uid") uid = TRY(number(value, 10));
    else if (name == "gid") gid = TRY(number(value, 10));
    else if (name == "nr_inodes") (void)TRY(size(value));
    else if (!option.empty() && name != "huge" && name != "mpol" && name != "inode64" && name != "inode32")
      return Errno::inval;
  }
  if (limit == 0) limit = mm::memory_statistics().total * kPageSize;  // "size=0": no limit but memory's
  Ref<Inode> top = TRY(mount_tmpfs(limit, read_only, static_cast<u32>(mode)));
  if (uid != 0 || gid != 0) {
    Ref<Dentry> place = TRY(Dentry::make_root(Ref<Inode>(top)));
    TRY(top->chown(*place, static_cast<u32>(uid), static_cast<u32>(gid)));
    TRY(top->chmod(*place, static_cast<u32>(mode)));
  }
  return top;
}

}  // namespace

Result<Ref<Inode>> make_file_system(std::string_view type, std::string_view options, bool read_only) {
  if (type == "tmpfs" || type == "ramfs") return make_tmpfs(options, read_only);
  if (type == "proc") return mount_procfs();
  if (type == "sysfs") return mount_sysfs();
  if (type == "devtmpfs") return mount_devfs();
  if (type == "devpts") return mount_devpts();
  if (type == "cgroup2") return mount_cgroup();
  return Errno::nodev;
}

}  // namespace baryon::fs

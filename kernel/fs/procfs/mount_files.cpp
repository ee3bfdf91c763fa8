// /proc/<pid>/mounts, mountinfo and /proc/filesystems.
#include "kernel/fs/context.hpp"
#include "kernel/fs/procfs/tables.hpp"

namespace baryon::fs::proc {
namespace {

// A mount's id: the minor number of its st_dev, which no other mount has.
u32 mount_id(const FileSystem& fs) { return device_minor(fs.device); }

// The mount that contains a mount point. The root's is one that nobody sees; minor numbers start above it.
u32 parent_id(const Dentry& where) {
  constexpr u32 kUnseen = 1;
  return where.is_root() ? kUnseen : mount_id(where.parent()->fs());
}

// Blanks and backslashes as octal escapes (getmntent(3)).
Result<void> append_escaped(std::string_view text, String& out) {
  for (char c : text) {
    switch (c) {
      case ' ': TRY(out.append("\\040")); break;
      case '\t': TRY(out.append("\\011")); break;
      case '\n': TRY(out.append("\\012")); break;
      case '\\': TRY(out.append("\\134")); break;
      default: TRY(out.append(c));
    }
  }
  return {};
}

std::string_view source(const FileSystem& fs) {
  return fs.source.empty() ? std::string_view(fs.type) : fs.source.view();
}

// Calls f(record, path) for each mount that the caller's root can reach.
template <class F>
Result<void> for_each_mount(F&& f) {
  const Ref<Dentry> root = current_context().root();
  for (const MountRecord& mount : mounts()) {
    const String path = TRY(mount.where->path(*root));
    if (path.view().starts_with('/')) TRY(f(mount, path.view()));
  }
  return {};
}

}  // namespace

Result<void> mounts_text(const Subject&, String& out) {
  return for_each_mount([&](const MountRecord& mount, std::string_view path) -> Result<void> {
    TRY(append_escaped(source(*mount.fs), out));
    TRY(out.append(' '));
    TRY(append_escaped(path, out));
    return out.appendf(" %s %s,relatime 0 0\n", mount.fs->type, mount.fs->read_only ? "ro" : "rw");
  });
}

Result<void> mount_info(const Subject&, String& out) {
  return for_each_mount([&](const MountRecord& mount, std::string_view path) -> Result<void> {
    const char* access = mount.fs->read_only ? "ro" : "rw";
    TRY(out.appendf("%u %u %u:%u / ", mount_id(*mount.fs), parent_id(*mount.where), device_major(mount.fs->device),
                    device_minor(mount.fs->device)));
    TRY(append_escaped(path, out));
    TRY(out.appendf(" %s,relatime - %s ", access, mount.fs->type));
    TRY(append_escaped(source(*mount.fs), out));
    return out.appendf(" %s\n", access);
  });
}

Result<void> file_systems(const Subject&, String& out) {
  return out.append(
      "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\nnodev\toverlay\nnodev\tpipefs\nnodev\thostfs\n");
}

}  // namespace baryon::fs::proc

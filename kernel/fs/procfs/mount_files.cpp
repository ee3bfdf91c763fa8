// /proc/<pid>/mounts, mountinfo and /proc/filesystems.
#include "kernel/fs/context.hpp"
#include "kernel/fs/mount_table.hpp"
#include "kernel/fs/procfs/tables.hpp"

namespace baryon::fs::proc {
namespace {

// The mount that contains a mount point. The root's is one that nobody sees; numbers start above it.
u32 parent_id(const Dentry& root) {
  constexpr u32 kUnseen = 1;
  const Ref<Dentry> point = root.mount_point();
  const Ref<Mount> parent = point ? point->mount() : Ref<Mount>();
  return parent ? parent->id : kUnseen;
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

// One mount, as the caller sees it.
struct Seen {
  Dentry& root;
  const Mount& mount;
  std::string_view path;
  FileSystem& fs() const { return root.fs(); }
  std::string_view source() const {
    if (!mount.source.empty()) return mount.source.view();
    return fs().source.empty() ? std::string_view(fs().type) : fs().source.view();
  }
};

// Calls f(Seen) for each mount that the caller's root can reach.
template <class F>
Result<void> for_each_mount(F&& f) {
  const Ref<Dentry> root = current_context().root();
  Vector<Ref<Dentry>> all = TRY(mounts());
  for (Ref<Dentry>& each : all) {
    const Ref<Mount> mount = each->mount();
    const String path = TRY(each->path(*root));
    if (mount && path.view().starts_with('/')) TRY(f(Seen{*each, *mount, path.view()}));
  }
  return {};
}

Result<void> append_options(const Seen& seen, bool read_only, String& out) {
  static constexpr struct {
    u32 flag;
    const char* name;
  } kNames[] = {{kMountNoSetId, "nosuid"},
                {kMountNoDevices, "nodev"},
                {kMountNoExecute, "noexec"},
                {kMountNoAtime, "noatime"},
                {kMountNoDirectoryAtime, "nodiratime"},
                {kMountRelativeAtime, "relatime"}};
  const u32 flags = seen.mount.flags.load(std::memory_order_relaxed);
  TRY(out.append(read_only || flags & kMountReadOnly ? "ro" : "rw"));
  for (const auto& each : kNames)
    if (flags & each.flag) TRY(out.appendf(",%s", each.name));
  return {};
}

}  // namespace

Result<void> mounts_text(const Subject&, String& out) {
  return for_each_mount([&](const Seen& seen) -> Result<void> {
    TRY(append_escaped(seen.source(), out));
    TRY(out.append(' '));
    TRY(append_escaped(seen.path, out));
    TRY(out.appendf(" %s ", seen.fs().type));
    TRY(append_options(seen, seen.fs().read_only, out));
    return out.append(" 0 0\n");
  });
}

Result<void> mount_info(const Subject&, String& out) {
  return for_each_mount([&](const Seen& seen) -> Result<void> {
    char in_fs[kPathMax];
    const auto length = seen.root.path_in_fs(in_fs, sizeof in_fs);
    TRY(out.appendf("%u %u %u:%u /", seen.mount.id, parent_id(seen.root), device_major(seen.fs().device),
                    device_minor(seen.fs().device)));
    TRY(append_escaped(length.ok() ? std::string_view(in_fs, length.value()) : "/deleted", out));
    TRY(out.append(' '));
    TRY(append_escaped(seen.path, out));
    TRY(out.append(' '));
    TRY(append_options(seen, seen.fs().read_only, out));
    if (seen.mount.propagation == Propagation::shared) TRY(out.appendf(" shared:%u", seen.mount.peer_group));
    if (seen.mount.propagation == Propagation::unbindable) TRY(out.append(" unbindable"));
    TRY(out.appendf(" - %s ", seen.fs().type));
    TRY(append_escaped(seen.source(), out));
    return out.appendf(" %s\n", seen.fs().read_only ? "ro" : "rw");
  });
}

Result<void> file_systems(const Subject&, String& out) {
  return out.append(
      "nodev\tsysfs\nnodev\ttmpfs\nnodev\tramfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tdevpts\nnodev\tcgroup2\nnodev\tov"
      "erlay\nnodev\tpipefs\nnodev\thostfs\n");
}

}  // namespace baryon::fs::proc

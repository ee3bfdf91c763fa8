// The mount table. A mount point is a pinned dentry: look-ups and listings find it before they ask the file
// system, so that it need not exist in a read-only root. Mounts are made at boot and stay.
#include "kernel/fs/mount_directory.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::fs {
namespace {

constinit Ref<Dentry> tree_root;
constinit MountRecord records[abi::kMaxMounts + 8];
constinit u32 record_count = 0;

Result<void> record(Ref<Dentry> where, FileSystem& fs) {
  if (record_count == std::size(records)) return Errno::nospc;
  records[record_count++] = {std::move(where), Ref<FileSystem>(fs)};
  return {};
}

}  // namespace

const Ref<Dentry>& root() { return tree_root; }
std::span<const MountRecord> mounts() { return {records, record_count}; }

void mount_root(Ref<Dentry> root) {
  Dentry::forget_all();
  if (tree_root) tree_root->unpin_below();
  for (MountRecord& old : records) old = {};
  record_count = 0;
  tree_root = std::move(root);
  if (tree_root) ENSURE(record(tree_root, tree_root->fs()).ok());
}

Result<void> mount(std::string_view path, Ref<Inode> inode) {
  if (path.empty() || path.front() != '/') return Errno::inval;
  Ref<Dentry> at = tree_root;
  std::string_view rest = path;
  for (u32 links = 0;;) {
    while (!rest.empty() && rest.front() == '/') rest.remove_prefix(1);
    if (rest.empty()) return Errno::busy;  // the root
    std::string_view component = rest.substr(0, rest.find('/'));
    rest.remove_prefix(component.size());
    std::string_view after = rest;
    while (!after.empty() && after.front() == '/') after.remove_prefix(1);
    if (component == "." || component == "..") return Errno::inval;
    if (component.size() > kNameMax) return Errno::nametoolong;
    if (after.empty()) {
      FileSystem& fs = inode->fs();
      return record(TRY(at->pin(component, std::move(inode), true)), fs);
    }
    Ref<Dentry> next;
    auto found = lookup_child(*at, component);
    if (found.ok() && found.value()->inode().type() == kSymlink && ++links <= 40) {
      // The mount point's real place: /var/run → /run.
      auto target = walk({tree_root, at}, component, kWalkFollow | kWalkDirectory);
      if (target.ok()) {
        at = target.take();
        // Everything from the root to here must be pinned, or the mount would not be found again.
        Ref<Dentry> chain = at;
        while (!chain->is_root() && !chain->is_pinned()) {
          Ref<Dentry> up = chain->parent();
          TRY(up->pin(TRY(chain->name()).view(), Ref<Inode>(chain->inode()), false));
          chain = up;
        }
        continue;
      }
    }
    if (found.ok() && found.value()->inode().is_directory()) next = found.take();
    if (!next || !next->is_pinned()) {
      Ref<Inode> directory = next ? Ref<Inode>(next->inode()) : TRY(make_mount_directory(at->fs()));
      next = {};
      next = TRY(at->pin(component, std::move(directory), false));
    }
    at = std::move(next);
  }
}

}  // namespace baryon::fs

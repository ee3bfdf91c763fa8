// The mount table.
#include "kernel/fs/context.hpp"
#include "kernel/fs/mount_directory.hpp"
#include "kernel/fs/mount_table.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::fs {
namespace {

constexpr std::size_t kMostMounts = 4096;

constinit SpinLock root_lock;
constinit Ref<Dentry> tree_root;  // guarded by root_lock

// Orders all changes. Taken before every other lock of the file system.
Mutex& table_lock() {
  static Mutex mutex;  // made at boot, by the first mount
  return mutex;
}
// --- under table_lock() ---
constinit Vector<Ref<Dentry>> table;
constinit u32 next_id = 20;
constinit u32 next_peer_group = 1;

void set_root(Ref<Dentry> root) {
  SpinGuard guard(root_lock);
  std::swap(tree_root, root);
}

// Enters a new mount; `root` covers nothing yet.
Result<void> enter(Ref<Dentry> root, u32 flags, std::string_view source) {
  if (table.size() >= kMostMounts) return Errno::nospc;
  Ref<Mount> mount = TRY(make_ref<Mount>(next_id, flags & kMountKeptFlags));
  TRY(mount->source.append(source));
  TRY(table.push_back(root));
  ++next_id;
  root->set_mount(std::move(mount));
  return {};
}

Result<void> enter_at(Dentry& target, Ref<Dentry> root, u32 flags, std::string_view source) {
  if (target.is_detached()) return Errno::noent;
  if (target.inode().is_directory() != root->inode().is_directory()) return Errno::notdir;
  TRY(enter(root, flags, source));
  target.be_covered_by(std::move(root));
  return {};
}

void leave(Dentry& root) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].get() != &root) continue;
    table.erase(i);
    return;
  }
}

Result<void> check_mount_root(const Dentry& place) {
  return place.is_mount_root() && (place.mount_point() || root().get() == &place) ? Result<void>() : Errno::inval;
}

// What is mounted below `root` and itself, in the order of the table.
Result<Vector<Ref<Dentry>>> mounts_below(const Dentry& root) {
  Vector<Ref<Dentry>> found;
  for (Ref<Dentry>& each : table)
    if (root.is_ancestor_of(*each)) TRY(found.push_back(each));
  return found;
}

// Repeats in the new tree at `view` what is mounted below `source`.
Result<void> bind_submounts(const Ref<Dentry>& source, const Ref<Dentry>& view, std::span<Ref<Dentry>> below) {
  for (Ref<Dentry>& each : below) {
    const Ref<Dentry> point = each->mount_point();
    if (!point || !source->is_ancestor_of(*point) || each->mount()->propagation == Propagation::unbindable) continue;
    const String path = TRY(point->path(*source));
    Ref<Dentry> copy = TRY(Dentry::make_view(*each));
    Ref<Dentry> at = point == source ? view->top() : TRY(walk({view, view}, path.view(), 0))->top();
    TRY(enter_at(*at, std::move(copy), each->mount()->flags, each->mount()->source.view()));
  }
  return {};
}

void take_down(Dentry& root) {
  leave(root);
  root.uncover();
}

}  // namespace

Ref<Dentry> root() {
  SpinGuard guard(root_lock);
  return tree_root;
}

Result<Vector<Ref<Dentry>>> mounts() {
  MutexGuard guard(table_lock());
  Vector<Ref<Dentry>> copy;
  for (Ref<Dentry>& each : table) TRY(copy.push_back(each));
  return copy;
}

void mount_root(Ref<Dentry> root) {
  Dentry::forget_all();
  MutexGuard guard(table_lock());
  while (!table.empty()) {
    const Ref<Dentry> last = table.back();
    take_down(*last);
  }
  if (root) ENSURE(enter(root, kMountRelativeAtime, {}).ok());
  set_root(std::move(root));
}

Result<void> mount(std::string_view path, Ref<Inode> inode) {
  if (path.empty() || path.front() != '/') return Errno::inval;
  Ref<Dentry> at = root();
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
    auto found = lookup_child(*at, component);
    if (after.empty()) {
      if (!found.ok()) found = at->attach(component, TRY(make_mount_directory(at->fs())));
      Ref<Dentry> made = TRY(Dentry::make_root(std::move(inode)));
      MutexGuard guard(table_lock());
      TRY(enter(made, kMountRelativeAtime, {}));
      found.value()->be_covered_by(std::move(made));
      return {};
    }
    if (found.ok() && found.value()->inode().type() == kSymlink && ++links <= 40) {
      // The mount point's real place: /var/run → /run.
      auto target = walk({root(), at}, component, kWalkFollow | kWalkDirectory);
      if (target.ok()) {
        at = target.take();
        continue;
      }
    }
    if (found.ok() && found.value()->inode().is_directory()) at = found.take();
    else at = TRY(at->attach(component, TRY(make_mount_directory(at->fs()))));
  }
}

Result<void> mount_on(Ref<Dentry> target, Ref<Inode> inode, u32 flags, std::string_view source) {
  Ref<Dentry> made = TRY(Dentry::make_root(std::move(inode)));
  MutexGuard guard(table_lock());
  return enter_at(*target->top(), std::move(made), flags, source);
}

Result<void> bind_mount(Ref<Dentry> source, Ref<Dentry> target, bool recursive) {
  MutexGuard guard(table_lock());
  const Ref<Mount> mount = source->mount();
  if (!mount || mount->propagation == Propagation::unbindable || source->is_detached()) return Errno::inval;
  Vector<Ref<Dentry>> below;
  if (recursive) below = TRY(mounts_below(*source));
  Ref<Dentry> view = TRY(Dentry::make_view(*source));
  TRY(enter_at(*target->top(), view, mount->flags, mount->source.view()));
  if (Result<void> bound = bind_submounts(source, view, below.span()); !bound.ok()) {
    if (auto made = mounts_below(*view); made.ok())
      while (!made.value().empty()) {
        take_down(*made.value().back());
        made.value().pop_back();
      }
    return bound;
  }
  return {};
}

Result<void> move_mount(Ref<Dentry> from, Ref<Dentry> target) {
  MutexGuard guard(table_lock());
  const Ref<Dentry> point = from->mount_point();
  if (!from->is_mount_root() || !point) return Errno::inval;
  if (const Ref<Mount> parent = point->mount(); parent && parent->propagation == Propagation::shared)
    return Errno::inval;
  const Ref<Dentry> to = target->top();
  if (to->is_detached()) return Errno::noent;
  if (to->inode().is_directory() != from->inode().is_directory()) return Errno::inval;
  if (from->is_ancestor_of(*to)) return Errno::loop;
  from->uncover();
  to->be_covered_by(std::move(from));
  return {};
}

Result<void> remount(Dentry& place, u32 flags) {
  MutexGuard guard(table_lock());
  TRY(check_mount_root(place));
  if (place.fs().read_only && !(flags & kMountReadOnly)) return Errno::rofs;
  u32 kept = flags & kMountKeptFlags;
  if (flags & kMountStrictAtime) kept &= ~u32{kMountNoAtime | kMountRelativeAtime};
  else if (!(flags & kMountNoAtime)) kept |= kMountRelativeAtime;
  place.mount()->flags.store(kept, std::memory_order_relaxed);
  return {};
}

Result<void> set_propagation(Dentry& place, Propagation how, bool recursive) {
  MutexGuard guard(table_lock());
  TRY(check_mount_root(place));
  Vector<Ref<Dentry>> changed;
  if (recursive) changed = TRY(mounts_below(place));
  else TRY(changed.push_back(Ref<Dentry>(place)));
  for (Ref<Dentry>& each : changed) {
    const Ref<Mount> mount = each->mount();
    if (how == Propagation::shared && mount->propagation != how) mount->peer_group = next_peer_group++;
    mount->propagation = how;
  }
  return {};
}

Result<void> unmount(Ref<Dentry> place, u32 flags) {
  Dentry::forget_all();  // names that are only remembered keep nothing busy
  MutexGuard guard(table_lock());
  TRY(check_mount_root(*place));
  if (!place->mount_point()) return flags & kUnmountDetach ? Errno::inval : Errno::busy;  // the root of all
  Vector<Ref<Dentry>> below = TRY(mounts_below(*place));
  if (!(flags & kUnmountDetach)) {
    constexpr u32 kOwn = 4;  // the table's, the mount point's, `below`'s, `place`
    if (below.size() > 1 || place->is_in_use(kOwn)) return Errno::busy;
  }
  if (flags & kUnmountExpire && !std::exchange(place->mount()->expiring, true)) return Errno::again;
  while (!below.empty()) {
    take_down(*below.back());
    below.pop_back();
  }
  return {};
}

Result<void> pivot_root(Ref<Dentry> new_root, Ref<Dentry> put_old) {
  MutexGuard guard(table_lock());
  const Ref<Dentry> old = current_context().root();
  if (!old->is_mount_root() || !new_root->is_mount_root()) return Errno::inval;
  if (new_root == old || put_old->mount() == old->mount()) return Errno::busy;
  const Ref<Dentry> new_point = new_root->mount_point(), old_point = old->mount_point();
  if (!new_point || (!old_point && root() != old)) return Errno::inval;
  if (!old->is_ancestor_of(*new_root) || !new_root->is_ancestor_of(*put_old)) return Errno::inval;
  for (const Ref<Mount>& mount : {new_root->mount(), new_point->mount(), old->mount()})
    if (mount && mount->propagation == Propagation::shared) return Errno::inval;
  if (put_old->is_detached()) return Errno::noent;
  new_root->uncover();
  if (old_point) {
    old->uncover();
    old_point->be_covered_by(new_root);
  } else {
    set_root(new_root);
  }
  put_old->top()->be_covered_by(old);
  for (Ref<sched::Process> each = sched::next_process(0); each; each = sched::next_process(each->pid() + 1)) {
    const Ref<FsContext> context = each->find_extension<FsContext>(sched::Extension::fs_context);
    if (!context) continue;
    if (context->root() == old) context->set_root(new_root);
    if (context->cwd() == old) context->set_cwd(new_root);
  }
  return {};
}

}  // namespace baryon::fs

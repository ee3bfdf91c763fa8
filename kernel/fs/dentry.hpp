// Dentries: where objects are in the tree. A dentry lives while something is open beneath it, works in it, or is
// mounted on it. All live dentries of one place are one object, so that a rename moves every open path below it.
//
// Of file systems whose names change through this kernel alone (FileSystem::stable_names), the last few thousand
// dentries are kept beyond that, and so is the knowledge that a name does not exist (a negative dentry). Of others
// nothing is kept, so that a host directory is never seen stale.
//
// Mounts: the root of each mount is the root of a tree of dentries; it *covers* a dentry of another mount, the mount
// point. A mount point and what leads to it within its mount are *pinned*: they are found before the file system is
// asked (they need not exist in it) and can be neither removed nor renamed. A bind mount shows objects that have
// dentries already: its dentries are *views*, each of which stands for a dentry of the file system's own tree, its
// origin. The origin has the name and is what the file system sees; the view knows which mount it was reached by.
//
// Locking: `tree_lock` (a spin lock) guards parent, name and children of all dentries, which are kept, and what covers
// what. Inode and origin of a dentry never change. Dropping the last reference takes tree_lock.
#pragma once

#include <string_view>

#include "kernel/base/hash_map.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/base/string.hpp"
#include "kernel/fs/inode.hpp"
#include "kernel/fs/mount.hpp"

namespace baryon::fs {

class Dentry final : public RefCounted, public HashNode {
 public:
  // A tree's root: its own parent.
  static Result<Ref<Dentry>> make_root(Ref<Inode> inode);
  // The dentry of `name` in this directory showing `inode`: the live one if it shows the same object. A live one
  // that shows another object is detached (its object was replaced).
  Result<Ref<Dentry>> attach(std::string_view name, Ref<Inode> inode);
  // A dentry for an object that has no name (yet): shown as deleted, found by no look-up.
  Result<Ref<Dentry>> attach_nameless(Ref<Inode> inode);
  // The pinned child, or null. Not what covers it.
  Ref<Dentry> pinned_child(std::string_view name);
  bool has_pinned_children() const { return pinned_children_ != 0; }

  // --- mounts (callers hold the mount table's lock for the first three) ---
  // Mounts the tree below `mount_root`, which covers nothing, here.
  void be_covered_by(Ref<Dentry> mount_root);
  // Ends that. `this` is the mount's root.
  void uncover();
  void set_mount(Ref<Mount> mount) { mount_ = std::move(mount); }
  // The mount point below this root; null: the tree's root, or no longer mounted.
  Ref<Dentry> mount_point() const;
  // What a walk that arrives here sees: the root of the last mount on it, or itself.
  Ref<Dentry> top();
  // The mount that this was reached by; null for what is in none (layers of an overlay, nameless files).
  Ref<Mount> mount() const;
  // Anybody has something in this mount; `own` references to its root do not count.
  bool is_in_use(u32 own);
  // The root of a bind mount of `origin`.
  static Result<Ref<Dentry>> make_view(Dentry& origin);
  // The view of `child`, which is this view's origin's child of that name.
  Result<Ref<Dentry>> attach_view(std::string_view name, Dentry& child);
  bool is_view() const { return origin_.get() != nullptr; }
  // The dentry in the file system's own tree.
  Dentry& origin() { return origin_ ? *origin_ : *this; }

  // --- kept dentries, for file systems with stable names ---
  // The live child, which may be negative, or null: then the file system has to be asked.
  Ref<Dentry> live_child(std::string_view name);
  // Keeps this dentry after its last use, for a while.
  void keep();
  // Notes that there is no such child, unless names have changed since names_version() was `version`.
  void remember_missing(std::string_view name, u32 version);
  u32 names_version() const { return names_version_.load(std::memory_order_acquire); }
  bool is_negative() const { return inode_->type() == 0; }
  // Drops everything that is kept.
  static void forget_all();

  // The object lost its name (unlink, rmdir, replaced by a rename).
  void detach_child(std::string_view name);
  // rename(2) has succeeded: the live dentry of `name`, if there is one, moves.
  void move_child(std::string_view name, Dentry& new_parent, std::string_view new_name, bool exchange);

  Inode& inode() const { return *inode_; }
  FileSystem& fs() const { return inode_->fs(); }
  // ".."; the root's is the root. Crosses mounts.
  Ref<Dentry> parent() const;
  bool is_mount_root() const { return mount_.get() != nullptr; }
  bool is_pinned() const { return pins_ != 0 || (origin_ && origin_->pins_ != 0); }
  bool is_detached() const { return detached_ || (origin_ && origin_->detached_); }
  bool is_ancestor_of(const Dentry& other) const;  // or the same

  // Absolute path as seen from `root` ("/a/b"; " (deleted)" is appended when detached; "(unreachable)" in front
  // when not below root).
  Result<String> path(const Dentry& root) const;
  // Path from the root of the file system, no leading slash, empty for the root itself; plus "/suffix" if not empty.
  // Cut never: ENAMETOOLONG beyond `size` bytes; ENOENT when detached. Returns the length.
  Result<u32> path_in_fs(char* buffer, u32 size, std::string_view suffix = {}) const;
  // Last component ("" for a root).
  Result<String> name() const;

  // Calls f(name, inode) for pinned children.
  template <class F>
  void for_each_pinned(F&& f) {
    for (Ref<Dentry> d = next_pinned(nullptr); d; d = next_pinned(d.get())) f(d->name_.view(), d->top()->inode());
  }

  ListNode sibling;
  ListNode kept_node;

 private:
  friend Result<Ref<Dentry>> make_ref<Dentry, Ref<Inode>>(Ref<Inode>&&);
  template <class T, class... Args>
  friend Result<Ref<T>> baryon::make_ref(Args&&...);
  explicit Dentry(Ref<Inode> inode) : inode_(std::move(inode)) {}
  ~Dentry() override;
  void last_unref() override;
  Dentry* find_child(std::string_view name);  // tree_lock held, as for the next three
  void link_child(Dentry& child);             // child.name_ is set
  void unlink_child(Dentry& child);
  Ref<Dentry> release_kept();  // no longer kept: the reference that kept it, for after the lock
  Ref<Dentry> next_pinned(Dentry* after);
  const Dentry* up() const { return covers_ ? covers_.get() : parent_.get(); }

  Ref<Inode> inode_;
  Ref<Dentry> parent_;  // null: root of a mount, or being destroyed
  Ref<Dentry> origin_;  // of a view
  Ref<Mount> mount_;    // of a mount's root
  Ref<Dentry> covers_, covered_by_;
  List<Dentry, &Dentry::sibling> children_;
  String name_;
  std::atomic<u32> names_version_{0};
  std::atomic<u32> views_{0};  // that have this as their origin
  u32 pins_ = 0;               // mounts here or below; the first one holds a reference
  u32 pinned_children_ = 0;
  bool detached_ = false;
};

}  // namespace baryon::fs

// Dentries: where objects are in the tree. A dentry lives while something is open beneath it, works in it, or is
// mounted on it. All live dentries of one place are one object, so that a rename moves every open path below it.
//
// Of file systems whose names change through this kernel alone (FileSystem::stable_names), the last few thousand
// dentries are kept beyond that, and so is the knowledge that a name does not exist (a negative dentry). Of others
// nothing is kept, so that a host directory is never seen stale.
//
// Locking: `tree_lock` (a spin lock) guards parent, name and children of all dentries, and which are kept. The inode
// of a dentry never changes. Dropping the last reference takes tree_lock.
#pragma once

#include <string_view>

#include "kernel/base/hash_map.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/base/string.hpp"
#include "kernel/fs/inode.hpp"

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
  // As attach, kept for ever and not replaceable: a mount point, or a made-up directory on the way to one.
  Result<Ref<Dentry>> pin(std::string_view name, Ref<Inode> inode, bool mount_root);
  // Undoes every pin below this: the tree is taken down.
  void unpin_below();
  // The pinned child, or null.
  Ref<Dentry> pinned_child(std::string_view name);
  bool has_pinned_children() const { return pinned_children_ != 0; }

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
  bool is_root() const { return parent_.get() == nullptr; }
  bool is_mount_root() const { return mount_root_; }
  bool is_pinned() const { return pinned_; }
  bool is_detached() const { return detached_; }
  bool is_ancestor_of(const Dentry& other) const;  // or the same

  // Absolute path as seen from `root` ("/a/b"; " (deleted)" is appended when detached; "(unreachable)" in front
  // when not below root).
  Result<String> path(const Dentry& root) const;
  // Path from the root of the mount, no leading slash, empty for the mount's root; plus "/suffix" if not empty.
  // Cut never: ENAMETOOLONG beyond `size` bytes; ENOENT when detached. Returns the length.
  Result<u32> path_in_mount(char* buffer, u32 size, std::string_view suffix = {}) const;
  // Last component ("" for a root).
  Result<String> name() const;

  // Calls f(name, inode number, type) for pinned children, in order of pinning.
  template <class F>
  void for_each_pinned(F&& f) {
    for (Dentry* d = next_pinned(nullptr); d; d = next_pinned(d)) f(d->name_.view(), d->inode());
  }

  ListNode sibling;
  ListNode kept_node;

 private:
  friend Result<Ref<Dentry>> make_ref<Dentry, Ref<Inode>>(Ref<Inode>&&);
  template <class T, class... Args>
  friend Result<Ref<T>> baryon::make_ref(Args&&...);
  explicit Dentry(Ref<Inode> inode) : inode_(std::move(inode)) {}
  ~Dentry() override = default;
  void last_unref() override;
  Dentry* find_child(std::string_view name);  // tree_lock held, as for the next three
  void link_child(Dentry& child);             // child.name_ is set
  void unlink_child(Dentry& child);
  Ref<Dentry> release_kept();          // no longer kept: the reference that kept it, for after the lock
  Dentry* next_pinned(Dentry* after);  // pinned dentries never go away

  Ref<Inode> inode_;
  Ref<Dentry> parent_;  // null: root, or being destroyed
  List<Dentry, &Dentry::sibling> children_;
  String name_;
  std::atomic<u32> names_version_{0};
  u32 pinned_children_ = 0;
  bool mount_root_ = false;
  bool pinned_ = false;
  bool detached_ = false;
};

}  // namespace baryon::fs

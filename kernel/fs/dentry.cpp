// The tree of live dentries.
//
// Destruction is deferred to whoever first finds the list of dead dentries empty: a dentry's death may be the
// last reference to its parent, and the chain can be as long as a path has components, too long for recursion
// on a kernel stack.
#include "kernel/fs/dentry.hpp"

#include <algorithm>
#include <cstring>

#include "kernel/fs/file.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::fs {
namespace {

constinit SpinLock tree_lock;
// Guarded by tree_lock. Linked through `sibling` pointers as a stack.
constinit Dentry* dead = nullptr;
constinit bool burying = false;
// All children of all dentries, by parent and name.
constinit HashTable<Dentry> children;
// Kept dentries, the one that was used least recently first.
List<Dentry, &Dentry::kept_node>& kept() {
  static List<Dentry, &Dentry::kept_node> list;
  return list;
}
constinit u32 kept_count = 0;

// Each costs half a kilobyte with what hangs on it; a hundredth of memory at most, then.
u32 most_kept() {
  constexpr u64 kMost = 16384, kFramesEach = 8;
  return static_cast<u32>(std::min(kMost, mm::memory_statistics().total / kFramesEach));
}

u32 child_hash(const Dentry* parent, std::string_view name) {
  return hash_word(reinterpret_cast<u64>(parent)) ^ hash_bytes(name);
}

// Stands for an object that does not exist.
class NoInode final : public Inode {
 public:
  explicit NoInode(FileSystem& fs) : Inode(fs, 0, 0) {}
  Result<void> stat(Dentry&, abi::FileStat&) override { return Errno::noent; }
  Result<Ref<File>> open(Dentry&, u32) override { return Errno::noent; }
};

}  // namespace

Result<Ref<Dentry>> Dentry::make_root(Ref<Inode> inode) { return make_ref<Dentry>(std::move(inode)); }

Dentry* Dentry::find_child(std::string_view name) {
  return children.find(child_hash(this, name),
                       [&](Dentry& child) { return child.parent_.get() == this && child.name_.view() == name; });
}

void Dentry::link_child(Dentry& child) {
  children_.push_back(child);
  children.insert(child, child_hash(this, child.name_.view()));
  names_version_.fetch_add(1, std::memory_order_acq_rel);
}

void Dentry::unlink_child(Dentry& child) {
  child.sibling.unlink();
  children.remove(child);
  names_version_.fetch_add(1, std::memory_order_acq_rel);
}

Ref<Dentry> Dentry::release_kept() {
  if (!kept_node.linked()) return {};
  kept_node.unlink();
  --kept_count;
  return Ref<Dentry>::adopt(this);
}

Ref<Dentry> Dentry::live_child(std::string_view name) {
  SpinGuard guard(tree_lock);
  Dentry* child = find_child(name);
  if (!child || !child->try_ref()) return {};
  if (child->kept_node.linked()) {
    child->kept_node.unlink();
    kept().push_back(*child);
  }
  return Ref<Dentry>::adopt(child);
}

void Dentry::keep() {
  const u32 most = most_kept();
  Ref<Dentry> oldest;  // dropped outside the lock
  SpinGuard guard(tree_lock);
  if (kept_node.linked() || detached_ || !parent_) return;
  ref();
  kept().push_back(*this);
  if (++kept_count > most) oldest = kept().front()->release_kept();
}

void Dentry::remember_missing(std::string_view name, u32 version) {
  auto copy = String::copy(name);
  auto inode = make_ref<NoInode>(fs());
  if (!copy.ok() || !inode.ok()) return;
  auto fresh = make_ref<Dentry>(Ref<Inode>(inode.take()));
  if (!fresh.ok()) return;
  Ref<Dentry> negative = fresh.take();
  {
    SpinGuard guard(tree_lock);
    if (names_version() != version || detached_ || find_child(name)) return;
    negative->name_ = copy.take();
    negative->parent_ = Ref<Dentry>(this);
    link_child(*negative);
  }
  negative->keep();
}

void Dentry::forget_all() {
  for (;;) {
    Ref<Dentry> oldest;  // dropped outside the lock
    SpinGuard guard(tree_lock);
    if (kept().empty()) return;
    oldest = kept().front()->release_kept();
  }
}

Result<Ref<Dentry>> Dentry::attach(std::string_view name, Ref<Inode> inode) {
  if (origin_) return attach_view(name, *TRY(origin_->attach(name, std::move(inode))));
  String copy = TRY(String::copy(name));
  Ref<Dentry> fresh = TRY(make_ref<Dentry>(std::move(inode)));
  Ref<Dentry> found, dropped;
  {
    SpinGuard guard(tree_lock);
    if (Dentry* child = find_child(name)) {
      if (child->pins_ || child->inode_->same(*fresh->inode_)) {
        if (child->try_ref()) found = Ref<Dentry>::adopt(child);
        else unlink_child(*child);  // dying: last_unref sees that it is unlinked
      } else {
        unlink_child(*child);
        child->detached_ = true;
        dropped = child->release_kept();
      }
    }
    if (!found) {
      fresh->name_ = std::move(copy);
      fresh->parent_ = Ref<Dentry>(this);
      link_child(*fresh);
      found = fresh;
    }
  }
  return found;  // an unused `fresh` dies here, outside the lock
}

Result<Ref<Dentry>> Dentry::attach_nameless(Ref<Inode> inode) {
  Ref<Dentry> original;
  if (origin_) original = TRY(origin_->attach_nameless(Ref<Inode>(inode)));
  String name;
  TRY(name.appendf("#%lu", inode->number()));
  Ref<Dentry> fresh = TRY(make_ref<Dentry>(std::move(inode)));
  SpinGuard guard(tree_lock);
  fresh->name_ = std::move(name);
  fresh->parent_ = Ref<Dentry>(this);
  fresh->detached_ = true;
  if (original) {
    original->views_.fetch_add(1, std::memory_order_relaxed);
    fresh->origin_ = std::move(original);
  }
  return fresh;
}

void Dentry::be_covered_by(Ref<Dentry> mount_root) {
  SpinGuard guard(tree_lock);
  DEBUG_ENSURE(!covered_by_ && !mount_root->covers_);
  for (Dentry* d = this; d; d = d->parent_.get()) {
    if (d->pins_++ != 0) continue;
    d->ref();
    if (d->parent_) ++d->parent_->pinned_children_;
  }
  mount_root->covers_ = Ref<Dentry>(this);
  covered_by_ = std::move(mount_root);
}

void Dentry::uncover() {
  Ref<Dentry> point, self;  // dropped outside the lock, as is each level's pin
  {
    SpinGuard guard(tree_lock);
    point = std::move(covers_);
    if (point) self = std::move(point->covered_by_);
  }
  while (point) {
    Ref<Dentry> unpinned, parent;
    {
      SpinGuard guard(tree_lock);
      parent = point->parent_;
      if (--point->pins_ == 0) {
        unpinned = Ref<Dentry>::adopt(point.get());
        if (parent) --parent->pinned_children_;
      }
    }
    point = std::move(parent);
  }
}

Ref<Dentry> Dentry::mount_point() const {
  SpinGuard guard(tree_lock);
  return covers_;
}

Ref<Dentry> Dentry::top() {
  SpinGuard guard(tree_lock);
  Dentry* d = this;
  while (d->covered_by_) d = d->covered_by_.get();
  return Ref<Dentry>(d);
}

Ref<Mount> Dentry::mount() const {
  SpinGuard guard(tree_lock);
  const Dentry* d = this;
  while (d->parent_) d = d->parent_.get();
  return d->mount_;
}

// References that are not accounted for by children, views, the list of kept dentries or a pin are somebody's.
bool Dentry::is_in_use(u32 own) {
  SpinGuard guard(tree_lock);
  for (Dentry* d = this;;) {
    u32 known = d->views_.load(std::memory_order_relaxed) + (d->kept_node.linked() ? 1 : 0) + (d->pins_ ? 1 : 0);
    for ([[maybe_unused]] Dentry& child : d->children_) ++known;
    if (d == this) known += own;
    if (d->ref_count() > known) return true;
    if (Dentry* child = d->children_.front()) {
      d = child;
      continue;
    }
    while (d != this && !d->parent_->children_.next(*d)) d = d->parent_.get();
    if (d == this) return false;
    d = d->parent_->children_.next(*d);
  }
}

Result<Ref<Dentry>> Dentry::make_view(Dentry& of) {
  Ref<Dentry> view = TRY(make_ref<Dentry>(Ref<Inode>(of.inode())));
  Dentry& original = of.origin();
  original.views_.fetch_add(1, std::memory_order_relaxed);
  view->origin_ = Ref<Dentry>(original);
  return view;
}

Result<Ref<Dentry>> Dentry::attach_view(std::string_view name, Dentry& child) {
  String copy = TRY(String::copy(name));
  Ref<Dentry> fresh = TRY(make_view(child));
  Ref<Dentry> found;
  {
    SpinGuard guard(tree_lock);
    if (Dentry* live = find_child(name)) {
      if ((live->pins_ || live->origin_.get() == &child) && live->try_ref()) {
        found = Ref<Dentry>::adopt(live);
      } else {
        unlink_child(*live);
        live->detached_ = true;
      }
    }
    if (!found) {
      fresh->name_ = std::move(copy);
      fresh->parent_ = Ref<Dentry>(this);
      link_child(*fresh);
      found = fresh;
    }
  }
  return found;
}

Ref<Dentry> Dentry::pinned_child(std::string_view name) {
  if (pinned_children_ == 0) return {};
  SpinGuard guard(tree_lock);
  Dentry* child = find_child(name);
  return child && child->pins_ ? Ref<Dentry>(child) : Ref<Dentry>();
}

Ref<Dentry> Dentry::next_pinned(Dentry* after) {
  if (pinned_children_ == 0) return {};
  SpinGuard guard(tree_lock);
  if (after && !after->sibling.linked()) return {};
  for (Dentry* d = after ? children_.next(*after) : children_.front(); d; d = children_.next(*d))
    if (d->pins_) return Ref<Dentry>(d);
  return {};
}

void Dentry::detach_child(std::string_view name) {
  if (origin_) origin_->detach_child(name);
  Ref<Dentry> dropped;
  SpinGuard guard(tree_lock);
  names_version_.fetch_add(1, std::memory_order_acq_rel);
  Dentry* child = find_child(name);
  if (!child || child->pins_) return;
  unlink_child(*child);
  child->detached_ = true;
  dropped = child->release_kept();
}

void Dentry::move_child(std::string_view name, Dentry& new_parent, std::string_view new_name, bool exchange) {
  if (origin_) origin_->move_child(name, new_parent.origin(), new_name, exchange);
  auto old_copy = String::copy(name);
  auto new_copy = String::copy(new_name);
  if (!old_copy.ok() || !new_copy.ok()) {
    // Without memory for names the live dentries lose their place; the files stay usable.
    detach_child(name);
    new_parent.detach_child(new_name);
    return;
  }
  Ref<Dentry> keep_old, keep_new, dropped;  // dropped outside the lock
  SpinGuard guard(tree_lock);
  names_version_.fetch_add(1, std::memory_order_acq_rel);
  new_parent.names_version_.fetch_add(1, std::memory_order_acq_rel);
  Dentry* moved = find_child(name);
  Dentry* replaced = new_parent.find_child(new_name);
  if (moved == replaced) return;
  auto place = [](Dentry& child, Dentry& parent, String text, Ref<Dentry>& keep) {
    child.parent_->unlink_child(child);
    keep = std::move(child.parent_);
    child.parent_ = Ref<Dentry>(&parent);
    child.name_ = std::move(text);
    parent.link_child(child);
  };
  if (replaced && !replaced->pins_) {
    if (exchange) {
      place(*replaced, *this, old_copy.take(), keep_new);
    } else {
      new_parent.unlink_child(*replaced);
      replaced->detached_ = true;
      dropped = replaced->release_kept();
    }
  }
  if (moved && !moved->pins_) place(*moved, new_parent, new_copy.take(), keep_old);
}

Ref<Dentry> Dentry::parent() const {
  SpinGuard guard(tree_lock);
  const Dentry* d = this;
  while (d->covers_) d = d->covers_.get();
  return d->parent_ ? d->parent_ : Ref<Dentry>(const_cast<Dentry*>(d));
}

bool Dentry::is_ancestor_of(const Dentry& other) const {
  SpinGuard guard(tree_lock);
  for (const Dentry* d = &other; d; d = d->up())
    if (d == this) return true;
  return false;
}

Result<String> Dentry::name() const {
  char text[kNameMax + 1];
  u32 length;
  {
    SpinGuard guard(tree_lock);
    const Dentry* d = this;
    while (d->covers_) d = d->covers_.get();
    length = std::min<u32>(d->name_.size(), kNameMax);
    std::memcpy(text, d->name_.data(), length);
  }
  return String::copy({text, length});
}

Result<String> Dentry::path(const Dentry& root) const {
  String text;
  TRY(text.reserve(kPathMax));
  static constexpr std::string_view kDeleted = " (deleted)";
  bool reachable = false;
  bool deleted = false;
  bool too_long = false;
  u32 total = 0;
  {
    // First the length, then the components from the end; names cannot change in between.
    SpinGuard guard(tree_lock);
    for (const Dentry* d = this; d; d = d->up()) {
      deleted |= d->is_detached();
      if (d == &root || !d->up()) {
        reachable = d == &root;
        break;
      }
      if (!d->covers_) total += d->name_.size() + 1;
    }
    too_long = total >= kPathMax;
    if (!too_long) {
      for (u32 i = 0; i < total; ++i) (void)text.append('/');  // within the reserve: cannot fail
      char* end = const_cast<char*>(text.data()) + total;
      for (const Dentry* d = this; d->up() && d != &root; d = d->up()) {
        if (d->covers_) continue;
        end -= d->name_.size();
        std::memcpy(end, d->name_.data(), d->name_.size());
        *--end = '/';
      }
    }
  }
  if (too_long) return Errno::nametoolong;
  if (total == 0) TRY(text.append('/'));
  if (deleted) TRY(text.append(kDeleted));
  if (reachable) return text;
  String far = TRY(String::copy("(unreachable)"));
  TRY(far.append(text));
  return far;
}

Result<u32> Dentry::path_in_fs(char* buffer, u32 size, std::string_view suffix) const {
  const Dentry* self = origin_ ? origin_.get() : this;
  SpinGuard guard(tree_lock);
  u32 total = 0;
  for (const Dentry* d = self; d->parent_; d = d->parent_.get()) {
    if (d->detached_) return Errno::noent;
    total += d->name_.size() + (total ? 1 : 0);
  }
  u32 length = total + static_cast<u32>(suffix.size()) + (total && !suffix.empty() ? 1 : 0);
  if (suffix.size() > size || length > size) return Errno::nametoolong;
  char* end = buffer + total;
  for (const Dentry* d = self; d->parent_; d = d->parent_.get()) {
    if (end != buffer + total) *--end = '/';
    end -= d->name_.size();
    std::memcpy(end, d->name_.data(), d->name_.size());
  }
  if (!suffix.empty()) {
    if (total) buffer[total] = '/';
    std::memcpy(buffer + length - suffix.size(), suffix.data(), suffix.size());
  }
  return length;
}

Dentry::~Dentry() {
  if (origin_) origin_->views_.fetch_sub(1, std::memory_order_relaxed);
}

void Dentry::last_unref() {
  {
    SpinGuard guard(tree_lock);
    if (sibling.linked()) parent_->unlink_child(*this);
    sibling.next = reinterpret_cast<ListNode*>(dead);
    dead = this;
    if (burying) return;
    burying = true;
  }
  for (;;) {
    Dentry* next;
    {
      SpinGuard guard(tree_lock);
      next = dead;
      if (!next) {
        burying = false;
        return;
      }
      dead = reinterpret_cast<Dentry*>(next->sibling.next);
      next->sibling.next = nullptr;
    }
    delete next;
  }
}

}  // namespace baryon::fs

// Path walking: path_resolution(7).
#include <algorithm>
#include <atomic>

#include "kernel/fs/permission.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::fs {
namespace {

constexpr u32 kMaxLinks = 40;

// The rest of a walk, innermost link's text last. `text` may be part of a link's buffer.
struct Walker {
  const Place& place;
  u32 flags;
  Ref<Dentry> at;
  u32 links = 0;
  FoundStatus* found = nullptr;  // about `at`, when the walk ends
  const bool searches_freely = may_search_anything();

  Ref<Dentry> top() const { return flags & (kWalkInRoot | kWalkBeneath) ? place.start : place.root; }

  Result<void> up() {
    if (at == top()) return flags & kWalkBeneath ? Result<void>(Errno::xdev) : Result<void>();
    if (at->is_mount_root() && flags & kWalkNoCrossing) return Errno::xdev;
    at = at->parent()->top();
    return {};
  }
};

std::string_view skip_slashes(std::string_view path) {
  std::size_t n = 0;
  while (n < path.size() && path[n] == '/') ++n;
  return path.substr(n);
}

// Takes the next component off `rest`.
std::string_view take_component(std::string_view& rest) {
  rest = skip_slashes(rest);
  const std::size_t end = std::min(rest.find('/'), rest.size());
  std::string_view component = rest.substr(0, end);
  rest = rest.substr(end);
  return component;
}

// The prefix of `rest` that has neither "." nor ".." components, and how many components it has.
u32 plain_components(std::string_view rest) {
  u32 count = 0;
  while (true) {
    std::string_view component = take_component(rest);
    if (component.empty()) return count;
    if (component == "." || component == ".." || component.size() > kNameMax) return 0;
    ++count;
  }
}

Result<void> start(Walker& walker, std::string_view path) {
  if (path.empty()) return Errno::noent;
  if (path.front() == '/') {
    if (walker.flags & kWalkBeneath) return Errno::xdev;
    walker.at = walker.flags & kWalkInRoot ? walker.place.start : walker.place.root;
  } else {
    walker.at = walker.place.start;
  }
  return {};
}

// Reads the link `link` and puts its text in front of `rest` in `storage`; moves to where it starts.
Result<void> follow(Walker& walker, Dentry& link, std::string_view& rest, String& storage) {
  if (++walker.links > kMaxLinks || walker.flags & kWalkNoSymlinks) return Errno::loop;
  auto magic = link.inode().magic_link();
  if (magic.ok()) {
    if (walker.flags & (kWalkNoMagicLinks | kWalkBeneath | kWalkInRoot))
      return walker.flags & kWalkNoMagicLinks ? Errno::loop : Errno::xdev;
    walker.at = magic.take();
    return {};
  }
  if (magic.error().code() != Errno::inval) return magic.error();
  String text;
  TRY(link.inode().read_link(link, text));
  if (text.empty()) return Errno::noent;
  if (text.view().front() == '/') {
    if (walker.flags & kWalkBeneath) return Errno::xdev;
    walker.at = walker.top();
  }
  if (!rest.empty()) {
    TRY(text.append('/'));
    TRY(text.append(rest));
  }
  storage = std::move(text);
  rest = storage.view();
  return {};
}

void note_status(const Inode& fresh, FoundStatus* found) {
  if (found) found->valid = fresh.status_at_lookup(found->status);
}

// Names in roots of file systems that were symbolic links the last time: asking for the whole rest would be in vain
// (/bin, /lib). A wrong hint costs a question.
class LinkHints {
 public:
  bool holds(const Dentry& directory, std::string_view name) const {
    const u32 hash = hash_of(directory, name);
    return hashes_[hash % kEntries].load(std::memory_order_relaxed) == hash;
  }
  void note(const Dentry& directory, std::string_view name, bool is_link) {
    const u32 hash = hash_of(directory, name);
    std::atomic<u32>& slot = hashes_[hash % kEntries];
    if (is_link) slot.store(hash, std::memory_order_relaxed);
    else if (slot.load(std::memory_order_relaxed) == hash) slot.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr u32 kEntries = 64;
  static u32 hash_of(const Dentry& directory, std::string_view name) {
    return hash_word(reinterpret_cast<u64>(&directory)) ^ hash_bytes(name);
  }
  std::atomic<u32> hashes_[kEntries]{};
};
constinit LinkHints link_hints;

// Asks the file system for the whole rest at once, where that is exact: nothing mounted below, no "..".
// True: walker.at is the end (its last component may be a symbolic link, not followed).
Result<bool> try_whole(Walker& walker, std::string_view rest) {
  const u32 components = plain_components(rest);
  if (components < 2) return false;
  std::string_view tail = rest;
  const std::string_view first = take_component(tail);
  if (walker.at->has_pinned_children() && walker.at->pinned_child(first)) return false;
  if (walker.at->is_mount_root() && link_hints.holds(*walker.at, first)) return false;
  Vector<Ref<Inode>> way;
  auto inode = walker.at->fs().lookup_path(*walker.at, rest, components, way);
  if (!inode.ok()) {
    const Errno code = inode.error().code();
    if (code == Errno::loop || code == Errno::opnotsupp) return false;
    return inode.error();
  }
  for (u32 i = 0; i + 1 < components; ++i) walker.at = TRY(walker.at->attach(take_component(rest), std::move(way[i])));
  note_status(*inode.value(), walker.found);
  walker.at = TRY(walker.at->attach(take_component(rest), inode.take()));
  return true;
}

}  // namespace

Result<Ref<Dentry>> lookup_covered(Dentry& directory, std::string_view name, FoundStatus* found) {
  if (found) found->valid = false;
  if (name.size() > kNameMax) return Errno::nametoolong;
  if (Ref<Dentry> pinned = directory.pinned_child(name)) return pinned;
  if (directory.is_detached()) return Errno::noent;
  if (directory.is_view()) return directory.attach_view(name, *TRY(lookup_covered(directory.origin(), name, found)));
  if (!directory.fs().stable_names) {
    Ref<Inode> inode = TRY(directory.inode().lookup(directory, name));
    note_status(*inode, found);
    return directory.attach(name, std::move(inode));
  }
  if (Ref<Dentry> known = directory.live_child(name)) {
    if (known->is_negative()) return Errno::noent;
    return known;
  }
  const u32 version = directory.names_version();
  auto inode = directory.inode().lookup(directory, name);
  if (!inode.ok()) {
    if (inode.error().code() == Errno::noent) directory.remember_missing(name, version);
    return inode.error();
  }
  Ref<Dentry> child = TRY(directory.attach(name, inode.take()));
  child->keep();
  return child;
}

Result<Ref<Dentry>> lookup_child(Dentry& directory, std::string_view name, FoundStatus* found) {
  Ref<Dentry> child = TRY(lookup_covered(directory, name, found));
  return child->is_pinned() ? child->top() : child;
}

Result<Ref<Dentry>> walk(const Place& place, std::string_view path, u32 flags, FoundStatus* found) {
  Walker walker{place, flags, {}};
  walker.found = found;
  TRY(start(walker, path));
  String storage;
  std::string_view rest = path;
  bool must_be_directory = flags & kWalkDirectory;
  while (true) {
    rest = skip_slashes(rest);
    if (rest.empty()) break;
    if (!walker.at->inode().is_directory()) return Errno::notdir;
    if (!walker.searches_freely) TRY(check_access(*walker.at, kMayExecute));
    else {
      auto whole = try_whole(walker, rest);
      if (!whole.ok()) return whole.error();
      if (whole.value()) {
        const bool trailing = rest.back() == '/';
        must_be_directory |= trailing;
        if (walker.at->inode().type() != kSymlink || !(flags & kWalkFollow || trailing)) break;
        Ref<Dentry> link = walker.at;
        if (found) found->valid = false;
        walker.at = link->parent();
        rest = {};
        String text;
        TRY(follow(walker, *link, rest, text));
        storage = std::move(text);
        rest = rest.empty() ? rest : storage.view();
        continue;
      }
    }
    std::string_view component = take_component(rest);
    const bool last = skip_slashes(rest).empty();
    if (last && !rest.empty()) must_be_directory = true;
    if (found) found->valid = false;
    if (component == ".") continue;
    if (component == "..") {
      TRY(walker.up());
      continue;
    }
    Ref<Dentry> child = TRY(lookup_child(*walker.at, component, found));
    if (!last && walker.at->is_mount_root()) link_hints.note(*walker.at, component, child->inode().type() == kSymlink);
    if (child->is_mount_root() && flags & kWalkNoCrossing) return Errno::xdev;
    if (child->inode().type() == kSymlink && (!last || flags & kWalkFollow || !rest.empty())) {
      rest = skip_slashes(rest);
      if (found) found->valid = false;
      String text;
      TRY(follow(walker, *child, rest, text));
      if (!text.empty()) {
        storage = std::move(text);
        rest = storage.view();
      }
      continue;
    }
    walker.at = std::move(child);
  }
  if (must_be_directory && !walker.at->inode().is_directory()) return Errno::notdir;
  return walker.at;
}

Result<ParentWalk> walk_parent(const Place& place, std::string_view path, u32 flags) {
  if (path.empty()) return Errno::noent;
  ParentWalk out;
  std::string_view trimmed = path;
  while (trimmed.size() > 1 && trimmed.back() == '/') {
    trimmed.remove_suffix(1);
    out.trailing_slash = true;
  }
  const std::size_t slash = trimmed.rfind('/');
  std::string_view name = slash == std::string_view::npos ? trimmed : trimmed.substr(slash + 1);
  std::string_view directory = slash == std::string_view::npos ? "." : slash == 0 ? "/" : trimmed.substr(0, slash);
  if (name.empty() || name == "." || name == "..") {
    out.parent = TRY(walk(place, path, flags | kWalkFollow | kWalkDirectory));
    return out;
  }
  if (name.size() > kNameMax) return Errno::nametoolong;
  out.parent = TRY(walk(place, directory, flags | kWalkFollow | kWalkDirectory));
  TRY(check_access(*out.parent, kMayExecute));
  out.name = name;
  return out;
}

}  // namespace baryon::fs

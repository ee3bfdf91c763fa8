// Operations that take paths.
#include <cstring>

#include "kernel/fs/inotify.hpp"
#include "kernel/fs/path_file.hpp"
#include "kernel/fs/permission.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::fs {
namespace {

constexpr u32 kMaxLinks = 40;
constexpr u32 kRaces = 16;  // attempts when another program makes or removes the name meanwhile

// A name to be made: its parent is writable and it does not exist.
Result<ParentWalk> walk_new(const Place& place, std::string_view path, bool directory) {
  ParentWalk target = TRY(walk_parent(place, path));
  if (target.name.empty()) return Errno::exist;
  auto existing = lookup_child(*target.parent, target.name);
  if (existing.ok()) return Errno::exist;
  if (existing.error().code() != Errno::noent) return existing.error();
  if (target.trailing_slash && !directory) return Errno::noent;
  TRY(want_write(*target.parent));
  TRY(check_make(*target.parent));
  if (target.parent->is_detached()) return Errno::noent;
  return target;
}

// A name has been made, or not: whatever was known about it no longer holds.
Result<void> made(const ParentWalk& target, Result<void> outcome, bool directory, bool is_link = false) {
  target.parent->detach_child(target.name);
  TRY(outcome);
  if (!is_link) TRY(give_owner(*target.parent, target.name));
  notify_name(*target.parent, target.name, kInCreate, directory);
  return {};
}

u32 wanted_access(u32 flags) {
  const u32 mode = flags & kAccessMode;
  return (mode != kWriteOnly ? u32{kMayRead} : 0) | (mode != kReadOnly || flags & kTruncate ? u32{kMayWrite} : 0);
}

// The number of links that unlinking takes away is the last one's.
bool is_last_link(Dentry& dentry) {
  abi::FileStat status;
  return dentry.inode().is_directory() || (dentry.inode().stat(dentry, status).ok() && status.nlink <= 1);
}

// A mount's root, or on the way to one.
bool is_mounted(const Dentry& dentry) { return dentry.is_mount_root() || dentry.is_pinned(); }

Result<Ref<File>> open_or_create(const Place& place, std::string_view path, u32 flags, u32 mode) {
  Place where = place;
  String storage;
  for (u32 links = 0, races = 0;;) {
    ParentWalk target = TRY(walk_parent(where, path));
    if (target.name.empty()) return Errno::isdir;
    auto found = lookup_child(*target.parent, target.name);
    if (found.ok()) {
      Ref<Dentry> child = found.take();
      if (flags & kExclusive) return Errno::exist;
      Inode& inode = child->inode();
      if (inode.type() == kSymlink) {
        if (flags & kNoFollow || ++links > kMaxLinks) return Errno::loop;
        auto magic = inode.magic_link();
        if (magic.ok()) return open_dentry(magic.take(), flags);
        if (magic.error().code() != Errno::inval) return magic.error();
        String text;
        TRY(inode.read_link(*child, text));
        if (target.trailing_slash) TRY(text.append('/'));
        where.start = target.parent;
        storage = std::move(text);
        path = storage.view();
        continue;
      }
      if (inode.is_directory() || target.trailing_slash) return inode.is_directory() ? Errno::isdir : Errno::notdir;
      return open_dentry(std::move(child), flags);
    }
    if (found.error().code() != Errno::noent) return found.error();
    if (target.trailing_slash) return Errno::isdir;
    TRY(want_write(*target.parent));
    TRY(check_make(*target.parent));
    auto made = target.parent->inode().create(*target.parent, target.name, flags, (mode & kPermissionMask) | kRegular);
    if (!made.ok()) {
      if (made.error().code() == Errno::exist && !(flags & kExclusive) && ++races < kRaces) continue;
      return made.error();
    }
    Inode::Created created = made.take();
    Ref<Dentry> child = TRY(target.parent->attach(target.name, std::move(created.inode)));
    created.file->set_dentry(child);
    TRY(give_owner(*target.parent, target.name));
    notify_name(*target.parent, target.name, kInCreate, false);
    notify_object(child.get(), kInOpen);
    return std::move(created.file);
  }
}

Result<Ref<File>> open_nameless(const Place& place, std::string_view path, u32 flags, u32 mode, u32 walk_flags) {
  if (flags & kCreate || (flags & kAccessMode) == kReadOnly) return Errno::inval;
  Ref<Dentry> directory = TRY(walk(place, path, walk_flags | kWalkFollow | kWalkDirectory));
  TRY(want_write(*directory));
  TRY(check_make(*directory));
  if (directory->is_detached()) return Errno::noent;
  Inode::Created created =
      TRY(directory->inode().create_nameless(*directory, flags & ~kTmpFile, (mode & kPermissionMask) | kRegular));
  created.file->set_dentry(TRY(directory->attach_nameless(std::move(created.inode))));
  return std::move(created.file);
}

}  // namespace

Result<void> want_write(const Dentry& dentry) {
  if (dentry.fs().read_only || mount_flags(dentry) & kMountReadOnly) return Errno::rofs;
  return {};
}

u32 mount_flags(const Dentry& dentry) {
  const Ref<Mount> mount = dentry.mount();
  return mount ? mount->flags.load(std::memory_order_relaxed) : 0;
}

Result<Ref<File>> open_dentry(Ref<Dentry> dentry, u32 flags) {
  Inode& inode = dentry->inode();
  if (flags & kPath) {
    Ref<File> file = TRY(make_ref<PathFile>(flags));
    file->set_dentry(std::move(dentry));
    return file;
  }
  const bool writes = (flags & kAccessMode) != kReadOnly || flags & kTruncate;
  switch (inode.type()) {
    case kSymlink: return Errno::loop;
    case kDirectoryType:
      if (writes || flags & kCreate) return Errno::isdir;
      break;
    case kSocket: return Errno::nxio;
    case kCharDevice:
    case kBlockDevice:
      if (mount_flags(*dentry) & kMountNoDevices) return Errno::acces;
      break;
    case kRegular:
      if (writes) TRY(want_write(*dentry));
      [[fallthrough]];
    default:
      if (flags & kDirectory) return Errno::notdir;
  }
  TRY(check_access(*dentry, wanted_access(flags)));
  if (flags & kNoAtime) TRY(check_owner(*dentry));
  Ref<File> file = TRY(inode.open(*dentry, flags));
  file->set_dentry(dentry);
  notify_object(dentry.get(), kInOpen);
  if (flags & kTruncate && inode.type() == kRegular) {
    if (file->writable()) TRY(file->truncate(0));
    else TRY(inode.truncate(*dentry, 0));
  }
  return file;
}

Result<Ref<File>> open(const Place& place, std::string_view path, u32 flags, u32 mode, u32 walk_flags) {
  if (flags & kPath) flags &= kPath | kDirectory | kNoFollow | kCloseOnExec;
  if ((flags & kTmpFile) == kTmpFile) return open_nameless(place, path, flags, mode, walk_flags);
  if (flags & kCreate) {
    if (flags & kDirectory) return Errno::inval;
    if (walk_flags == 0) return open_or_create(place, path, flags, mode);
    // With openat2's restrictions the parent is resolved under them and the last component is never a link.
    ParentWalk target = TRY(walk_parent(place, path, walk_flags));
    if (target.name.empty()) return Errno::isdir;
    return open_or_create({place.root, target.parent}, target.name, flags | kNoFollow, mode);
  }
  u32 how = walk_flags | (flags & kNoFollow ? 0 : kWalkFollow) | (flags & kDirectory ? kWalkDirectory : 0);
  return open_dentry(TRY(walk(place, path, how)), flags);
}

Result<void> mkdir(const Place& place, std::string_view path, u32 mode) {
  ParentWalk target = TRY(walk_new(place, path, true));
  return made(target, target.parent->inode().mkdir(*target.parent, target.name, mode & 01777), true);
}

Result<void> mknod(const Place& place, std::string_view path, u32 mode, u64 device) {
  ParentWalk target = TRY(walk_new(place, path, false));
  return made(target, target.parent->inode().mknod(*target.parent, target.name, mode, device), false);
}

Result<void> symlink(const Place& place, std::string_view path, std::string_view target_text) {
  if (target_text.empty()) return Errno::noent;
  ParentWalk target = TRY(walk_new(place, path, false));
  return made(target, target.parent->inode().symlink(*target.parent, target.name, target_text), false);
}

Result<void> link(Ref<Dentry> existing, const Place& place, std::string_view path) {
  ParentWalk target = TRY(walk_new(place, path, false));
  if (&existing->fs() != &target.parent->fs() || existing->mount() != target.parent->mount()) return Errno::xdev;
  if (existing->inode().is_directory()) return Errno::perm;
  return made(target, target.parent->inode().link(*target.parent, target.name, *existing), false, true);
}

Result<void> unlink(const Place& place, std::string_view path, bool directory) {
  ParentWalk target = TRY(walk_parent(place, path));
  if (target.name.empty()) {
    if (!directory) return Errno::isdir;
    while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    if (path.ends_with("..")) return Errno::notempty;
    return path.ends_with('.') ? Errno::inval : Errno::busy;
  }
  Ref<Dentry> child = TRY(lookup_child(*target.parent, target.name));
  if (directory && !child->inode().is_directory()) return Errno::notdir;
  if (!directory && child->inode().is_directory()) return Errno::isdir;
  if (target.trailing_slash && !child->inode().is_directory()) return Errno::notdir;
  TRY(want_write(*target.parent));
  TRY(check_remove(*target.parent, *child));
  if (is_mounted(*child)) return Errno::busy;
  const bool watched = is_watched(child->inode()), last = watched && is_last_link(*child);
  TRY(target.parent->inode().unlink(*target.parent, target.name, directory));
  target.parent->detach_child(target.name);
  notify_name(*target.parent, target.name, kInDelete, directory);
  if (watched) notify_removed(*child, last);
  return {};
}

Result<void> rename(const Place& from, std::string_view path, const Place& to, std::string_view new_path, u32 flags) {
  constexpr u32 kNoReplace = 1, kExchange = 2;
  if (flags & ~(kNoReplace | kExchange) || flags == (kNoReplace | kExchange)) return Errno::inval;
  ParentWalk source = TRY(walk_parent(from, path));
  ParentWalk target = TRY(walk_parent(to, new_path));
  if (&source.parent->fs() != &target.parent->fs() || source.parent->mount() != target.parent->mount())
    return Errno::xdev;
  if (source.name.empty()) return Errno::busy;
  if (target.name.empty()) return flags & kNoReplace ? Errno::exist : Errno::busy;
  TRY(want_write(*source.parent));
  Ref<Dentry> moved = TRY(lookup_child(*source.parent, source.name));
  auto found = lookup_child(*target.parent, target.name);
  Ref<Dentry> replaced;
  if (found.ok()) replaced = found.take();
  else if (found.error().code() != Errno::noent) return found.error();
  if (replaced && flags & kNoReplace) return Errno::exist;
  if (!replaced && flags & kExchange) return Errno::noent;
  TRY(check_remove(*source.parent, *moved));
  if (replaced) TRY(check_remove(*target.parent, *replaced));
  else TRY(check_make(*target.parent));
  const bool directory = moved->inode().is_directory();
  // Its ".." changes.
  if (directory && !(source.parent == target.parent)) TRY(check_access(*moved, kMayWrite));
  if (!directory && (source.trailing_slash || (target.trailing_slash && !(flags & kExchange)))) return Errno::notdir;
  if (directory && moved->is_ancestor_of(*target.parent)) return Errno::inval;
  if (replaced && replaced->is_ancestor_of(*source.parent)) return flags & kExchange ? Errno::inval : Errno::notempty;
  if (replaced && replaced->inode().same(moved->inode())) return {};
  if (replaced && !(flags & kExchange)) {
    if (directory && !replaced->inode().is_directory()) return Errno::notdir;
    if (!directory && replaced->inode().is_directory()) return Errno::isdir;
  }
  if (is_mounted(*moved) || (replaced && is_mounted(*replaced))) return Errno::busy;
  const bool gone = replaced && !(flags & kExchange) && is_watched(replaced->inode());
  const bool last = gone && is_last_link(*replaced);
  TRY(source.parent->inode().rename(*source.parent, source.name, *target.parent, target.name, flags));
  source.parent->move_child(source.name, *target.parent, target.name, flags & kExchange);
  notify_moved(*moved, *source.parent, source.name, *target.parent, target.name);
  if (gone) notify_removed(*replaced, last);
  return {};
}

Result<void> truncate(Dentry& dentry, u64 size) {
  if (dentry.inode().is_directory()) return Errno::isdir;
  if (dentry.inode().type() != kRegular) return Errno::inval;
  TRY(want_write(dentry));
  TRY(check_access(dentry, kMayWrite));
  if (size > file_size_limit()) {
    abi::FileStat status;
    TRY(dentry.inode().stat(dentry, status));
    if (size > status.size) return refuse_growth();
  }
  TRY(dentry.inode().truncate(dentry, size));
  notify_object(&dentry, kInModify);
  return {};
}

}  // namespace baryon::fs

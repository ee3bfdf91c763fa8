// Making, removing and moving names. A name that the lower directory has is never really free: where it was deleted a
// whiteout covers it, and what takes its place replaces the whiteout in one step.
#include "kernel/fs/overlay/overlay.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::fs::overlay {
namespace {

OverlayInode& inode_of(Dentry& dentry) { return static_cast<OverlayInode&>(dentry.inode()); }

Result<String> work_name(OverlayFs& fs) {
  String name;
  TRY(name.appendf("#%lu", fs.next_work_name++));
  return name;
}

// Moves an object of the work directory over whatever has the name.
Result<void> move_into_place(OverlayFs& fs, std::string_view from, Dentry& parent, std::string_view name) {
  Dentry& work = *fs.work_directory;
  auto moved = work.inode().rename(work, from, parent, name, 0);
  if (moved.ok()) {
    work.move_child(from, parent, name, false);
    return {};
  }
  for (bool directory : {false, true}) (void)work.inode().unlink(work, from, directory);
  work.detach_child(from);
  return moved;
}

}  // namespace

bool OverlayInode::lower_has(std::string_view name) {
  auto child = child_of(lower_, name);
  return child.ok() && child.value();
}

// Puts a whiteout at the name, in place of what is there.
Result<void> OverlayInode::hide(Dentry& upper_parent, std::string_view name) {
  Dentry& work = *overlay().work_directory;
  String temporary = TRY(work_name(overlay()));
  TRY(work.inode().mknod(work, temporary.view(), kCharDevice, 0));
  TRY(move_into_place(overlay(), temporary.view(), upper_parent, name));
  upper_parent.detach_child(name);
  return {};
}

// Makes something by `make(upper directory, name)`; over a whiteout it is made elsewhere and moved.
template <class Make>
Result<void> OverlayInode::place(Dentry& self, std::string_view name, bool directory, Make&& make) {
  Ref<Dentry> parent = TRY(copy_up(self));
  Ref<Dentry> old = TRY(child_of(parent, name));
  if (!old) {
    TRY(make(*parent, name));
    parent->detach_child(name);
  } else {
    if (!is_whiteout(*old)) return Errno::exist;
    Dentry& work = *overlay().work_directory;
    String temporary = TRY(work_name(overlay()));
    TRY(make(work, temporary.view()));
    TRY(move_into_place(overlay(), temporary.view(), *parent, name));
  }
  if (!directory || !lower_has(name)) return {};
  Ref<Dentry> made = TRY(lookup_child(*parent, name));
  return made->inode().set_attribute(*made, kOpaque, "y", 0);
}

Result<Inode::Created> OverlayInode::create(Dentry& self, std::string_view name, u32 flags, u32 mode) {
  MutexGuard guard(overlay().lock);
  Created created;
  TRY(place(self, name, false, [&](Dentry& parent, std::string_view at) -> Result<void> {
    created = TRY(parent.inode().create(parent, at, flags, mode));
    return {};
  }));
  Ref<Dentry> above = TRY(upper()->attach(name, std::move(created.inode)));
  const u64 number = upper_number(above->inode());
  created.inode = TRY(make_ref<OverlayInode>(overlay(), kRegular, number, std::move(above), Ref<Dentry>()));
  return created;
}

Result<Inode::Created> OverlayInode::create_nameless(Dentry& self, u32 flags, u32 mode) {
  MutexGuard guard(overlay().lock);
  Ref<Dentry> parent = TRY(copy_up(self));
  Created created = TRY(parent->inode().create_nameless(*parent, flags, mode));
  Ref<Dentry> above = TRY(parent->attach_nameless(std::move(created.inode)));
  const u64 number = upper_number(above->inode());
  created.inode = TRY(make_ref<OverlayInode>(overlay(), kRegular, number, std::move(above), Ref<Dentry>()));
  return created;
}

Result<void> OverlayInode::mkdir(Dentry& self, std::string_view name, u32 mode) {
  MutexGuard guard(overlay().lock);
  return place(self, name, true,
               [&](Dentry& parent, std::string_view at) { return parent.inode().mkdir(parent, at, mode); });
}

Result<void> OverlayInode::mknod(Dentry& self, std::string_view name, u32 mode, u64 device) {
  // It would be a whiteout.
  if ((mode & kTypeMask) == kCharDevice && device == 0) return Errno::perm;
  MutexGuard guard(overlay().lock);
  return place(self, name, false,
               [&](Dentry& parent, std::string_view at) { return parent.inode().mknod(parent, at, mode, device); });
}

Result<void> OverlayInode::symlink(Dentry& self, std::string_view name, std::string_view target) {
  MutexGuard guard(overlay().lock);
  return place(self, name, false,
               [&](Dentry& parent, std::string_view at) { return parent.inode().symlink(parent, at, target); });
}

Result<void> OverlayInode::link(Dentry& self, std::string_view name, Dentry& existing) {
  MutexGuard guard(overlay().lock);
  Ref<Dentry> object = TRY(copy_up(existing));
  return place(self, name, false,
               [&](Dentry& parent, std::string_view at) { return parent.inode().link(parent, at, *object); });
}

// An empty merged directory's upper part may hold whiteouts: they go. ENOTEMPTY if it shows anything.
Result<void> OverlayInode::clear(OverlayInode& directory) {
  struct Any final : DirectorySink {
    bool found = false;
    bool entry(std::string_view, u64, u8, u64) override { return !(found = true); }
  } any;
  TRY(list_merged(directory, any));
  if (any.found) return Errno::notempty;
  Ref<Dentry> above = directory.upper();
  if (!above) return {};
  struct Names final : DirectorySink {
    Vector<String> names;
    bool entry(std::string_view name, u64, u8, u64) override {
      if (name == "." || name == "..") return true;
      auto copy = String::copy(name);
      return copy.ok() && names.push_back(copy.take()).ok();
    }
  } left;
  Ref<File> file = TRY(above->inode().open(*above, kReadOnly | kDirectory));
  file->set_dentry(above);
  u64 position = 0;
  TRY(file->read_directory(left, position));
  for (const String& name : left.names) {
    TRY(above->inode().unlink(*above, name.view(), false));
    above->detach_child(name.view());
  }
  return {};
}

Result<void> OverlayInode::unlink(Dentry& self, std::string_view name, bool directory) {
  MutexGuard guard(overlay().lock);
  Ref<OverlayInode> object = TRY(find(name));
  if (object->is_directory() != directory) return directory ? Errno::notdir : Errno::isdir;
  if (directory) TRY(clear(*object));
  if (lower_has(name)) return hide(*TRY(copy_up(self)), name);
  Ref<Dentry> parent = upper();
  TRY(parent->inode().unlink(*parent, name, directory));
  parent->detach_child(name);
  return {};
}

// A directory that leaves its place says where its lower part is, or that it has none.
Result<void> OverlayInode::mark_moved(OverlayInode& moved) {
  if (!moved.is_directory()) return {};
  Ref<Dentry> above = moved.upper();
  if (!moved.lower_) return above->inode().set_attribute(*above, kOpaque, "y", 0);
  String where = TRY(moved.lower_->path(*moved.overlay().lower_root));
  return above->inode().set_attribute(*above, kRedirect, where.view(), 0);
}

Result<void> OverlayInode::rename(Dentry& self, std::string_view name, Dentry& new_parent, std::string_view new_name,
                                  u32 flags) {
  const bool exchange = flags & 2;
  MutexGuard guard(overlay().lock);
  auto live = [&](Dentry& parent, std::string_view child) -> Result<Ref<Dentry>> {
    if (Ref<Dentry> known = parent.live_child(child); known && !known->is_negative()) return known;
    return parent.attach(child, Ref<Inode>(TRY(inode_of(parent).find(child))));
  };
  Ref<Dentry> moved = TRY(live(self.origin(), name));
  auto found = live(new_parent.origin(), new_name);
  if (!found.ok() && found.error().code() != Errno::noent) return found.error();
  if (found.ok() && flags & 1) return Errno::exist;
  if (!found.ok() && exchange) return Errno::noent;
  Ref<Dentry> from = TRY(copy_up(self)), to = TRY(copy_up(new_parent));
  TRY(copy_up(*moved));
  TRY(mark_moved(inode_of(*moved)));
  if (exchange) {
    TRY(copy_up(*found.value()));
    TRY(mark_moved(inode_of(*found.value())));
  } else if (found.ok() && found.value()->inode().is_directory()) {
    TRY(clear(inode_of(*found.value())));
  }
  TRY(from->inode().rename(*from, name, *to, new_name, exchange ? 2 : 0));
  from->move_child(name, *to, new_name, exchange);
  return !exchange && lower_has(name) ? hide(*from, name) : Result<void>();
}

}  // namespace baryon::fs::overlay

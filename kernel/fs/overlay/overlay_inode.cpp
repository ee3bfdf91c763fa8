// Finding and reading.
#include "kernel/fs/overlay/overlay.hpp"

#include <cstring>

#include "kernel/fs/vfs.hpp"

namespace baryon::fs {
namespace overlay {
namespace {

// The number that a copied object keeps: its lower one's.
u64 origin_of(Dentry& upper) {
  String text;
  u64 number = 0;
  if (upper.inode().get_attribute(upper, kOrigin, text).ok() && text.size() == sizeof number)
    std::memcpy(&number, text.data(), sizeof number);
  return number;
}

bool is_opaque(Dentry& upper) {
  String text;
  return upper.inode().get_attribute(upper, kOpaque, text).ok() && text.view() == "y";
}

// The lower directory that a renamed one still shows; null: it was not renamed.
Result<Ref<Dentry>> redirect_of(OverlayFs& fs, Dentry& upper) {
  String text;
  auto found = upper.inode().get_attribute(upper, kRedirect, text);
  if (!found.ok()) return Ref<Dentry>();
  auto target = walk({fs.lower_root, fs.lower_root}, text.view(), kWalkDirectory);
  return target.ok() ? Result<Ref<Dentry>>(target.take()) : Ref<Dentry>();
}

}  // namespace

bool is_whiteout(Dentry& upper) {
  if (upper.inode().type() != kCharDevice) return false;
  abi::FileStat status;
  return upper.inode().stat(upper, status).ok() && status.special_device == 0;
}

Result<Ref<Dentry>> child_of(const Ref<Dentry>& layer, std::string_view name) {
  if (!layer || !layer->inode().is_directory()) return Ref<Dentry>();
  auto child = lookup_child(*layer, name);
  if (child.ok()) return child.take();
  if (child.error().code() == Errno::noent) return Ref<Dentry>();
  return child.error();
}

Result<void> OverlayFs::statfs(Dentry&, abi::FileSystemStat& out) {
  TRY(work_directory->fs().statfs(*work_directory, out));
  out.type = 0x794c7630;  // OVERLAYFS_SUPER_MAGIC
  return {};
}

Result<Ref<OverlayInode>> OverlayInode::find(std::string_view name) {
  Ref<Dentry> above = TRY(child_of(upper(), name));
  Ref<Dentry> below;
  if (above) {
    if (is_whiteout(*above)) return Errno::noent;
    if (!above->inode().is_directory()) {
      const u64 origin = origin_of(*above);
      return TRY(make_ref<OverlayInode>(overlay(), above->inode().type(),
                                        origin ? origin : upper_number(above->inode()), above, Ref<Dentry>()));
    }
    if (!is_opaque(*above)) {
      below = TRY(redirect_of(overlay(), *above));
      if (!below) below = TRY(child_of(lower_, name));
      if (below && !below->inode().is_directory()) below = {};
    }
  } else {
    below = TRY(child_of(lower_, name));
    if (!below) return Errno::noent;
  }
  const u64 number = below ? below->inode().number() : upper_number(above->inode());
  const u32 type = above ? above->inode().type() : below->inode().type();
  return TRY(make_ref<OverlayInode>(overlay(), type, number, std::move(above), std::move(below)));
}

Result<Ref<Inode>> OverlayInode::lookup(Dentry&, std::string_view name) {
  MutexGuard guard(overlay().lock);
  return Ref<Inode>(TRY(find(name)));
}

// Several inodes may stand for one object when its dentry was dropped in between; links of one upper object do too.
bool OverlayInode::same(const Inode& other) const {
  if (this == &other) return true;
  if (&fs() != &other.fs() || type() != other.type() || other.type() == 0) return false;
  const auto& peer = static_cast<const OverlayInode&>(other);
  Ref<Dentry> mine = upper(), theirs = peer.upper();
  if (mine && theirs) return mine->inode().same(theirs->inode());
  if (mine || theirs) return number() == other.number() && is_directory();
  return lower_->inode().same(peer.lower_->inode());
}

Result<void> OverlayInode::stat(Dentry&, abi::FileStat& out) {
  Ref<Dentry> object = real();
  // What is below does not change: what the look-up said still holds.
  const bool known = object == lower_ && object->inode().status_at_lookup(out);
  if (!known) TRY(object->inode().stat(*object, out));
  identify(out);
  return {};
}

void OverlayInode::identify(abi::FileStat& out) {
  out.device = fs().device;
  out.inode = number();
  // The count of a merged directory's subdirectories is not known; 1 says so (as overlayfs does).
  if (is_directory() && lower_ && upper()) out.nlink = 1;
}

Result<Ref<File>> OverlayInode::open(Dentry& self, u32 flags) {
  if (is_directory()) return open_directory(flags);
  Ref<Dentry> object;
  if (type() == kRegular && ((flags & kAccessMode) != kReadOnly || flags & kTruncate)) {
    MutexGuard guard(overlay().lock);
    object = TRY(copy_up(self, !(flags & kTruncate)));
  } else {
    object = real();
  }
  return object->inode().open(*object, flags);
}

Result<void> OverlayInode::read_link(Dentry&, String& out) {
  Ref<Dentry> object = real();
  return object->inode().read_link(*object, out);
}

Result<void> OverlayInode::get_attribute(Dentry&, std::string_view name, String& out) {
  if (name.starts_with(kPrivatePrefix)) return Errno::nodata;
  Ref<Dentry> object = real();
  return object->inode().get_attribute(*object, name, out);
}

Result<void> OverlayInode::list_attributes(Dentry&, String& out) {
  Ref<Dentry> object = real();
  String all;
  TRY(object->inode().list_attributes(*object, all));
  for (std::string_view rest = all.view(); !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find('\0') + 1);
    rest.remove_prefix(name.size());
    if (!name.starts_with(kPrivatePrefix)) TRY(out.append(name));
  }
  return {};
}

}  // namespace overlay

Result<Ref<Inode>> mount_overlay(Ref<Inode> lower, Ref<Inode> upper) {
  lower->fs().frozen = true;
  Ref<Dentry> below = TRY(Dentry::make_root(std::move(lower)));
  Ref<Dentry> above = TRY(Dentry::make_root(std::move(upper)));
  abi::FileStat status;
  TRY(below->inode().stat(*below, status));
  TRY(above->inode().mkdir(*above, "work", 0700));
  TRY(above->inode().mkdir(*above, "upper", status.mode & kPermissionMask));
  Ref<Dentry> top = TRY(lookup_child(*above, "upper"));
  Ref<Dentry> work = TRY(lookup_child(*above, "work"));
  TRY(top->inode().chown(*top, status.uid, status.gid));
  auto fs = TRY(make_ref<overlay::OverlayFs>(below, std::move(work)));
  const u64 number = status.inode;
  return Ref<Inode>(
      TRY(make_ref<overlay::OverlayInode>(*fs, kDirectoryType, number, std::move(top), std::move(below))));
}

}  // namespace baryon::fs

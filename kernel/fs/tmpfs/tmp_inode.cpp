// Names and attributes.
#include <algorithm>

#include "kernel/fs/devfs/device.hpp"
#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::fs {
namespace {

void now(i64& seconds, u32& nanoseconds) {
  const u64 time = sched::realtime_ns();
  seconds = static_cast<i64>(time / sched::kNsPerSecond);
  nanoseconds = static_cast<u32>(time % sched::kNsPerSecond);
}

// Files without a name in any mount: memfd_create, shared anonymous memory.
Result<Ref<TmpFs>> memory_fs() {
  static constinit Ref<TmpFs> instance;
  if (!instance) instance = TRY(make_ref<TmpFs>(default_tmpfs_limit(), false));
  return instance;
}

}  // namespace

u64 default_tmpfs_limit() { return mm::memory_statistics().total * kPageSize / 2; }

Result<Ref<Inode>> mount_tmpfs(u64 limit, bool read_only, u32 mode) {
  Ref<TmpFs> fs = TRY(make_ref<TmpFs>(limit, read_only));
  return Ref<Inode>(TRY(make_ref<TmpInode>(*fs, kDirectoryType | mode, u64{0})));
}

Result<Ref<TmpInode>> make_memory_file(u32 mode, bool sealable) {
  Ref<TmpFs> fs = TRY(memory_fs());
  Ref<TmpInode> inode = TRY(make_ref<TmpInode>(*fs, kRegular | mode, u64{0}));
  inode->sealable = sealable;
  if (sealable) inode->seals_ = 0;
  return inode;
}

void TmpFs::statfs(abi::FileSystemStat& out) {
  SpinGuard guard(lock);
  const u64 free = page_limit > pages_used ? page_limit - pages_used : 0;
  out = {.type = 0x01021994,
         .block_size = kPageSize,
         .blocks = page_limit,
         .blocks_free = free,
         .blocks_available = free,
         .files = page_limit,
         .files_free = page_limit > inodes ? page_limit - inodes : 0,
         .name_max = kNameMax};
}

TmpInode::TmpInode(TmpFs& fs, u32 mode, u64 special_device)
    : ListedInode(fs, mode, next_inode_number()), mode_(mode), special_device_(special_device) {
  if (is_directory()) links_ = 2;
  now(modify_s_, modify_ns_);
  access_s_ = change_s_ = birth_s_ = modify_s_;
  access_ns_ = change_ns_ = birth_ns_ = modify_ns_;
  SpinGuard guard(fs.lock);
  ++fs.inodes;
}

// A directory's entries go with it: unmounted trees only, as a directory with entries cannot be removed.
TmpInode::~TmpInode() {
  const u64 pages = pages_.size();
  {
    SpinGuard guard(tmp().lock);
    tmp().pages_used -= pages;
    --tmp().inodes;
  }
  while (TmpEntry* entry = order_.pop_front()) {
    entries_.remove(*entry);
    delete entry;
  }
  while (TmpAttribute* attribute = attributes_.pop_front()) delete attribute;
}

TmpEntry* TmpInode::find(std::string_view name) {
  return entries_.find(hash_bytes(name), [&](TmpEntry& entry) { return entry.name.view() == name; });
}

void TmpInode::touch(bool modified) {
  now(change_s_, change_ns_);
  if (modified) {
    modify_s_ = change_s_;
    modify_ns_ = change_ns_;
  }
}

void TmpInode::stat(abi::FileStat& out) {
  SpinGuard guard(tmp().lock);
  out = {};
  out.mode = mode_;
  out.nlink = links_;
  out.uid = uid_;
  out.gid = gid_;
  out.inode = number();
  out.device = fs().device;
  out.special_device = special_device_;
  out.size = is_directory() ? (entries_.size() + 2) * 20 : size_;
  out.blocks = pages_.size() * (kPageSize / 512);
  out.block_size = kPageSize;
  out.access_s = access_s_;
  out.access_ns = access_ns_;
  out.modify_s = modify_s_;
  out.modify_ns = modify_ns_;
  out.change_s = change_s_;
  out.change_ns = change_ns_;
  out.birth_s = birth_s_;
  out.birth_ns = birth_ns_;
}

Result<void> TmpInode::stat(Dentry&, abi::FileStat& out) {
  stat(out);
  return {};
}

Result<Ref<File>> TmpInode::open(Dentry&, u32 flags) {
  switch (type()) {
    case kRegular: return Ref<File>(TRY(make_ref<TmpFile>(flags, Ref<TmpInode>(this))));
    case kDirectoryType: return Ref<File>(TRY(make_ref<SimpleDirectory>(flags)));
    case kCharDevice: return open_device(special_device_, flags);
    case kFifo: return open_fifo(tmp().lock, fifo_, flags);
    default: return Errno::nxio;
  }
}

Result<Ref<Inode>> TmpInode::lookup(Dentry&, std::string_view name) {
  SpinGuard guard(tmp().lock);
  TmpEntry* entry = find(name);
  if (!entry) return Errno::noent;
  return Ref<Inode>(entry->inode);
}

Result<void> TmpInode::add_entry(std::string_view name, Ref<TmpInode> inode) {
  TmpEntry* entry = TRY(make<TmpEntry>());
  auto text = String::copy(name);
  Result<void> outcome;
  if (!text.ok()) outcome = text.error();
  else {
    entry->name = text.take();
    entry->inode = inode;
    SpinGuard guard(tmp().lock);
    if (find(name)) outcome = Errno::exist;
    else if (removed_) outcome = Errno::noent;
    else if (tmp().inodes > tmp().page_limit) outcome = Errno::nospc;
    else {
      entry->cookie = next_cookie_++;
      entries_.insert(*entry, hash_bytes(name));
      order_.push_back(*entry);
      if (inode->is_directory()) ++links_;
      touch(true);
    }
  }
  if (!outcome.ok()) delete entry;
  return outcome;
}

Result<Inode::Created> TmpInode::create(Dentry&, std::string_view name, u32 flags, u32 mode) {
  Ref<TmpInode> inode = TRY(make_ref<TmpInode>(tmp(), kRegular | (mode & kPermissionMask), u64{0}));
  Ref<File> file = TRY(make_ref<TmpFile>(flags, inode));
  TRY(add_entry(name, inode));
  return Created{inode, std::move(file)};
}

Result<Inode::Created> TmpInode::create_nameless(Dentry&, u32 flags, u32 mode) {
  Ref<TmpInode> inode = TRY(make_ref<TmpInode>(tmp(), kRegular | (mode & kPermissionMask), u64{0}));
  inode->links_ = 0;
  inode->linkable_ = !(flags & kExclusive);
  Ref<File> file = TRY(make_ref<TmpFile>(flags, inode));
  return Created{inode, std::move(file)};
}

Result<void> TmpInode::mkdir(Dentry&, std::string_view name, u32 mode) {
  return add_entry(name, TRY(make_ref<TmpInode>(tmp(), kDirectoryType | (mode & kPermissionMask), u64{0})));
}

Result<void> TmpInode::mknod(Dentry&, std::string_view name, u32 mode, u64 device) {
  const u32 type = mode & kTypeMask ? mode & kTypeMask : kRegular;
  if (type == kBlockDevice) return Errno::perm;
  if (type != kRegular && type != kFifo && type != kCharDevice && type != kSocket) return Errno::inval;
  return add_entry(name,
                   TRY(make_ref<TmpInode>(tmp(), type | (mode & kPermissionMask), type == kCharDevice ? device : 0)));
}

Result<void> TmpInode::symlink(Dentry&, std::string_view name, std::string_view target) {
  Ref<TmpInode> inode = TRY(make_ref<TmpInode>(tmp(), kSymlink | 0777, u64{0}));
  inode->target_ = TRY(String::copy(target));
  inode->size_ = target.size();
  return add_entry(name, std::move(inode));
}

Result<void> TmpInode::link(Dentry&, std::string_view name, Dentry& existing) {
  auto& inode = static_cast<TmpInode&>(existing.inode());
  {
    SpinGuard guard(tmp().lock);
    if (inode.links_ == 0 && !inode.linkable_) return Errno::noent;
    ++inode.links_;
  }
  auto added = add_entry(name, Ref<TmpInode>(inode));
  SpinGuard guard(tmp().lock);
  if (!added.ok()) --inode.links_;
  else inode.touch(false);
  return added;
}

void TmpInode::erase(TmpEntry& entry) {
  if (cursor_ == &entry) cursor_ = order_.previous(entry);
  entries_.remove(entry);
  entry.order.unlink();
  if (entry.inode->is_directory()) --links_;
  touch(true);
}

Result<void> TmpInode::unlink(Dentry&, std::string_view name, bool directory) {
  TmpEntry* entry;
  {
    SpinGuard guard(tmp().lock);
    entry = find(name);
    if (!entry) return Errno::noent;
    TmpInode& inode = *entry->inode;
    if (inode.is_directory() != directory) return directory ? Errno::notdir : Errno::isdir;
    if (directory && inode.entries_.size() != 0) return Errno::notempty;
    erase(*entry);
    inode.links_ -= directory ? inode.links_ : 1;
    inode.removed_ = inode.links_ == 0;
    inode.touch(false);
  }
  delete entry;  // may free the file's pages
  return {};
}

// Names stay in place, inodes move: an entry's cookie must stay where readers of the directory saw it.
Result<void> TmpInode::rename(Dentry&, std::string_view name, Dentry& new_parent, std::string_view new_name,
                              u32 flags) {
  auto& target = static_cast<TmpInode&>(new_parent.inode());
  const bool exchange = flags & 2;
  auto* fresh = TRY(make<TmpEntry>());
  TmpEntry* gone = fresh;  // deleted after the lock
  Ref<TmpInode> replaced;
  Result<void> outcome;
  auto text = String::copy(new_name);
  if (!text.ok()) {
    delete fresh;
    return text.error();
  }
  fresh->name = text.take();
  {
    SpinGuard guard(tmp().lock);
    TmpEntry* from = find(name);
    TmpEntry* to = target.find(new_name);
    const auto fail = [&](Errno code) { outcome = code; };
    if (!from || (exchange && !to)) fail(Errno::noent);
    else if (to && flags & 1) fail(Errno::exist);
    else if (target.removed_) fail(Errno::noent);
    else if (to && !exchange && to->inode->is_directory() && to->inode->entries_.size() != 0) fail(Errno::notempty);
    else if (exchange) {
      const i32 moved = (from->inode->is_directory() ? 1 : 0) - (to->inode->is_directory() ? 1 : 0);
      links_ -= static_cast<u32>(moved);
      target.links_ += static_cast<u32>(moved);
      std::swap(from->inode, to->inode);
      touch(true);
      target.touch(true);
    } else if (to) {
      replaced = to->inode;
      if (replaced->is_directory()) {
        --target.links_;
        replaced->links_ = 0;
        replaced->removed_ = true;
      } else {
        --replaced->links_;
      }
      replaced->touch(false);
      if (from->inode->is_directory()) ++target.links_;
      to->inode = from->inode;
      to->inode->touch(false);
      erase(*from);
      target.touch(true);
      delete fresh;
      gone = from;
    } else {
      fresh->inode = from->inode;
      fresh->inode->touch(false);
      fresh->cookie = target.next_cookie_++;
      if (fresh->inode->is_directory()) ++target.links_;
      erase(*from);
      target.entries_.insert(*fresh, hash_bytes(new_name));
      target.order_.push_back(*fresh);
      target.touch(true);
      gone = from;
    }
  }
  delete gone;
  return outcome;
}

Result<void> TmpInode::read_link(Dentry&, String& out) {
  if (type() != kSymlink) return Errno::inval;
  return out.append(target_);
}

Result<void> TmpInode::chmod(Dentry&, u32 mode) {
  SpinGuard guard(tmp().lock);
  mode_ = (mode_ & kTypeMask) | (mode & kPermissionMask);
  touch(false);
  return {};
}

Result<void> TmpInode::chown(Dentry&, u32 uid, u32 gid) {
  SpinGuard guard(tmp().lock);
  if (uid != ~u32{0}) uid_ = uid;
  if (gid != ~u32{0}) gid_ = gid;
  if (type() == kRegular && mode_ & 0111) mode_ &= ~04000u;
  touch(false);
  return {};
}

Result<void> TmpInode::utimens(Dentry&, const TimeUpdate& times) {
  SpinGuard guard(tmp().lock);
  touch(false);
  if (times.access_ns != kTimeOmit) {
    access_s_ = times.access_ns == kTimeNow ? change_s_ : times.access_s;
    access_ns_ = times.access_ns == kTimeNow ? change_ns_ : static_cast<u32>(times.access_ns);
  }
  if (times.modify_ns != kTimeOmit) {
    modify_s_ = times.modify_ns == kTimeNow ? change_s_ : times.modify_s;
    modify_ns_ = times.modify_ns == kTimeNow ? change_ns_ : static_cast<u32>(times.modify_ns);
  }
  return {};
}

Result<void> TmpInode::list(u64 cookie, DirectorySink& sink) {
  for (;;) {
    // One entry at a time: a sink may touch user memory.
    char name[kNameMax];
    u32 length = 0;
    u64 number = 0, entry_cookie = 0;
    u32 entry_type = 0;
    {
      SpinGuard guard(tmp().lock);
      TmpEntry* entry = cursor_ && cursor_->cookie <= cookie ? cursor_ : order_.front();
      while (entry && entry->cookie <= cookie) entry = order_.next(*entry);
      if (!entry) return {};
      cursor_ = entry;
      length = std::min<u32>(entry->name.size(), kNameMax);
      std::copy_n(entry->name.data(), length, name);
      number = entry->inode->number();
      entry_type = entry->inode->type();
      entry_cookie = entry->cookie;
    }
    if (!sink.entry({name, length}, number, directory_entry_type(entry_type), entry_cookie)) return {};
    cookie = entry_cookie;
  }
}

u32 TmpInode::seals() {
  SpinGuard guard(tmp().lock);
  return seals_;
}

Result<void> TmpInode::add_seals(u32 seals) {
  if (seals & ~31u) return Errno::inval;
  if (!sealable) return Errno::perm;  // as if sealed against seals
  SpinGuard guard(tmp().lock);
  if (seals_ & kSealSeal) return Errno::perm;
  if (seals & kSealWrite && writable_mappings.load(std::memory_order_acquire) != 0) return Errno::busy;
  seals_ |= seals;
  return {};
}

}  // namespace baryon::fs

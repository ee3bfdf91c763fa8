#include <algorithm>
#include <atomic>
#include <cstring>

#include "kernel/fs/dentry.hpp"
#include "kernel/fs/hostfs/host_file.hpp"
#include "kernel/fs/hostfs/hostfs.hpp"

namespace baryon::fs {
namespace {

using abi::QCallOp;

qcall::Request request_for(QCallOp op, u32 handle, u64 a0 = 0, u64 a1 = 0, u64 a2 = 0) {
  qcall::Request request;
  request.op = op;
  request.handle = handle;
  request.arg[0] = a0;
  request.arg[1] = a1;
  request.arg[2] = a2;
  return request;
}

// A change at one path.
Result<void> path_call(qcall::Request request, const Dentry& dentry, std::string_view name = {}) {
  PathArgument path = TRY(PathArgument::of(dentry, name));
  request.handle = path.handle;
  path.add_to(request);
  TRY(changing_call(request));
  return {};
}

Result<void> two_paths(qcall::Request request, const PathArgument& first, const PathArgument& second) {
  first.add_to(request);
  second.add_to(request);
  TRY(changing_call(request));
  return {};
}

Result<Ref<Inode>> inode_of(HostFs& fs, const abi::FileStat& status) {
  return Ref<Inode>(TRY(make_ref<HostInode>(fs, status)));
}

}  // namespace

Result<PathArgument> PathArgument::of(const Dentry& dentry, std::string_view name) {
  auto* bytes = static_cast<char*>(heap_allocate(kPathMax));
  if (!bytes) return Errno::nomem;
  PathArgument path(bytes);
  const auto& inode = static_cast<const HostInode&>(dentry.inode());
  if (inode.nameless_handle != abi::kNoHandle && name.empty()) {
    path.handle = inode.nameless_handle;
    return path;
  }
  path.handle = inode.host().root_handle;
  path.length_ = TRY(dentry.path_in_fs(bytes, kPathMax - 1, name));
  return path;
}

Result<PathArgument> PathArgument::text(std::string_view text) {
  if (text.size() >= kPathMax) return Errno::nametoolong;
  auto* bytes = static_cast<char*>(heap_allocate(std::max<std::size_t>(text.size(), 16)));
  if (!bytes) return Errno::nomem;
  PathArgument path(bytes);
  std::memcpy(bytes, text.data(), text.size());
  path.length_ = static_cast<u32>(text.size());
  return path;
}

Result<void> host_stat(u32 handle, const PathArgument& path, u64 flags, abi::FileStat& out) {
  qcall::Request request = request_for(QCallOp::stat, handle, flags);
  path.add_to(request);
  request.add_segment(&out, sizeof out);
  TRY(qcall::call(request));
  return {};
}

Result<void> host_stat(u32 handle, abi::FileStat& out) {
  qcall::Request request = request_for(QCallOp::stat_handle, handle);
  request.add_segment(&out, sizeof out);
  TRY(qcall::call(request));
  return {};
}

void host_close(u32 handle) { (void)qcall::call(request_for(QCallOp::close, handle)); }

Result<Ref<Inode>> mount_hostfs(u32 handle, bool read_only) {
  Ref<HostFs> fs = TRY(make_ref<HostFs>(handle, read_only));
  abi::FileStat status;
  TRY(host_stat(handle, status));
  return inode_of(*fs, status);
}

Result<void> HostFs::statfs(Dentry&, abi::FileSystemStat& out) {
  qcall::Request request = request_for(QCallOp::statfs, root_handle);
  request.add_segment(&out, sizeof out);
  TRY(qcall::call(request));
  return {};
}

Result<Ref<Inode>> HostFs::lookup_path(Dentry& directory, std::string_view path, u32 components,
                                       Vector<Ref<Inode>>& way) {
  abi::FileStat status;
  TRY(host_stat(root_handle, TRY(PathArgument::of(directory, path)), kAtSymlinkNoFollow | abi::kStatNoSymlinks,
                status));
  // What lies on the way are directories, as the host came through; which ones is asked when it matters: their
  // number 0 stands for "not known" and is never equal to another.
  for (u32 i = 0; i + 1 < components; ++i) TRY(way.push_back(TRY(make_ref<HostInode>(*this))));
  return inode_of(*this, status);
}

// A directory whose number is not known (lookup_path) is the same as whatever directory has its place: a
// directory that the host replaced meanwhile keeps its path, which is how the host is asked about it anyway.
bool HostInode::same(const Inode& other) const {
  if (this == &other) return true;
  if (&fs() != &other.fs() || type() != other.type()) return false;
  const auto& host = static_cast<const HostInode&>(other);
  if (is_directory() && (number() == 0 || host.number() == 0)) return true;
  // A link's text never changes: one with another time of change may be another link, with the number of the old one.
  if (type() == kSymlink && (born_.change_s != host.born_.change_s || born_.change_ns != host.born_.change_ns))
    return false;
  return number() == host.number() && host_device_ == host.host_device_;
}

Result<void> HostInode::stat(Dentry& self, abi::FileStat& out) {
  PathArgument path = TRY(PathArgument::of(self));
  TRY(host_stat(path.handle, path, kAtSymlinkNoFollow, out));
  out.device = fs().device;
  return {};
}

Result<Ref<Inode>> HostInode::lookup(Dentry& self, std::string_view name) {
  abi::FileStat status;
  TRY(host_stat(host().root_handle, TRY(PathArgument::of(self, name)), kAtSymlinkNoFollow, status));
  return inode_of(host(), status);
}

// Handles are descriptors of the host process: few are kept.
constexpr u32 kMostKept = 256;
constinit std::atomic<u32> kept_handles{0};

HostInode::~HostInode() {
  if (readable_) kept_handles.fetch_sub(1, std::memory_order_relaxed);
}

// A handle to read a frozen file; null: open it as usual.
Result<Ref<HostHandle>> HostInode::readable_handle(Dentry& self) {
  {
    SpinGuard guard(lock_);
    if (readable_) return readable_;
  }
  if (kept_handles.load(std::memory_order_relaxed) >= kMostKept) return Ref<HostHandle>();
  PathArgument path = TRY(PathArgument::of(self));
  qcall::Request request = request_for(QCallOp::open, path.handle, kReadOnly | kNoFollow);
  path.add_to(request);
  const u32 number = static_cast<u32>(TRY(qcall::call(request)));
  auto made = make_ref<HostHandle>(number);
  if (!made.ok()) {
    host_close(number);
    return made.error();
  }
  Ref<HostHandle> handle = made.take();
  SpinGuard guard(lock_);
  if (!readable_) {
    readable_ = handle;
    kept_handles.fetch_add(1, std::memory_order_relaxed);
  }
  return handle;
}

Result<Ref<File>> HostInode::open(Dentry& self, u32 flags) {
  // The bytes of a FIFO stay in the guest: its users on the host, if any, are not connected.
  if (type() == kFifo) return open_fifo(lock_, fifo_, flags);
  if (fs().frozen && type() == kRegular && (flags & (kAccessMode | kTruncate)) == kReadOnly)
    if (Ref<HostHandle> handle = TRY(readable_handle(self)))
      return host_file(host(), std::move(handle), flags, host_status());
  constexpr u32 kPassed = kAccessMode | kAppend | kDsync | kSync | kDirectory | kNoAtime;
  qcall::Request request = request_for(QCallOp::open, host().root_handle, (flags & kPassed & ~kAppend) | kNoFollow, 0);
  PathArgument path = TRY(PathArgument::of(self));
  request.handle = path.handle;
  path.add_to(request);
  abi::FileStat status{};
  request.add_segment(&status, sizeof status);
  const u32 handle = static_cast<u32>(TRY(qcall::call(request)));
  if (is_directory()) return host_directory(host(), handle, flags);
  return host_file(host(), handle, flags, status.mode ? status : host_status());
}

abi::FileStat HostInode::host_status() const {
  abi::FileStat status = born_;
  status.device = host_device_;
  return status;
}

Result<Inode::Created> HostInode::create(Dentry& self, std::string_view name, u32 flags, u32 mode) {
  return make_file(TRY(PathArgument::of(self, name)), flags, kCreate | kExclusive, mode);
}

Result<Inode::Created> HostInode::create_nameless(Dentry& self, u32 flags, u32 mode) {
  Created created = TRY(make_file(TRY(PathArgument::of(self)), flags, kTmpFile | (flags & kExclusive), mode));
  static_cast<HostInode&>(*created.inode).nameless_handle = static_cast<HostFile&>(*created.file).handle();
  return created;
}

Result<Inode::Created> HostInode::make_file(const PathArgument& path, u32 flags, u32 how, u32 mode) {
  constexpr u32 kPassed = kAccessMode | kDsync | kSync | kNoAtime;
  qcall::Request request =
      request_for(QCallOp::open, host().root_handle, (flags & kPassed) | how | kNoFollow, mode & kPermissionMask);
  path.add_to(request);
  abi::FileStat status{};
  request.add_segment(&status, sizeof status);
  const u32 handle = static_cast<u32>(TRY(changing_call(request)));
  if (status.mode == 0) {
    host_close(handle);
    return Errno::io;
  }
  Ref<File> file = TRY(host_file(host(), handle, flags, status));
  return Created{TRY(inode_of(host(), status)), std::move(file)};
}

Result<void> HostInode::mkdir(Dentry& self, std::string_view name, u32 mode) {
  return path_call(request_for(QCallOp::mkdir, host().root_handle, mode), self, name);
}

// The host makes no devices for a guest. FIFOs and sockets are names there; what is in them lives in this kernel.
Result<void> HostInode::mknod(Dentry& self, std::string_view name, u32 mode, u64) {
  if ((mode & kTypeMask) == kFifo || (mode & kTypeMask) == kSocket)
    return path_call(request_for(QCallOp::make_node, host().root_handle, mode), self, name);
  if ((mode & kTypeMask) != kRegular && (mode & kTypeMask) != 0) return Errno::perm;
  TRY(create(self, name, kWriteOnly, mode));
  return {};
}

Result<void> HostInode::symlink(Dentry& self, std::string_view name, std::string_view target) {
  return two_paths(request_for(QCallOp::symlink, host().root_handle), TRY(PathArgument::of(self, name)),
                   TRY(PathArgument::text(target)));
}

Result<void> HostInode::link(Dentry& self, std::string_view name, Dentry& existing) {
  PathArgument from = TRY(PathArgument::of(existing));
  return two_paths(request_for(QCallOp::link, from.handle, host().root_handle), from,
                   TRY(PathArgument::of(self, name)));
}

Result<void> HostInode::unlink(Dentry& self, std::string_view name, bool directory) {
  return path_call(request_for(QCallOp::unlink, host().root_handle, directory ? kAtRemoveDirectory : 0), self, name);
}

Result<void> HostInode::rename(Dentry& self, std::string_view name, Dentry& new_parent, std::string_view new_name,
                               u32 flags) {
  const u32 handle = host().root_handle;
  return two_paths(request_for(QCallOp::rename, handle, handle, flags), TRY(PathArgument::of(self, name)),
                   TRY(PathArgument::of(new_parent, new_name)));
}

Result<void> HostInode::read_link(Dentry& self, String& out) {
  const LinkTexts::Key key{host_device_, number(), born_.change_s, born_.change_ns};
  if (TRY(host().links.find(key, out))) return {};
  TRY(out.reserve(kPathMax));
  auto* text = static_cast<char*>(heap_allocate(kPathMax));
  if (!text) return Errno::nomem;
  Result<i64> length = Errno::nomem;
  auto path = PathArgument::of(self);
  if (path.ok()) {
    qcall::Request request = request_for(QCallOp::read_link, host().root_handle);
    path.value().add_to(request);
    request.add_segment(text, kPathMax);
    length = qcall::call(request);
  } else {
    length = path.error();
  }
  Result<void> result;
  if (!length.ok()) result = length.error();
  else result = out.append({text, std::min<u64>(static_cast<u64>(length.value()), kPathMax)});
  heap_free(text);
  if (result.ok() && born_.size == out.size()) host().links.keep(key, out.view());
  return result;
}

Result<void> HostInode::chmod(Dentry& self, u32 mode) {
  return path_call(request_for(QCallOp::chmod, host().root_handle, mode & kPermissionMask), self);
}

Result<void> HostInode::chown(Dentry& self, u32 uid, u32 gid) {
  return path_call(request_for(QCallOp::chown, host().root_handle, uid, gid, kAtSymlinkNoFollow), self);
}

Result<void> HostInode::utimens(Dentry& self, const TimeUpdate& times) {
  qcall::Request request = request_for(QCallOp::utimens, host().root_handle, static_cast<u64>(times.access_s),
                                       times.access_ns, static_cast<u64>(times.modify_s));
  request.arg[3] = times.modify_ns;
  request.arg[4] = kAtSymlinkNoFollow;
  return path_call(request, self);
}

Result<void> HostInode::truncate(Dentry& self, u64 size) {
  Ref<File> file = TRY(open(self, kWriteOnly));
  return file->truncate(size);
}

}  // namespace baryon::fs

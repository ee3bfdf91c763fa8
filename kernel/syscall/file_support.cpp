#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {

Result<UserPath> UserPath::copy(VirtAddr from) {
  // Most paths are short: a small piece first, then a page.
  char small[256];
  const i64 length = arch::string_from_user(small, from, sizeof small);
  if (length < 0) return Errno::fault;
  const bool fits = length < static_cast<i64>(sizeof small);
  auto* text = static_cast<char*>(heap_allocate(fits ? static_cast<u64>(length) + 1 : fs::kPathMax));
  if (!text) return Errno::nomem;
  UserPath path(text);
  if (fits) {
    __builtin_memcpy(text, small, static_cast<u64>(length));
    path.length_ = static_cast<u64>(length);
    text[length] = 0;
    return path;
  }
  const i64 whole = arch::string_from_user(text, from, fs::kPathMax);
  if (whole < 0) return Errno::fault;
  if (whole >= static_cast<i64>(fs::kPathMax)) return Errno::nametoolong;
  path.length_ = static_cast<u64>(whole);
  return path;
}

Result<fs::Place> place_of(u64 dirfd, std::string_view path) {
  fs::FsContext& context = fs::current_context();
  if (!path.empty() && path.front() == '/') {
    Ref<fs::Dentry> root = context.root();
    return fs::Place{root, root};
  }
  if (static_cast<i32>(dirfd) == fs::kCurrentDirectory) return context.place();
  Ref<fs::File> file = TRY(file_at(dirfd));
  if (!file->dentry() || !file->dentry()->inode().is_directory()) {
    if (!path.empty()) return Errno::notdir;
    return fs::Place{context.root(), context.cwd()};
  }
  return fs::Place{context.root(), Ref<fs::Dentry>(file->dentry())};
}

Result<Target> target_of(u64 dirfd, VirtAddr address, u64 flags, bool follow) {
  Result<UserPath> path =
      address == 0 && flags & fs::kAtEmptyPath ? Result<UserPath>(Errno::noent) : UserPath::copy(address);
  const bool no_path = address == 0 && flags & fs::kAtEmptyPath;
  if (!no_path && !path.ok()) return path.error();
  if (no_path || path.value().empty()) {
    if (!(flags & fs::kAtEmptyPath)) return Errno::noent;
    if (static_cast<i32>(dirfd) == fs::kCurrentDirectory) return Target{fs::current_context().cwd(), {}, {}};
    Ref<fs::File> file = TRY(file_at(dirfd));
    Ref<fs::Dentry> dentry(file->dentry());
    return Target{std::move(dentry), std::move(file), {}};
  }
  std::string_view text = path.value().view();
  Target target;
  target.dentry = TRY(fs::walk(TRY(place_of(dirfd, text)), text, follow ? fs::kWalkFollow : 0, &target.found));
  return target;
}

Result<void> stat_target(const Target& target, abi::FileStat& out) {
  if (target.file) return target.file->attributes(out);
  if (target.found.valid) {
    out = target.found.status;
    return {};
  }
  return target.dentry->inode().stat(*target.dentry, out);
}

Result<UserVectors> UserVectors::copy(VirtAddr from, u64 count) {
  constexpr u64 kMost = 1024;  // IOV_MAX
  if (count > kMost) return Errno::inval;
  UserVectors vectors;
  fs::IoVector* list = vectors.inline_;
  if (count > kInline) {
    list = vectors.heap_ = static_cast<fs::IoVector*>(heap_allocate(count * sizeof(fs::IoVector)));
    if (!list) return Errno::nomem;
  }
  if (count > 0 && !arch::copy_from_user(list, from, count * sizeof(fs::IoVector))) return Errno::fault;
  u64 total = 0;
  for (u64 i = 0; i < count; ++i) {
    if (list[i].length >> 63) return Errno::inval;
    if (list[i].length > fs::kMaxTransfer - total) list[i].length = fs::kMaxTransfer - total;
    total += list[i].length;
  }
  vectors.count_ = count;
  return vectors;
}

}  // namespace baryon::syscall

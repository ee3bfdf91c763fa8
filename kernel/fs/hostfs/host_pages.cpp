#include "kernel/fs/hostfs/host_pages.hpp"

#include "kernel/fs/hostfs/file_cache.hpp"

#include <algorithm>
#include <cstring>

#include "kernel/base/hash_map.hpp"
#include "kernel/base/string.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::fs {
namespace {

// Reads pages of the file into frames, in one QCall as long as the frames make at most kMaxSegments runs.
// Returns the number of pages that lie (at least partly) within the file; their tails are zero.
Result<u32> read_pages(u32 handle, u64 offset, u32 count, const PhysAddr* frames) {
  qcall::Request request;
  request.op = abi::QCallOp::read;
  request.handle = handle;
  request.arg[0] = offset;
  u32 taken = 0;
  for (; taken < count; ++taken) {
    abi::Segment* last = request.segment_count ? &request.segments[request.segment_count - 1] : nullptr;
    if (last && last->gpa + last->length == frames[taken]) last->length += kPageSize;
    else if (request.segment_count == abi::kMaxSegments) break;
    else request.segments[request.segment_count++] = {frames[taken], static_cast<u32>(kPageSize), 0};
  }
  const u64 bytes = static_cast<u64>(TRY(qcall::call(request)));
  const u32 valid = static_cast<u32>((bytes + kPageSize - 1) / kPageSize);
  if (bytes % kPageSize && valid <= taken)
    std::memset(mm::phys_to<char>(frames[valid - 1]) + bytes % kPageSize, 0, kPageSize - bytes % kPageSize);
  return std::min(valid, taken);
}

class HostPages : public mm::MemoryObject {
 public:
  explicit HostPages(Ref<HostFile> file) : file_(std::move(file)) {}
  Identity identity() const override { return {file_->host().device, file_->host_inode()}; }
  u64 name(char* buffer, u64 size) const override {
    if (size == 0) return 0;
    buffer[0] = 0;
    if (!file_->dentry()) return 0;
    auto path = file_->dentry()->path(*root());
    if (!path.ok()) return 0;
    const u64 length = std::min<u64>(path.value().size(), size - 1);
    std::memcpy(buffer, path.value().data(), length);
    buffer[length] = 0;
    return length;
  }

 protected:
  Ref<HostFile> file_;
};

class PrivatePages final : public HostPages {
 public:
  PrivatePages(Ref<HostFile> file, Ref<CachedFile> cache) : HostPages(std::move(file)), cache_(std::move(cache)) {}
  Result<PhysAddr> page(u64 offset, bool write) override {
    PhysAddr frame;
    TRY(pages(offset, 1, write, &frame));
    return frame;
  }
  Result<u32> pages(u64 offset, u32 count, bool, PhysAddr* out) override {
    if (cache_)
      if (const u32 found = cache_->get(offset / kPageSize, count, out)) return found;
    u32 allocated = 0;
    for (; allocated < count; ++allocated) {
      auto frame = mm::allocate_page(mm::Fill::any);
      if (!frame.ok()) break;
      out[allocated] = frame.value();
    }
    if (allocated == 0) return Errno::nomem;
    auto got = read_pages(file_->handle(), offset, allocated, out);
    const u32 valid = got.ok() ? got.value() : 0;
    for (u32 i = valid; i < allocated; ++i) mm::page_unref(out[i]);
    if (!got.ok()) return got.error();
    if (valid == 0) return Errno::io;  // beyond the end
    if (cache_) cache_->put(offset / kPageSize, valid, out);
    return valid;
  }

 private:
  const Ref<CachedFile> cache_;  // null: every mapping reads for itself
};

}  // namespace

// One per host file with shared mappings. `lock_` is held over QCalls; the table's spin lock only for look-ups.
class SharedPages final : public HostPages {
 public:
  explicit SharedPages(Ref<HostFile> file) : HostPages(std::move(file)) {}

  Result<PhysAddr> page(u64 offset, bool write) override {
    MutexGuard guard(lock_);
    PageNode* node = find(offset);
    if (!node) {
      PhysAddr frame = TRY(mm::allocate_page(mm::Fill::any));
      auto got = read_pages(file_->handle(), offset, 1, &frame);
      node = got.ok() && got.value() == 1 ? new (std::nothrow) PageNode{{}, offset, frame, false} : nullptr;
      if (!node) {
        mm::page_unref(frame);
        return !got.ok() ? Result<PhysAddr>(got.error()) : got.value() == 0 ? Errno::io : Errno::nomem;
      }
      pages_.insert(*node, hash_word(offset));
    }
    node->dirty |= write;
    mm::page_ref(node->frame);
    return node->frame;
  }
  bool tracks_writes() const override { return true; }
  Result<void> sync(u64 offset, u64 length) override {
    MutexGuard guard(lock_);
    if (!file_->writable()) return {};
    abi::FileStat status;
    TRY(file_->stat(status));
    Result<void> outcome;
    pages_.for_each([&](PageNode& node) {
      if (!node.dirty || node.offset < align_down(offset, kPageSize) ||
          node.offset - align_down(offset, kPageSize) > length)
        return;
      if (node.offset >= status.size) return;
      // Stays dirty: a mapping that may write needs no further fault.
      IoBuffer data = IoBuffer::kernel(mm::phys_to_virt(node.frame), std::min(kPageSize, status.size - node.offset));
      auto written = host_write(file_->handle(), data, node.offset, false, false);
      if (!written.ok()) outcome = written.error();
    });
    return outcome;
  }
  // Reads what is cached of a range again.
  void refresh(u64 offset, u64 length) {
    MutexGuard guard(lock_);
    pages_.for_each([&](PageNode& node) {
      if (node.offset + kPageSize <= offset || (node.offset >= offset && node.offset - offset >= length)) return;
      (void)read_pages(file_->handle(), node.offset, 1, &node.frame);
    });
  }
  void truncated(u64 size) {
    MutexGuard guard(lock_);
    pages_.for_each([&](PageNode& node) {
      if (node.offset + kPageSize <= size) return;
      const u64 keep = node.offset < size ? size - node.offset : 0;
      std::memset(mm::phys_to<char>(node.frame) + keep, 0, kPageSize - keep);
    });
  }
  bool shows(const HostFile& file) const {
    return file.host_inode() == file_->host_inode() && file.host_device() == file_->host_device() &&
           &file.host() == &file_->host();
  }
  // A mapping that writes needs a handle that may.
  void adopt(Ref<HostFile> file) {
    MutexGuard guard(lock_);
    if (!file_->writable() && file->writable()) std::swap(file_, file);
  }

  ListNode link;

 private:
  struct PageNode : HashNode {
    PageNode(HashNode node, u64 o, PhysAddr f, bool d) : HashNode(node), offset(o), frame(f), dirty(d) {}
    u64 offset;
    PhysAddr frame;
    bool dirty;
  };
  PageNode* find(u64 offset) {
    return pages_.find(hash_word(offset), [&](PageNode& node) { return node.offset == offset; });
  }
  ~SharedPages() override {
    pages_.for_each([this](PageNode& node) {
      pages_.remove(node);
      mm::page_unref(node.frame);
      delete &node;
    });
  }
  void last_unref() override;

  Mutex lock_;
  HashTable<PageNode> pages_;
};

namespace {

struct SharedTable {
  SpinLock lock;
  List<SharedPages, &SharedPages::link> objects;
};
SharedTable& table() {
  static SharedTable instance;
  return instance;
}
std::atomic<u32> live{0};

Ref<SharedPages> find_shared(const HostFile& file) {
  if (live.load(std::memory_order_relaxed) == 0) return {};
  SpinGuard guard(table().lock);
  for (SharedPages& object : table().objects)
    if (object.shows(file) && object.try_ref()) return Ref<SharedPages>::adopt(&object);
  return {};
}

}  // namespace

void SharedPages::last_unref() {
  {
    SpinGuard guard(table().lock);
    link.unlink();
    live.fetch_sub(1, std::memory_order_relaxed);
  }
  delete this;
}

Result<Ref<mm::MemoryObject>> map_host_file(Ref<HostFile> file, bool shared, bool write) {
  if (!shared) {
    abi::FileStat status{};
    Ref<CachedFile> cache;
    if (file->data_version(status).ok())
      cache = CachedFile::find_or_create(status, file->host_device(), file->host_inode());
    return Ref<mm::MemoryObject>(TRY(make_ref<PrivatePages>(std::move(file), std::move(cache))));
  }
  Ref<SharedPages> object = find_shared(*file);
  if (object) {
    if (write) object->adopt(std::move(file));
  } else {
    object = TRY(make_ref<SharedPages>(std::move(file)));
    SpinGuard guard(table().lock);
    table().objects.push_back(*object);
    live.fetch_add(1, std::memory_order_relaxed);
  }
  return Ref<mm::MemoryObject>(std::move(object));
}

Result<void> shared_pages_before_read(HostFile& file, u64 offset, u64 length) {
  Ref<SharedPages> object = find_shared(file);
  return object ? object->sync(offset, length) : Result<void>();
}
void shared_pages_after_write(HostFile& file, u64 offset, u64 length) {
  if (Ref<SharedPages> object = find_shared(file)) object->refresh(offset, length);
}
void shared_pages_truncated(HostFile& file, u64 size) {
  if (Ref<SharedPages> object = find_shared(file)) object->truncated(size);
}

}  // namespace baryon::fs

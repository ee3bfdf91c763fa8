#include "kernel/fs/devfs/device.hpp"

#include <algorithm>

#include "kernel/base/random.hpp"
#include "kernel/fs/devfs/devfs.hpp"
#include "kernel/fs/devfs/stream.hpp"
#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/fs/tty/pty.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::fs {
namespace {

// Discards; reads are at the end.
class NullFile final : public File {
 public:
  using File::File;
  Result<u64> read_at(IoBuffer&, u64) override { return u64{0}; }
  Result<u64> write_at(IoBuffer& buffer, u64&) override { return buffer.remaining(); }
  bool seekable() const override { return true; }  // to nowhere: pread works, the position means nothing
  Result<u64> seek(i64, u32 whence) override {
    return whence > kSeekHole ? Result<u64>(Errno::inval) : Result<u64>(u64{0});
  }
  Result<void> sync(bool) override { return Errno::inval; }
};

// Zeroes; `full`: writing fails with ENOSPC.
class ZeroFile final : public File {
 public:
  ZeroFile(u32 flags, bool full) : File(flags), full_(full) {}
  Result<u64> read_at(IoBuffer& buffer, u64) override {
    return buffer.remaining() ? buffer.clear(buffer.remaining()) : Result<u64>(u64{0});
  }
  Result<u64> write_at(IoBuffer& buffer, u64&) override {
    if (full_ && buffer.remaining() > 0) return Errno::nospc;
    return buffer.remaining();
  }
  bool seekable() const override { return true; }  // to nowhere: pread works, the position means nothing
  Result<u64> seek(i64, u32 whence) override {
    return whence > kSeekHole ? Result<u64>(Errno::inval) : Result<u64>(u64{0});
  }
  Result<Ref<mm::MemoryObject>> memory_object(bool shared, bool write) override {
    if (full_) return Errno::nodev;
    // Anonymous memory by another name.
    Ref<TmpInode> inode = TRY(make_memory_file(0600, false));
    TRY(inode->resize(kMaxFileSize & ~(kPageSize - 1)));
    Ref<TmpFile> file = TRY(make_ref<TmpFile>(kReadWrite, std::move(inode)));
    return file->memory_object(shared, write);
  }

 private:
  const bool full_;
};

class RandomFile final : public File {
 public:
  using File::File;
  Result<u64> read_at(IoBuffer& buffer, u64) override {
    u8 block[256];
    u64 done = 0;
    while (buffer.remaining() > 0) {
      const u64 count = std::min<u64>(buffer.remaining(), sizeof block);
      random_bytes(block, count);
      auto copied = buffer.copy_in(block, count);
      if (!copied.ok()) return done ? Result<u64>(done) : copied.error();
      done += copied.value();
      if (copied.value() < count) break;
    }
    return done;
  }
  // Mixed into the generator, credited with nothing.
  Result<u64> write_at(IoBuffer& buffer, u64&) override {
    u8 block[256];
    u64 done = 0;
    while (buffer.remaining() > 0) {
      auto copied = buffer.copy_out(block, sizeof block);
      if (!copied.ok()) return done ? Result<u64>(done) : copied.error();
      random_seed(block, copied.value());
      done += copied.value();
    }
    return done;
  }
  bool seekable() const override { return true; }  // to nowhere: pread works, the position means nothing
  Result<u64> seek(i64, u32 whence) override {
    return whence > kSeekHole ? Result<u64>(Errno::inval) : Result<u64>(u64{0});
  }
};

template <class T, class... Args>
Result<Ref<File>> opened(Args... args) {
  return Ref<File>(TRY(make_ref<T>(args...)));
}

}  // namespace

Result<Ref<File>> open_device(u64 device, u32 flags) {
  switch (device) {
    case make_device(1, 3): return opened<NullFile>(flags);
    case make_device(1, 5): return opened<ZeroFile>(flags, false);
    case make_device(1, 7): return opened<ZeroFile>(flags, true);
    case make_device(1, 8):
    case make_device(1, 9): return opened<RandomFile>(flags);
    case make_device(5, 0):
      if (Ref<Terminal> terminal = terminal_of_session(sched::current_process().session_id))
        return terminal->open(flags | kNoCtty);
      [[fallthrough]];
    case make_device(5, 1): {
      // The terminal is the first standard stream that is one.
      for (u32 handle = 0; handle < 3; ++handle) {
        auto stream = open_stream(handle, handle);
        if (!stream.ok()) continue;
        if (static_cast<StreamFile&>(*stream.value()).is_terminal()) return stream.take();
      }
      return Errno::nxio;
    }
    case make_device(5, 2): return open_master(flags);
    default: return Errno::nxio;
  }
}

Result<Ref<Inode>> mount_devfs() {
  Ref<Inode> top = TRY(mount_tmpfs(default_tmpfs_limit() / 4, false, 0755));
  Ref<Dentry> directory = TRY(Dentry::make_root(top));
  struct Node {
    const char* name;
    u64 device;
    u32 mode;
  };
  static constexpr Node kNodes[] = {
      {"null", make_device(1, 3), 0666},    {"zero", make_device(1, 5), 0666},    {"full", make_device(1, 7), 0666},
      {"random", make_device(1, 8), 0666},  {"urandom", make_device(1, 9), 0666}, {"tty", make_device(5, 0), 0666},
      {"console", make_device(5, 1), 0600}, {"ptmx", make_device(5, 2), 0666},
  };
  for (const Node& node : kNodes) TRY(top->mknod(*directory, node.name, kCharDevice | node.mode, node.device));
  struct Link {
    const char* name;
    const char* target;
  };
  static constexpr Link kLinks[] = {{"fd", "/proc/self/fd"},
                                    {"stdin", "/proc/self/fd/0"},
                                    {"stdout", "/proc/self/fd/1"},
                                    {"stderr", "/proc/self/fd/2"},
                                    {"core", "/proc/kcore"}};
  for (const Link& link : kLinks) TRY(top->symlink(*directory, link.name, link.target));
  TRY(top->mkdir(*directory, "shm", 01777));
  TRY(top->mkdir(*directory, "pts", 0755));
  return top;
}

}  // namespace baryon::fs

// The guest's handles: small recycled numbers for host objects that it may use.
//
// Not thread-safe; the QCall server's mutex guards it.
#pragma once

#include <cstdint>
#include <vector>

#include "hypervisor/files/host_root.hpp"
#include "hypervisor/files/unique_fd.hpp"
#include "kernel/abi/qcall.hpp"

namespace baryon::host {

enum class HandleKind : std::uint8_t {
  free,
  directory,  // descriptor may be O_PATH
  file,       // regular file (or block device on a standard stream), opened for data
  stream,     // pipe, terminal, socket, character device: standard streams only
  socket,     // TCP or UDP; the service in hypervisor/sockets alone touches it
  path,       // O_PATH of something that is no directory: identity and metadata only
};

struct Handle {
  UniqueFd owned;  // empty for a borrowed descriptor
  UniqueFd mount;  // what keeps a detached mount alive that `descriptor` is in (mount_tree.hpp)
  int descriptor = -1;
  HandleKind kind = HandleKind::free;
  bool read_only = true;    // of the mount: every change is refused with EROFS
  bool is_root = false;     // a mount's root directory; lookups use RESOLVE_IN_ROOT
  bool permanent = false;   // standard streams and mounts: close() is refused
  bool borrowed = false;    // a stream that somebody gave the sandbox: its mode and owner are not the guest's
  bool readable = false;    // opened for reading
  bool writable = false;    // opened for writing
  bool nowait_read = true;  // RWF_NOWAIT is worth trying; cleared by the first EOPNOTSUPP
  bool nowait_write = true;
  bool stream_socket = false;    // of a socket: TCP
  std::uint32_t generation = 0;  // counts reuses of the number, so that a request in flight notices a close
  std::uint64_t position = 0;    // directory: cookie at which the descriptor stands

  [[nodiscard]] LookupBase base() const noexcept { return {descriptor, is_root}; }
};

class HandleTable {
 public:
  // At most `capacity` handles at a time.
  explicit HandleTable(std::uint32_t capacity) : capacity_(capacity) {}

  // nullptr unless `number` is in use. Valid until the next add().
  [[nodiscard]] Handle* find(std::uint32_t number) noexcept {
    return number < handles_.size() && handles_[number].kind != HandleKind::free ? &handles_[number] : nullptr;
  }

  // The new handle's number, the lowest that is free, or -ENFILE.
  [[nodiscard]] std::int64_t add(Handle handle);

  // A number that is never used and never given out: the standard streams' that are closed.
  void add_closed();

  // 0, -EBADF, or -EPERM for a permanent handle.
  std::int64_t close(std::uint32_t number);

  [[nodiscard]] std::uint32_t in_use() const noexcept { return in_use_; }

 private:
  std::vector<Handle> handles_;
  std::vector<std::uint32_t> free_;  // a heap, lowest number first
  std::uint32_t capacity_;
  std::uint32_t in_use_ = 0;
};

// Raises the soft limit of open files to the hard one and returns how many handles fit below it.
[[nodiscard]] std::uint32_t handle_capacity() noexcept;

}  // namespace baryon::host

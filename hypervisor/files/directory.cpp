#include "hypervisor/files/directory.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel/abi/qcall.hpp"

namespace baryon::host {
namespace {

// getdents64(2)'s record: fixed offsets, then the NUL-terminated name.
struct HostEntry {
  std::uint64_t inode;
  std::uint64_t next;
  std::uint16_t length;
  std::uint8_t type;
  char name[1];
};
constexpr std::size_t kHostNameOffset = 19;
static_assert(offsetof(HostEntry, name) == kHostNameOffset);

constexpr std::size_t kHostBuffer = 16 * 1024;

// No file system hands out this cookie: it would be a negative file offset.
constexpr std::uint64_t kUnknownPosition = ~std::uint64_t{0};

// Appends a record; its length, or 0 when it does not fit.
std::size_t append(std::span<std::byte> out, const HostEntry& entry, const char* name, std::size_t name_length) {
  const std::size_t length = (sizeof(abi::DirectoryEntry) + name_length + 1 + 7) / 8 * 8;
  if (length > out.size()) return 0;
  abi::DirectoryEntry record = {};
  record.inode = entry.inode;
  record.next_cookie = entry.next;
  record.length = static_cast<std::uint16_t>(length);
  record.type = entry.type;
  record.name_length = static_cast<std::uint8_t>(name_length);
  std::memcpy(out.data(), &record, sizeof record);
  std::memcpy(out.data() + sizeof record, name, name_length);
  std::memset(out.data() + sizeof record + name_length, 0, length - sizeof record - name_length);
  return length;
}

}  // namespace

std::int64_t read_directory(Handle& handle, std::uint64_t cookie, std::span<std::byte> out) {
  if (handle.kind != HandleKind::directory) return -ENOTDIR;
  if (out.size() < kMinDirectoryBuffer) return -EINVAL;
  if (cookie != handle.position) {
    if (::lseek(handle.descriptor, static_cast<off_t>(cookie), SEEK_SET) < 0) return -errno;
    handle.position = cookie;
  }
  alignas(8) std::byte buffer[kHostBuffer];
  // A host record of n bytes becomes one of at most n + 8.
  const std::size_t ask = std::min(sizeof buffer, out.size() / 4 * 3);
  std::size_t filled = 0;
  for (;;) {
    const long bytes = ::syscall(SYS_getdents64, handle.descriptor, buffer, ask);
    if (bytes < 0) return -errno;
    if (bytes == 0) return 0;
    for (long at = 0; at < bytes;) {
      HostEntry entry;
      std::memcpy(&entry, buffer + at, kHostNameOffset);
      const char* name = reinterpret_cast<const char*>(buffer + at + kHostNameOffset);
      const std::size_t name_length = std::strlen(name);
      at += entry.length;
      // Longer names than NAME_MAX exist on few file systems; no Linux program could use them.
      if (name_length > 255) {
        handle.position = entry.next;
        continue;
      }
      const std::size_t length = append(out.subspan(filled), entry, name, name_length);
      if (length == 0) {
        // The descriptor has gone further than the guest: whatever the next cookie is, seek.
        handle.position = kUnknownPosition;
        return static_cast<std::int64_t>(filled);
      }
      filled += length;
      handle.position = entry.next;
    }
    if (filled != 0) return static_cast<std::int64_t>(filled);
  }
}

}  // namespace baryon::host

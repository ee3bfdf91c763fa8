#include "hypervisor/qcall/descriptor.hpp"

#include <cerrno>
#include <cstring>

#include "hypervisor/files/directory.hpp"
#include "hypervisor/qcall/stats.hpp"
#include "hypervisor/streams/terminal.hpp"
#include "kernel/abi/program.hpp"
#include "kernel/abi/sockets.hpp"

namespace baryon::host {
namespace {

using abi::QCallOp;

// What an operation's segments must be.
struct Shape {
  const char* name;
  std::uint8_t min_segments;
  std::uint8_t max_segments;
  std::uint8_t paths;           // that many segments, from the first, are paths
  std::uint16_t min_last_size;  // of the last segment: a record to be filled or read
};

constexpr std::uint8_t kAnyNumber = abi::kMaxSegments;

// In the order of QCallOp.
constexpr Shape kShapes[] = {
    {"nop", 0, 0, 0, 0},
    {"read", 0, kAnyNumber, 0, 0},
    {"write", 0, kAnyNumber, 0, 0},
    {"poll", 0, 0, 0, 0},
    {"cancel", 0, 0, 0, 0},
    {"sync", 0, 0, 0, 0},
    {"open", 1, 2, 1, 0},
    {"close", 0, 0, 0, 0},
    {"stat", 2, 2, 1, sizeof(abi::FileStat)},
    {"read_dir", 1, 1, 0, kMinDirectoryBuffer},
    {"read_link", 2, 2, 1, 1},
    {"mkdir", 1, 1, 1, 0},
    {"unlink", 1, 1, 1, 0},
    {"symlink", 2, 2, 2, 0},
    {"link", 2, 2, 2, 0},
    {"rename", 2, 2, 2, 0},
    {"truncate", 0, 0, 0, 0},
    {"chmod", 1, 1, 1, 0},
    {"chown", 1, 1, 1, 0},
    {"utimens", 1, 1, 1, 0},
    {"statfs", 1, 1, 0, sizeof(abi::FileSystemStat)},
    {"fallocate", 0, 0, 0, 0},
    {"lock", 0, 0, 0, 0},
    {"terminal_get", 1, 1, 0, kTermiosSize},
    {"terminal_set", 1, 1, 0, kTermiosSize},
    {"window_size", 1, 1, 0, kWinsizeSize},
    {"start_vcpu", 0, 0, 0, 0},
    {"release", 0, 0, 0, 0},
    {"seek", 0, 0, 0, 0},
    {"get_attribute", 3, 3, 2, 1},
    {"set_attribute", 2, 3, 2, 0},
    {"remove_attribute", 2, 2, 2, 0},
    {"make_node", 1, 1, 1, 0},
    {"list_attributes", 2, 2, 1, 1},
    {"stat_handle", 1, 1, 0, sizeof(abi::FileStat)},
    {"exec_request", 1, 1, 0, sizeof(abi::ExecRequest)},
    {"exec_report", 0, 1, 0, 0},
    {"socket", 0, 0, 0, 0},
    {"bind", 1, 1, 0, sizeof(abi::SocketAddress)},
    {"listen", 0, 0, 0, 0},
    {"accept", 1, 1, 0, sizeof(abi::SocketAddress)},
    {"connect", 1, 1, 0, sizeof(abi::SocketAddress)},
    {"shutdown", 0, 0, 0, 0},
    {"socket_name", 1, 1, 0, sizeof(abi::SocketAddress)},
    {"get_option", 1, 1, 0, 1},
    {"set_option", 1, 1, 0, 0},
    {"send", 0, kAnyNumber, 0, 0},
    {"receive", 0, kAnyNumber, 0, 0},
    {"receive_ahead", 1, 1, 0, 1},
    {"socket_count", 0, 0, 0, 0},
    {"interfaces", 1, 1, 0, 1},
};
static_assert(std::size(kShapes) == kQCallOps);

}  // namespace

const char* qcall_name(QCallOp op) noexcept {
  const auto index = static_cast<std::size_t>(op);
  return index < kQCallOps ? kShapes[index].name : "unknown";
}

abi::QCallDescriptor copy_descriptor(const abi::QCallDescriptor& descriptor) noexcept {
  abi::QCallDescriptor copy;
  std::memcpy(&copy, &descriptor, abi::kCacheLine);
  // Reading the rest would fetch two more lines from the guest's core. A count out of range is validate()'s to refuse.
  asm volatile("" : : "r"(&copy) : "memory");
  if (copy.segment_count > 1 && copy.segment_count <= abi::kMaxSegments)
    std::memcpy(&copy.segments[1], &descriptor.segments[1], sizeof(abi::Segment) * (copy.segment_count - 1u));
  // The copy is what counts from here on: the compiler must not go back to the guest's bytes.
  asm volatile("" : : "r"(&copy) : "memory");
  return copy;
}

std::int64_t validate(const abi::QCallDescriptor& copy, const GuestMemory& memory, Request& request) noexcept {
  const auto index = static_cast<std::size_t>(copy.op);
  if (index >= kQCallOps) return -ENOSYS;
  const Shape& shape = kShapes[index];
  if (copy.segment_count < shape.min_segments || copy.segment_count > shape.max_segments) return -EINVAL;

  request.op = copy.op;
  request.segment_count = copy.segment_count;
  request.handle = copy.handle;
  std::memcpy(request.arg.data(), copy.arg, sizeof copy.arg);
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < copy.segment_count; ++i) {
    const abi::Segment& segment = copy.segments[i];
    if (i < shape.paths && segment.length > abi::kMaxPath) return -ENAMETOOLONG;
    total += segment.length;
    if (total > abi::kMaxTransfer) return -EINVAL;
    std::byte* address = nullptr;
    if (segment.length != 0) {
      address = memory.at(segment.gpa, segment.length);
      if (address == nullptr) return -EFAULT;
    }
    request.segments[i] = {address, segment.length};
  }
  request.total = static_cast<std::uint32_t>(total);
  if (shape.min_last_size != 0 && request.segments[copy.segment_count - 1u].iov_len < shape.min_last_size)
    return -EINVAL;
  return 0;
}

}  // namespace baryon::host

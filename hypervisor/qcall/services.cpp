#include "hypervisor/qcall/services.hpp"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <span>

#include "host/open_flags.hpp"
#include "hypervisor/files/attributes.hpp"
#include "hypervisor/files/directory.hpp"
#include "hypervisor/files/metadata.hpp"
#include "hypervisor/files/names.hpp"
#include "hypervisor/files/open.hpp"
#include "hypervisor/files/path.hpp"
#include "hypervisor/files/serving_thread.hpp"
#include "hypervisor/streams/terminal.hpp"

namespace baryon::host {
namespace {

using abi::QCallOp;

// A lock that somebody else holds, or terminal output that has to drain, has no event to wait for: look again after
// 1 ms, then less and less often.
constexpr std::int64_t kFirstRetryMs = 1;
constexpr std::int64_t kLastRetryMs = 64;

Outcome retry_later(Operation& operation) {
  operation.wait_value = std::clamp(operation.wait_value * 2, kFirstRetryMs, kLastRetryMs);
  return Outcome::timer(operation.wait_value);
}

std::int64_t seek(const Handle& handle, const Request& request) {
  const off_t position =
      ::lseek(handle.descriptor, static_cast<off_t>(request.arg[0]), static_cast<int>(request.arg[1]));
  return position >= 0 ? position : -errno;
}

std::int64_t to_result(int result) { return result == 0 ? 0 : -errno; }

template <class T>
void write_record(const iovec& segment, const T& record) {
  std::memcpy(segment.iov_base, &record, sizeof record);
}

bool changes_mount(QCallOp op) {
  switch (op) {
    case QCallOp::mkdir:
    case QCallOp::unlink:
    case QCallOp::symlink:
    case QCallOp::link:
    case QCallOp::rename:
    case QCallOp::truncate:
    case QCallOp::chmod:
    case QCallOp::chown:
    case QCallOp::utimens:
    case QCallOp::make_node:
    case QCallOp::set_attribute:
    case QCallOp::remove_attribute:
    case QCallOp::fallocate: return true;
    default: return false;
  }
}

// Mode, owner and times of a standard stream's file are not the guest's to change.
bool changes_metadata(QCallOp op) {
  return op == QCallOp::chmod || op == QCallOp::chown || op == QCallOp::utimens || op == QCallOp::set_attribute ||
         op == QCallOp::remove_attribute;
}

Outcome lock(Operation& operation, const Handle& handle) {
  if (handle.kind != HandleKind::file && handle.kind != HandleKind::directory) return Outcome::done(-EBADF);
  const std::uint64_t wanted = operation.request.arg[0];
  const std::uint64_t kind = wanted & ~static_cast<std::uint64_t>(LOCK_NB);
  if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN) return Outcome::done(-EINVAL);
  const std::int64_t result = to_result(::flock(handle.descriptor, static_cast<int>(kind | LOCK_NB)));
  if (result != -EWOULDBLOCK || (wanted & LOCK_NB) != 0) return Outcome::done(result);
  return retry_later(operation);
}

Outcome change_terminal(Operation& operation, const Handle& handle) {
  if (!handle.borrowed || handle.kind != HandleKind::stream) return Outcome::done(-ENOTTY);
  std::byte modes[kTermiosSize];
  std::memcpy(modes, operation.request.segments[0].iov_base, sizeof modes);
  const std::int64_t result = set_terminal(handle.descriptor, operation.request.arg[0], modes);
  return result == -EAGAIN ? retry_later(operation) : Outcome::done(result);
}

std::int64_t truncate(const Handle& handle, std::uint64_t size) {
  if (handle.kind != HandleKind::file || !handle.writable) return -EINVAL;
  if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return -EINVAL;
  return to_result(::ftruncate(handle.descriptor, static_cast<off_t>(size)));
}

std::int64_t allocate(const Handle& handle, const Request& request) {
  if (handle.kind != HandleKind::file || !handle.writable) return -EBADF;
  if (request.arg[0] > std::numeric_limits<int>::max()) return -EOPNOTSUPP;
  return to_result(::fallocate(handle.descriptor, static_cast<int>(request.arg[0]), static_cast<off_t>(request.arg[1]),
                               static_cast<off_t>(request.arg[2])));
}

}  // namespace

Services::Services(const GuestMemory& memory, VcpuControl& control, std::uint32_t vcpus, abi::Gpa release_floor)
    : memory_(memory), control_(control), vcpus_(vcpus), release_floor_(release_floor), handles_(handle_capacity()) {}

Handle* Services::handle_of(const Operation& operation) noexcept {
  Handle* handle = handles_.find(operation.request.handle);
  return handle != nullptr && handle->generation == operation.handle_generation ? handle : nullptr;
}

int Services::descriptor_of(const Operation& operation) noexcept {
  const Handle* handle = handle_of(operation);
  return handle != nullptr ? handle->descriptor : -1;
}

Outcome Services::begin_transfer(Operation& operation, bool write) {
  const Request& request = operation.request;
  Transfer& transfer = operation.transfer;
  if (write && (request.arg[1] & ~abi::kWriteAppend) != 0) return Outcome::done(-EINVAL);
  transfer.begin(request.segments.data(), request.segment_count, request.total, request.arg[0], write,
                 write && (request.arg[1] & abi::kWriteAppend) != 0);
  Handle& handle = *handles_.find(request.handle);
  if (const std::int64_t error = check_transfer(handle, transfer); error != 0) return Outcome::done(error);
  if (transfer.total == 0) return Outcome::done(0);
  return advance(handle, transfer);
}

Outcome Services::poll(const Operation& operation, const Handle& handle) {
  const std::uint64_t events = operation.request.arg[0];
  constexpr std::uint64_t kKnown =
      POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLERR | POLLHUP | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND;
  if ((events & ~kKnown) != 0) return Outcome::done(-EINVAL);
  if (handle.kind == HandleKind::path) return Outcome::done(-EBADF);
  struct pollfd state = {handle.descriptor, static_cast<short>(events), 0};
  if (::poll(&state, 1, 0) < 0) return Outcome::done(-errno);
  if (state.revents != 0 || operation.request.arg[1] == 1) return Outcome::done(state.revents);
  return Outcome::poll(state.events);
}

Outcome Services::serve(Operation& operation) {
  const Request& request = operation.request;
  switch (request.op) {
    case QCallOp::nop: return Outcome::done(0);
    case QCallOp::start_vcpu: return Outcome::done(start_vcpu(request.arg[0]));
    case QCallOp::release: return Outcome::done(release(request.arg[0], request.arg[1]));
    case QCallOp::exec_request:
    case QCallOp::exec_report: return Outcome::done(exec(request));
    case QCallOp::close: return Outcome::done(close(request.handle));
    default: break;
  }
  if (SocketService::is_for_sockets(request.op))
    return Outcome::done(sockets_.serve(handles_, {.op = request.op,
                                                   .handle = request.handle,
                                                   .vcpu = request.vcpu,
                                                   .arg = request.arg,
                                                   .segments = {request.segments.data(), request.segment_count}}));

  Handle* handle = handles_.find(request.handle);
  if (handle == nullptr) return Outcome::done(-EBADF);
  const bool again = operation.state != Operation::State::idle;
  if (again && handle->generation != operation.handle_generation) return Outcome::done(-EBADF);
  if (!again) {
    operation.handle_generation = handle->generation;
    operation.wait_value = 0;
  }
  if (changes_mount(request.op) && handle->read_only) return Outcome::done(-EROFS);
  if (changes_metadata(request.op) && handle->borrowed) return Outcome::done(-EPERM);

  switch (request.op) {
    case QCallOp::read:
    case QCallOp::write:
      return again ? advance(*handle, operation.transfer) : begin_transfer(operation, request.op == QCallOp::write);
    case QCallOp::poll: return poll(operation, *handle);
    case QCallOp::sync:
      if (handle->kind == HandleKind::path) return Outcome::done(-EBADF);
      return Outcome::ring();
    case QCallOp::lock: return lock(operation, *handle);
    case QCallOp::terminal_set: return change_terminal(operation, *handle);
    default: return Outcome::done(with_handle(operation, *handle));
  }
}

Outcome Services::ring_result(Operation& operation, std::int64_t result) {
  if (operation.request.op == QCallOp::sync) return Outcome::done(result);
  Handle* handle = handle_of(operation);
  // Closed while the kernel worked on it: what has been moved has been moved.
  if (handle == nullptr) {
    if (result > 0) operation.transfer.consume(static_cast<std::uint64_t>(result));
    return Outcome::done(operation.transfer.moved != 0 ? operation.transfer.moved : result);
  }
  return absorb(*handle, operation.transfer, result);
}

std::int64_t Services::with_handle(Operation& operation, Handle& handle) {
  const Request& request = operation.request;
  const auto& segments = request.segments;
  switch (request.op) {
    case QCallOp::read_dir:
      return read_directory(handle, request.arg[0],
                            std::span(static_cast<std::byte*>(segments[0].iov_base), segments[0].iov_len));
    case QCallOp::truncate: return truncate(handle, request.arg[0]);
    case QCallOp::seek:
      if (handle.kind != HandleKind::file) return -ESPIPE;
      if (request.arg[1] > SEEK_HOLE) return -EINVAL;
      return seek(handle, request);
    case QCallOp::fallocate: return allocate(handle, request);
    case QCallOp::statfs: {
      abi::FileSystemStat record;
      const std::int64_t result = stat_file_system(handle, record);
      if (result == 0) write_record(segments[0], record);
      return result;
    }
    case QCallOp::stat_handle: {
      abi::FileStat record;
      const std::int64_t result = stat_file(handle, record);
      if (result == 0) write_record(segments[0], record);
      return result;
    }
    case QCallOp::terminal_get: {
      std::byte modes[kTermiosSize];
      const std::int64_t result = get_terminal(handle.descriptor, modes);
      if (result == 0) write_record(segments[0], modes);
      return result;
    }
    case QCallOp::window_size: {
      std::byte size[kWinsizeSize];
      if (request.arg[0] == 1) {
        // As with its modes: of the streams alone.
        if (!handle.borrowed || handle.kind != HandleKind::stream) return -ENOTTY;
        std::memcpy(size, segments[0].iov_base, sizeof size);
        return set_window_size(handle.descriptor, size);
      }
      if (request.arg[0] != 0) return -EINVAL;
      const std::int64_t result = get_window_size(handle.descriptor, size);
      if (result == 0) write_record(segments[0], size);
      return result;
    }
    case QCallOp::symlink:
    case QCallOp::link:
    case QCallOp::rename: return with_two_paths(request, handle);
    case QCallOp::get_attribute:
    case QCallOp::set_attribute:
    case QCallOp::remove_attribute: return with_attribute(request, handle);
    default: return with_path(request, handle);
  }
}

std::int64_t Services::with_path(const Request& request, Handle& handle) {
  GuestPath path;
  const auto& segments = request.segments;
  if (const std::int64_t error = path.assign(segments[0].iov_base, segments[0].iov_len); error != 0) return error;
  const auto& arg = request.arg;
  switch (request.op) {
    case QCallOp::open: {
      if (request.segment_count == 2 && segments[1].iov_len < sizeof(abi::FileStat)) return -EINVAL;
      prepare_serving_thread();
      const std::int64_t opened = open_file(handles_, request.handle, path, from_contract_open_flags(arg[0]), arg[1]);
      if (opened < 0 || request.segment_count == 1) return opened;
      abi::FileStat record{};  // mode 0: not known
      if (Handle* fresh = handles_.find(static_cast<std::uint32_t>(opened));
          fresh == nullptr || stat_file(*fresh, record) != 0)
        record = {};
      write_record(segments[1], record);
      return opened;
    }
    case QCallOp::stat: {
      abi::FileStat record;
      const std::int64_t result = stat_file(handle, path, arg[0], record);
      if (result == 0) write_record(segments[1], record);
      return result;
    }
    case QCallOp::read_link: {
      // A symbolic link's text is at most PATH_MAX - 1 bytes.
      char text[abi::kMaxPath];
      const std::int64_t bytes = read_symlink(handle, path, text, std::min(sizeof text, segments[1].iov_len));
      if (bytes > 0) std::memcpy(segments[1].iov_base, text, static_cast<std::size_t>(bytes));
      return bytes;
    }
    case QCallOp::mkdir: prepare_serving_thread(); return make_directory(handle, path, arg[0]);
    case QCallOp::make_node: prepare_serving_thread(); return make_node(handle, path, arg[0]);
    case QCallOp::unlink: return unlink_name(handle, path, arg[0]);
    case QCallOp::chmod: return chmod_file(handle, path, arg[0]);
    case QCallOp::chown: return chown_file(handle, path, arg[0], arg[1], arg[2]);
    case QCallOp::utimens: return utimens_file(handle, path, {arg[0], arg[1], arg[2], arg[3]}, arg[4]);
    case QCallOp::list_attributes:
      return list_attributes(handle, path, std::span(static_cast<char*>(segments[1].iov_base), segments[1].iov_len));
    default: return -ENOSYS;
  }
}

std::int64_t Services::with_two_paths(const Request& request, Handle& handle) {
  GuestPath first;
  GuestPath second;
  const auto& segments = request.segments;
  if (const std::int64_t error = first.assign(segments[0].iov_base, segments[0].iov_len); error != 0) return error;
  if (const std::int64_t error = second.assign(segments[1].iov_base, segments[1].iov_len); error != 0) return error;
  if (request.op == QCallOp::symlink) return make_symlink(handle, first, second);

  if (request.arg[0] > std::numeric_limits<std::uint32_t>::max()) return -EBADF;
  const Handle* target = handles_.find(static_cast<std::uint32_t>(request.arg[0]));
  if (target == nullptr) return -EBADF;
  if (target->read_only) return -EROFS;
  if (request.op == QCallOp::link) return make_link(handle, first, *target, second);
  return rename_name(handle, first, *target, second, request.arg[1]);
}

std::int64_t Services::with_attribute(const Request& request, Handle& handle) {
  GuestPath path;
  GuestPath name;
  const auto& segments = request.segments;
  if (const std::int64_t error = path.assign(segments[0].iov_base, segments[0].iov_len); error != 0) return error;
  if (const std::int64_t error = name.assign(segments[1].iov_base, segments[1].iov_len); error != 0) return error;
  const std::span<char> data = request.segment_count > 2
                                   ? std::span(static_cast<char*>(segments[2].iov_base), segments[2].iov_len)
                                   : std::span<char>();
  switch (request.op) {
    case QCallOp::get_attribute: return get_attribute(handle, path, name, data);
    case QCallOp::set_attribute: return set_attribute(handle, path, name, data, request.arg[0]);
    default: return remove_attribute(handle, path, name);
  }
}

std::int64_t Services::close(std::uint32_t number) {
  if (const Handle* handle = handles_.find(number); handle != nullptr) sockets_.forget(number, *handle);
  return handles_.close(number);
}

std::int64_t Services::start_vcpu(std::uint64_t number) {
  if (number == 0 || number >= vcpus_) return -EINVAL;
  const std::uint64_t bit = std::uint64_t{1} << number;
  if ((started_vcpus_ & bit) != 0) return -EEXIST;
  if (!control_.start_vcpu(static_cast<std::uint32_t>(number))) return -EAGAIN;
  started_vcpus_ |= bit;
  return 0;
}

std::int64_t Services::exec(const Request& request) {
  if (desk_ == nullptr) return -ENOENT;
  const iovec& segment = request.segments[0];
  if (request.op == QCallOp::exec_request)
    return desk_->fetch(request.arg[0], std::span(static_cast<std::byte*>(segment.iov_base), segment.iov_len));
  // Copied, so that what is looked at does not change.
  char text[512];
  const std::size_t length = request.segment_count == 0 ? 0 : std::min(segment.iov_len, sizeof text);
  if (length != 0) std::memcpy(text, segment.iov_base, length);
  return desk_->report(request.arg[0], request.arg[1], request.arg[2], std::string_view(text, length));
}

std::int64_t Services::release(std::uint64_t gpa, std::uint64_t length) {
  if (gpa % abi::kPageSize != 0 || length % abi::kPageSize != 0) return -EINVAL;
  if (!memory_.contains(gpa, length)) return -EFAULT;
  if (gpa < release_floor_) return -EPERM;
  if (length == 0) return 0;
  return memory_.release(gpa, length) ? 0 : -EIO;
}

}  // namespace baryon::host

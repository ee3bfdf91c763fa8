// Plays the kernel's side of the QCall protocol against a real QCallServer, for tests, the benchmark and the fuzzer.
#pragma once

#include <sched.h>
#include <time.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/qcall/server.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/qcall.hpp"
#include "kernel/abi/sockets.hpp"

namespace baryon::host::test {

inline constexpr abi::Gpa kSandboxPage = 0x1000;
inline constexpr abi::Gpa kQueues = 0x10000;
inline constexpr abi::Gpa kSockets = 0x100000;
inline constexpr abi::Gpa kArena = 0x200000;
inline constexpr std::uint64_t kMemorySize = 32ull << 20;

struct FakeControl : VcpuControl {
  bool start_vcpu(std::uint32_t number) override {
    started |= std::uint64_t{1} << number;
    return may_start;
  }
  void notify_vcpu(std::uint32_t number) override {
    notified.fetch_add(1);
    told.fetch_or(std::uint64_t{1} << number);
  }
  void guest_lied(const char* what) override {
    lies.fetch_add(1);
    lie.store(what);
  }
  std::uint64_t started = 0;
  bool may_start = true;
  std::atomic<std::uint64_t> notified{0};
  std::atomic<std::uint64_t> told{0};  // a bit for each vCPU that has been notified
  std::atomic<int> lies{0};
  std::atomic<const char*> lie{nullptr};
};

struct FakeGuestOptions {
  std::vector<HostMount> mounts{};
  std::array<int, 3> streams{-1, -1, -1};
  std::uint32_t vcpus = 1;
  SpinMode spin = SpinMode::automatic;
  bool sockets = false;
};

class FakeGuest {
 public:
  explicit FakeGuest(FakeGuestOptions options = {}) : memory_(unwrap(GuestMemory::create(kMemorySize))) {
    QCallConfig config{.memory = memory_,
                       .queues = kQueues,
                       .vcpus = options.vcpus,
                       .sandbox_page = kSandboxPage,
                       .sockets = options.sockets ? kSockets : 0,
                       .release_floor = kArena,
                       .mounts = std::move(options.mounts),
                       .standard_streams = options.streams,
                       .more_streams = {},
                       .spin = options.spin};
    server_ = unwrap(QCallServer::create(std::move(config), control_));
    if (auto started = server_->start(); !started) throw std::runtime_error(started.error().what);
    used_.resize(options.vcpus);
    for (auto& bits : used_) bits = 0;
    seen_.resize(options.vcpus);
    done_.resize(options.vcpus);
  }
  ~FakeGuest() { server_.reset(); }

  // What a test fills in; segments are appended by path(), in() and out().
  struct Call {
    abi::QCallDescriptor descriptor{};
    Call& handle(std::int64_t number) {
      descriptor.handle = static_cast<std::uint32_t>(number);
      return *this;
    }
    Call& arg(int index, std::uint64_t value) {
      descriptor.arg[index] = value;
      return *this;
    }
    Call& segment(abi::Gpa gpa, std::uint64_t length) {
      descriptor.segments[descriptor.segment_count++] = {gpa, static_cast<std::uint32_t>(length), 0};
      return *this;
    }
  };
  static Call make(abi::QCallOp op) {
    Call call;
    call.descriptor.op = op;
    return call;
  }

  // Fresh guest memory; the arena wraps around, so nothing lives long.
  abi::Gpa allocate(std::uint64_t size) {
    size = (size + 63) / 64 * 64;
    if (next_ + size > kMemorySize) next_ = kArena;
    const abi::Gpa gpa = next_;
    next_ += size;
    return gpa;
  }
  abi::Gpa put(std::string_view bytes) {
    const abi::Gpa gpa = allocate(bytes.size() + 1);
    std::memcpy(memory_.base() + gpa, bytes.data(), bytes.size());
    return gpa;
  }
  std::string get(abi::Gpa gpa, std::uint64_t length) const {
    return std::string(reinterpret_cast<const char*>(memory_.base() + gpa), length);
  }
  template <class T>
  T record(abi::Gpa gpa) const {
    T value;
    std::memcpy(&value, memory_.base() + gpa, sizeof value);
    return value;
  }

  // Submits and returns the slot. Rings as the contract says.
  std::uint16_t submit(const Call& call, std::uint32_t vcpu = 0) {
    abi::QCallQueue& queue = this->queue(vcpu);
    std::uint16_t slot = 0;
    while ((used_[vcpu] >> slot & 1) != 0)
      if (++slot == abi::kQueueSlots) throw std::runtime_error("no free slot");
    used_[vcpu] |= std::uint64_t{1} << slot;
    publish(queue, slot, call);
    if (sandbox().host_awake.load(std::memory_order_seq_cst) == 0) {
      if (help_instead_) server_->help(vcpu);
      else server_->doorbell();
    }
    return slot;
  }

  // Whether `slot` has completed; takes the completion.
  bool poll_completion(std::uint16_t slot, std::int64_t& result, std::uint32_t vcpu = 0) {
    abi::QCallQueue& queue = this->queue(vcpu);
    for (;;) {
      const auto tail = abi::RingTail::of(queue.cq.tail.load(std::memory_order_acquire));
      if (seen_[vcpu] == tail.position) break;
      const std::uint16_t number = queue.cq.slot[seen_[vcpu]++ % abi::kQueueSlots];
      if (seen_[vcpu] == tail.position && number != tail.newest) throw std::runtime_error("tail names another slot");
      queue.cq.head.store(seen_[vcpu], std::memory_order_release);
      done_[vcpu] |= std::uint64_t{1} << number;
    }
    const std::uint64_t bit = std::uint64_t{1} << slot;
    if ((done_[vcpu] & bit) == 0) return false;
    done_[vcpu] &= ~bit;
    used_[vcpu] &= ~bit;
    result = queue.slots[slot].result;
    return true;
  }

  // Throws after ten seconds: the server has lost a request.
  std::int64_t wait(std::uint16_t slot, std::uint32_t vcpu = 0) {
    std::int64_t result = 0;
    const time_t limit = ::time(nullptr) + 10;
    while (!poll_completion(slot, result, vcpu)) {
      if (::time(nullptr) > limit) throw std::runtime_error("QCall was never answered");
      ::sched_yield();
    }
    return result;
  }
  std::int64_t call(const Call& what, std::uint32_t vcpu = 0) { return wait(submit(what, vcpu), vcpu); }

  // --- the operations, as a kernel would wrap them ---
  std::int64_t open(std::int64_t handle, std::string_view path, std::uint64_t flags, std::uint64_t mode = 0) {
    return call(make(abi::QCallOp::open).handle(handle).segment(put(path), path.size()).arg(0, flags).arg(1, mode));
  }
  std::int64_t close(std::int64_t handle) { return call(make(abi::QCallOp::close).handle(handle)); }
  std::int64_t stat(std::int64_t handle, std::string_view path, std::uint64_t flags, abi::FileStat& out) {
    const abi::Gpa gpa = allocate(sizeof out);
    const auto result = call(
        make(abi::QCallOp::stat).handle(handle).segment(put(path), path.size()).segment(gpa, sizeof out).arg(0, flags));
    out = record<abi::FileStat>(gpa);
    return result;
  }
  std::int64_t write(std::int64_t handle, std::string_view bytes, std::uint64_t offset = abi::kCurrentPosition,
                     std::uint64_t flags = 0) {
    return call(
        make(abi::QCallOp::write).handle(handle).segment(put(bytes), bytes.size()).arg(0, offset).arg(1, flags));
  }
  std::int64_t read(std::int64_t handle, std::uint64_t size, std::string& out,
                    std::uint64_t offset = abi::kCurrentPosition) {
    const abi::Gpa gpa = allocate(size);
    const auto result = call(make(abi::QCallOp::read).handle(handle).segment(gpa, size).arg(0, offset));
    out = result > 0 ? get(gpa, static_cast<std::uint64_t>(result)) : std::string();
    return result;
  }
  std::int64_t path_call(abi::QCallOp op, std::int64_t handle, std::string_view path, std::uint64_t arg0 = 0) {
    return call(make(op).handle(handle).segment(put(path), path.size()).arg(0, arg0));
  }
  std::int64_t two_paths(abi::QCallOp op, std::int64_t handle, std::string_view first, std::uint64_t arg0,
                         std::string_view second, std::uint64_t arg1 = 0) {
    return call(make(op)
                    .handle(handle)
                    .segment(put(first), first.size())
                    .segment(put(second), second.size())
                    .arg(0, arg0)
                    .arg(1, arg1));
  }
  std::int64_t read_link(std::int64_t handle, std::string_view path, std::string& out) {
    const abi::Gpa gpa = allocate(abi::kMaxPath);
    const auto result =
        call(make(abi::QCallOp::read_link).handle(handle).segment(put(path), path.size()).segment(gpa, abi::kMaxPath));
    out = result > 0 ? get(gpa, static_cast<std::uint64_t>(result)) : std::string();
    return result;
  }

  // Puts any slot number and descriptor into the ring, honest or not, without ringing.
  void publish(abi::QCallQueue& queue, std::uint16_t slot, const Call& call) {
    if (slot < abi::kQueueSlots) std::memcpy(&queue.slots[slot], &call.descriptor, sizeof call.descriptor);
    const auto tail = abi::RingTail::of(queue.sq.tail.load(std::memory_order_relaxed));
    queue.sq.slot[tail.position % abi::kQueueSlots] = slot;
    queue.sq.tail.store(abi::RingTail{tail.position + 1, slot}.word(), std::memory_order_seq_cst);
  }

  void help_instead_of_doorbell() { help_instead_ = true; }
  [[nodiscard]] abi::QCallQueue& queue(std::uint32_t vcpu) {
    return *memory_.object<abi::QCallQueue>(kQueues + vcpu * abi::kQueueSize);
  }
  [[nodiscard]] abi::SocketReadiness& readiness() { return *memory_.object<abi::SocketReadiness>(kSockets); }
  [[nodiscard]] abi::SandboxPage& sandbox() { return *memory_.object<abi::SandboxPage>(kSandboxPage); }
  [[nodiscard]] GuestMemory& memory() { return memory_; }
  [[nodiscard]] QCallServer& server() { return *server_; }
  [[nodiscard]] FakeControl& control() { return control_; }

 private:
  template <class T>
  static T unwrap(Expected<T> value) {
    if (!value) throw std::runtime_error(value.error().what);
    return *std::move(value);
  }

  GuestMemory memory_;
  FakeControl control_;
  std::unique_ptr<QCallServer> server_;
  abi::Gpa next_ = kArena;
  bool help_instead_ = false;
  std::vector<std::uint64_t> used_;  // bit per slot in flight
  std::vector<std::uint32_t> seen_;  // completion ring position
  std::vector<std::uint64_t> done_;  // bit per slot whose completion has not been asked for yet
};

}  // namespace baryon::host::test

#include "hypervisor/engine/tcg/vm.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/support/format.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host::tcg {

namespace {

Expected<UniqueFd> event_file() {
  UniqueFd file(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!file.valid())
    return fail_errno("cannot create an event file", errno, "raise the limit on open files (ulimit -n)");
  return file;
}

void ring(int event) noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then it is readable as well.
  static_cast<void>(!::write(event, &one, sizeof one));
}

// Whether it was readable; it no longer is.
bool take(int event) noexcept {
  std::uint64_t count;
  return ::read(event, &count, sizeof count) == sizeof count;
}

Expected<UniqueFd> rom_file(std::span<const std::byte> rom) {
  UniqueFd file(::memfd_create("firmware", MFD_CLOEXEC));
  if (!file.valid() || !write_all(file.get(), {reinterpret_cast<const char*>(rom.data()), rom.size()}))
    return fail_errno("cannot write the firmware for QEMU", errno);
  return file;
}

std::size_t position(abi::Doorbell which) {
  return static_cast<std::size_t>(std::ranges::find(abi::kDoorbells, which) - std::begin(abi::kDoorbells));
}

std::vector<std::string> command_line(const Board& board, const GuestMemory& memory, std::uint32_t vcpus, int rom,
                                      int socket) {
  const std::uint64_t unit = GuestMemory::kSharedUnit;
  const std::uint64_t kib = (memory.size() + unit - 1) / unit * unit >> 10;
  std::vector<std::string> line = board.machine;
  const auto add = [&](std::initializer_list<std::string> more) { line.insert(line.end(), more); };
  add({"-name", "baryon", "-nodefaults", "-no-user-config", "-display", "none", "-serial", "none", "-parallel", "none",
       "-monitor", "none"});
  add({"-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"});
  add({"-accel", "tcg,thread=multi", "-smp", fmt::format("{}", vcpus), "-m", fmt::format("{}k", kib)});
  add({"-object",
       fmt::format("memory-backend-file,id=ram,size={}k,share=on,mem-path=/dev/fd/{}", kib, memory.descriptor())});
  add({"-bios", fmt::format("/dev/fd/{}", rom)});
  add({"-chardev", fmt::format("socket,id=doorbells,fd={}", socket)});
  add({"-device", fmt::format("ivshmem-doorbell,chardev=doorbells,vectors={},ioeventfd=off,addr=1", vcpus)});
  return line;
}

}  // namespace

Expected<std::unique_ptr<Vm>> Vm::create(Arch arch, const GuestMemory& memory, const BootLayout& layout,
                                         std::span<const arch::FirstState> states) {
  const Board& board = board_of(arch);
  const std::string program = BARYON_TRY(find_qemu(board.qemu));

  std::vector<Vcpu> vcpus(states.size());
  for (Vcpu& vcpu : vcpus) {
    vcpu.halt = BARYON_TRY(event_file());
    vcpu.interrupt = BARYON_TRY(event_file());
    vcpu.shutdown = BARYON_TRY(event_file());
  }
  Files own;
  for (UniqueFd* const file : {&own.stop, &own.counter, &own.unused}) *file = BARYON_TRY(event_file());

  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("cannot create a socket for QEMU", errno);
  own.socket = UniqueFd(ends[0]);
  const UniqueFd theirs(ends[1]);
  const UniqueFd rom = BARYON_TRY(rom_file(board.firmware(states, layout)));

  QemuProcess qemu =
      BARYON_TRY(QemuProcess::start(program, command_line(board, memory, layout.vcpus, rom.get(), theirs.get()),
                                    {memory.descriptor(), rom.get(), theirs.get()}));
  return std::unique_ptr<Vm>(new Vm(std::move(own), std::move(vcpus), std::move(qemu)));
}

Vm::Vm(Files own, std::vector<Vcpu> vcpus, QemuProcess qemu)
    : own_(std::move(own)), vcpus_(std::move(vcpus)), qemu_(std::move(qemu)) {
  for (const abi::Doorbell which : {abi::Doorbell::qcall, abi::Doorbell::timer, abi::Doorbell::wake})
    files_.by_value[position(which)].assign(vcpus_.size(), own_.unused.get());
  files_.by_value[position(abi::Doorbell::counter)] = {own_.counter.get()};
  for (const Vcpu& vcpu : vcpus_) {
    files_.by_value[position(abi::Doorbell::halt)].push_back(vcpu.halt.get());
    files_.by_value[position(abi::Doorbell::shutdown)].push_back(vcpu.shutdown.get());
    // An interrupt between vCPUs passes through QEMU alone.
    files_.by_value[position(abi::Doorbell::interrupt)].push_back(vcpu.interrupt.get());
    files_.interrupts.push_back(vcpu.interrupt.get());
  }
}

Vm::~Vm() = default;

Expected<void> Vm::create_vcpu(std::uint32_t index, const arch::FirstState&) {
  if (index >= vcpus_.size()) return fail(fmt::format("vCPU {} does not exist", index));
  return {};  // QEMU has it; the guest starts it
}

Expected<void> Vm::attach_doorbell(abi::Doorbell which, std::optional<std::uint32_t> value, int eventfd) {
  std::vector<int>& files = files_.by_value[position(which)];
  if (value && *value >= files.size()) return fail("there is no such doorbell");
  UniqueFd kept(::fcntl(eventfd, F_DUPFD_CLOEXEC, 0));
  if (!kept.valid()) return fail_errno("cannot keep a doorbell's descriptor", errno);
  if (value) files[*value] = kept.get();
  else std::ranges::fill(files, kept.get());
  attached_.push_back(std::move(kept));
  return {};
}

Expected<void> Vm::run_vcpu(std::uint32_t index, VcpuEvents& events) {
  if (index >= vcpus_.size()) return fail(fmt::format("vCPU {} does not exist", index));
  if (index == 0) {
    // QEMU has had all the time since create() to get to where it waits for this.
    if (auto served = serve_ivshmem(own_.socket.get(), files_); !served) {
      if (auto dead = died(); !dead) return dead;
      return served;
    }
    attached_.clear();
  }
  return serve(index, events);
}

Expected<void> Vm::serve(std::uint32_t index, VcpuEvents& events) {
  Vcpu& vcpu = vcpus_[index];
  for (;;) {
    pollfd waited[] = {{.fd = own_.stop.get(), .events = POLLIN, .revents = 0},
                       {.fd = qemu_.descriptor(), .events = POLLIN, .revents = 0},
                       {.fd = vcpu.halt.get(), .events = POLLIN, .revents = 0},
                       {.fd = vcpu.shutdown.get(), .events = POLLIN, .revents = 0},
                       {.fd = index == 0 ? own_.counter.get() : -1, .events = POLLIN, .revents = 0}};
    if (::poll(waited, std::size(waited), -1) < 0) {
      if (errno == EINTR) continue;
      return fail_errno("cannot wait for doorbells", errno);
    }
    if (stopping_.load(std::memory_order_acquire)) return {};
    // Before a halt: a vCPU that has rung shutdown halts for good, and nobody but its own thread hears it.
    if (take(vcpu.shutdown.get())) {
      ++vcpu.counters.doorbells;
      events.doorbell(index, static_cast<std::uint32_t>(abi::Doorbell::shutdown), 0);
      continue;
    }
    if (waited[4].revents != 0 && take(own_.counter.get())) {
      ++vcpu.counters.doorbells;
      events.doorbell(index, static_cast<std::uint32_t>(abi::Doorbell::counter), 0);
    }
    if (waited[2].revents != 0 && take(vcpu.halt.get())) {
      ++vcpu.counters.halts;
      events.halted(index);
      interrupt(index);
    }
    if (waited[1].revents != 0) return died();
  }
}

// The error when QEMU has ended by itself; nothing when it runs or was stopped.
Expected<void> Vm::died() {
  pollfd process{.fd = qemu_.descriptor(), .events = POLLIN, .revents = 0};
  constexpr int kPatienceMs = 1000;  // a broken connection is seen a little earlier than the end of the process
  if (::poll(&process, 1, kPatienceMs) <= 0 || stopping_.load(std::memory_order_acquire)) return {};
  return fail(qemu_.epitaph());
}

void Vm::interrupt(std::uint32_t index) {
  if (index >= vcpus_.size()) return;
  vcpus_[index].injected.fetch_add(1, std::memory_order_relaxed);
  ring(vcpus_[index].interrupt.get());
}

void Vm::stop() {
  stopping_.store(true, std::memory_order_release);
  qemu_.kill();
  ring(own_.stop.get());
}

VcpuCounters Vm::counters(std::uint32_t index) const {
  VcpuCounters result = vcpus_[index].counters;
  result.injected = vcpus_[index].injected.load(std::memory_order_relaxed);
  return result;
}

}  // namespace baryon::host::tcg

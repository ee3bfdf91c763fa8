// Bringing the kernel up, in the order of its modules, then starting the program from a kernel thread.
#include "kernel/abi/control.hpp"
#include "kernel/abi/log_ring.hpp"
#include "kernel/arch/api/boot_entry.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/arch/api/rewriting.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/log.hpp"
#include "kernel/base/log_sink.hpp"
#include "kernel/base/panic.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/shutdown.hpp"
#include "kernel/fs/hostfs/file_cache.hpp"
#include "kernel/fs/tty/terminal.hpp"
#include "kernel/init/control.hpp"
#include "kernel/init/exec.hpp"
#include "kernel/init/mounts.hpp"
#include "kernel/init/program.hpp"
#include "kernel/init/shutdown.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/mm.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/net/host/transport.hpp"
#include "kernel/net/inet/socket.hpp"
#include "kernel/qcall/client.hpp"
#include "kernel/sched/clock.hpp"
#include "kernel/sched/identity.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::init {
namespace {

const abi::BootPage* boot_page = nullptr;

bool poll_events() {
  // Not `||`: all are looked at.
  const bool completed = qcall::drain();
  const bool told = poll_control();
  const bool ready = net::host::poll_events();
  return completed | told | ready;
}

// A vCPU that is being started: the host agrees first.
struct Start : qcall::Pending {
  explicit Start(u32 number) : Pending(&agreed), cpu(number) {}
  static void agreed(Pending& pending, i64 result) {
    auto* self = static_cast<Start*>(&pending);
    if (result >= 0) arch::start_cpu(self->cpu);
    delete self;
  }
  u32 cpu;
};

bool start_cpu(u32 cpu) {
  qcall::Request request;
  request.op = abi::QCallOp::start_vcpu;
  request.arg[0] = cpu;
  auto* start = new (std::nothrow) Start(cpu);
  if (start == nullptr) return false;
  if (start->submit(request).ok()) return true;
  delete start;
  return false;
}

// Gives a free block of RAM back to the host. May block, as mm::ReleaseHook says.
bool release(PhysAddr base, u64 bytes) {
  qcall::Request request;
  request.op = abi::QCallOp::release;
  request.arg[0] = base;
  request.arg[1] = bytes;
  return qcall::call(request).ok();
}

void init_main(void*) {
  const abi::BootPage& page = *boot_page;
  mm::set_release_hook(&release);
  mm::set_reclaim_hook(&fs::CachedFile::drop_all);
  fs::watch_session_ends();
  make_mounts(page);
  start_program(page);
  serve_execs();
}

}  // namespace

void boot(const abi::BootPage& page) {
  boot_page = &page;
  mm::direct_map_base = page.direct_map_base;
  set_up_shutdown(mm::phys_to<abi::SandboxPage>(page.sandbox));
  log::set_sink(mm::phys_to<abi::LogRing>(page.log_ring), nullptr);
  log::current_level = page.log_level;
  if (page.magic != abi::kBootMagic || page.version != abi::kVersion)
    panic("the boot page is of version %u, this kernel of version %u", page.version, abi::kVersion);

  mm::init(page);
  sched::set_host_name(page.host_name, sizeof page.host_name);
  random_seed(page.entropy, sizeof page.entropy);
  sched::init({page.vcpus, (page.flags & abi::kBootSpinner) != 0, mm::phys_to<const abi::ClockPage>(page.clock)});
  log::set_sink(mm::phys_to<abi::LogRing>(page.log_ring), &sched::monotonic_ns);
  qcall::init(page);
  net::InetSocket::set_unprivileged_port_start(page.unprivileged_port_start);
  if (page.sockets != 0) net::host::init(*mm::phys_to<abi::SocketReadiness>(page.sockets));
  set_up_control(mm::phys_to<abi::ControlChannel>(page.control));
  arch::enable_rewriting((page.flags & abi::kBootRewrite) != 0);
  syscall::set_tracing((page.flags & abi::kBootStrace) != 0);
  sched::set_hooks({.poll_events = &poll_events, .owes = &qcall::owes, .start_cpu = &start_cpu});
  sched::on_init_exit([](abi::ExitReason reason, i32 value) {
    syscall::trace_exit(reason, value);
    shut_down(reason, value, nullptr);
  });

  Result<Ref<sched::Task>> task = sched::Task::create_kernel(&init_main, nullptr, "init");
  if (!task.ok()) panic("no memory for the first task: --memory is too small");
  task.value()->start();
  sched::run();
}

void boot_secondary(const abi::BootPage&, u32) { sched::run_secondary(); }

}  // namespace baryon::init

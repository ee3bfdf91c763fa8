#include "kernel/arch/hosted/machine.hpp"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "kernel/arch/hosted/cpu.hpp"
#include "kernel/arch/hosted/fault_code.hpp"
#include "kernel/arch/hosted/interrupts.hpp"
#include "kernel/arch/hosted/memory_doorbell.hpp"
#include "kernel/base/spinlock.hpp"

namespace baryon {

void SpinLock::relax() { asm volatile("" ::: "memory"); }

}  // namespace baryon

namespace baryon::arch {
namespace {

struct HostedCpu {
  abi::VcpuPage page{};
  void* task = nullptr;
  void* local = nullptr;
  abi::KernelStats stats{};
  std::atomic<bool> work{false};
  UserState user;
  u8 fpu[kFpuMaxSize] = {};
};
HostedCpu cpus[abi::kMaxVcpus];
thread_local HostedCpu* self = &cpus[0];

std::atomic<bool> fake_clock{false};
std::atomic<u64> fake_now{1'000'000'000};
abi::ClockPage clock;

ucontext_t test_context;
ucontext_t scheduler_context;
bool scheduler_started = false;
bool in_scheduler = false;

void start_trampoline(u32 high, u32 low, u32 argument_high, u32 argument_low) {
  auto entry = reinterpret_cast<void (*)(void*)>(u64{high} << 32 | low);
  entry(reinterpret_cast<void*>(u64{argument_high} << 32 | argument_low));
  std::abort();
}

// Reads the thread's own words; never inlined, so that nothing of it survives a switch of threads.
__attribute__((noinline)) HostedCpu& me() {
  asm volatile("" ::: "memory");
  return *self;
}

}  // namespace

abi::VcpuPage& vcpu_page() { return me().page; }
u32 cpu_index() { return me().page.index; }
void* current_task() { return me().task; }
void set_current_task(void* task, VirtAddr) { me().task = task; }
void* cpu_local() { return me().local; }
void set_cpu_local(void* local) { me().local = local; }
abi::KernelStats& stats() { return me().stats; }
void set_work_pending() { me().work.store(true); }
void clear_work_pending() { me().work.store(false); }
bool work_pending() { return me().work.load(); }
void set_work_pending_on(u32 cpu) { cpus[cpu].work.store(true); }

u64 counter() {
  if (fake_clock.load(std::memory_order_relaxed)) return fake_now.load(std::memory_order_relaxed);
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<u64>(t.tv_sec) * 1'000'000'000 + static_cast<u64>(t.tv_nsec);
}

// Real CPUs are few where the tests run: a thread that spins must let the others go on.
void relax() {
  if (!fake_clock.load(std::memory_order_relaxed)) sched_yield();
}

void context_init(Context& context, VirtAddr stack_top, void (*entry)(void*), void* argument) {
  getcontext(&context.machine);
  context.machine.uc_stack.ss_sp = reinterpret_cast<void*>(align_down(stack_top, 16) - kHostedStack);
  context.machine.uc_stack.ss_size = kHostedStack;
  context.machine.uc_link = nullptr;
  const u64 e = reinterpret_cast<u64>(entry), a = reinterpret_cast<u64>(argument);
  makecontext(&context.machine, reinterpret_cast<void (*)()>(&start_trampoline), 4, static_cast<u32>(e >> 32),
              static_cast<u32>(e), static_cast<u32>(a >> 32), static_cast<u32>(a));
}

void context_switch(Context& from, Context& to) { swapcontext(&from.machine, &to.machine); }

void enter_user(TrapFrame& frame) {
  hosted::user_program(frame);
  std::abort();
}

void user_state_save(UserState& state) { state = me().user; }
void user_state_load(const UserState& state) { me().user = state; }
u64 fpu_size() { return kFpuMaxSize; }
void fpu_init(void* area) { std::memset(area, 0, kFpuMaxSize); }
void fpu_save(void* area) { std::memcpy(area, me().fpu, kFpuMaxSize); }
void fpu_load(const void* area) { std::memcpy(me().fpu, area, kFpuMaxSize); }

void ring(abi::Doorbell doorbell, u32 value) {
  ++hosted::doorbells;
  if (doorbell == abi::Doorbell::memory) hosted::memory_asked_for = value;
}

void halt() {
  HostedCpu& cpu = me();
  if (fake_clock.load()) {
    const u64 deadline = cpu.page.deadline_ns.load();
    if (cpu.page.event.load() != 0) return;
    if (hosted::on_halt) hosted::on_halt();
    if (deadline != abi::kNever) {
      if (deadline > fake_now.load()) fake_now.store(deadline);
      return;
    }
    if (!in_scheduler) std::abort();
    in_scheduler = false;
    swapcontext(&scheduler_context, &test_context);
    return;
  }
  while (cpu.page.event.load() == 0 && counter() < cpu.page.deadline_ns.load()) usleep(20);
}

void interrupt_cpu(u32 cpu) {
  cpus[cpu].page.event.store(1);
  cpus[cpu].work.store(true);
}
void shoot_down(u64) {}
void synchronise_cpus(u64) {}
void flush_tlb() {}
void serve_shoot_down() {}
void flush_tlb_page(VirtAddr) {}

bool push_signal_frame(TrapFrame&, const SignalDelivery& delivery) {
  if (hosted::refuse_frames) return false;
  hosted::delivered.push_back({delivery.number, delivery.saved_mask, delivery.handler});
  return true;
}
bool pop_signal_frame(TrapFrame&, u64&, VirtAddr*) { return false; }

i32 floating_point_code(u32, u32) { return 7; }  // FPE_FLTINV

namespace hosted {

std::function<void(TrapFrame&)> user_program;
std::vector<Delivered> delivered;
bool refuse_frames = false;
u64 doorbells = 0;
u32 memory_asked_for = 0;
std::function<void()> on_halt;

void become_cpu(u32 index) {
  self = &cpus[index];
  self->page.index = index;
  self->page.deadline_ns.store(abi::kNever);
}

void set_fake_clock(bool on) { fake_clock.store(on); }
void advance_clock(u64 ns) { fake_now.fetch_add(ns); }

const abi::ClockPage* clock_page() {
  clock.mult = 1;
  clock.shift = 0;
  clock.realtime_base_ns = 1'700'000'000'000'000'000;
  return &clock;
}

void run_until_idle(void (*scheduler)()) {
  constexpr std::size_t kSize = 1 << 20;
  in_scheduler = true;
  if (!scheduler_started) {
    scheduler_started = true;
    getcontext(&scheduler_context);
    scheduler_context.uc_stack.ss_sp = std::malloc(kSize);
    scheduler_context.uc_stack.ss_size = kSize;
    scheduler_context.uc_link = nullptr;
    makecontext(&scheduler_context, scheduler, 0);
  }
  swapcontext(&test_context, &scheduler_context);
}

}  // namespace hosted
}  // namespace baryon::arch

// Runs bodies as tasks of the hosted scheduler, one vCPU, fake clock. Bodies record what they see; the
// test checks afterwards, outside.
#pragma once

#include <functional>
#include <list>

#include "kernel/arch/hosted/machine.hpp"
#include "kernel/mm/test/fake_ram.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::sched::test {

class Machine {
 public:
  Machine() : ram_(64 << 20) {
    arch::hosted::set_fake_clock(true);
    arch::hosted::delivered.clear();
    arch::hosted::refuse_frames = false;
    static bool started = false;
    if (started) return;
    started = true;
    arch::hosted::become_cpu(0);
    init({1, false, arch::hosted::clock_page()});
  }

  // Ready to run; runs in run().
  void spawn(std::function<void()> body) {
    bodies_.push_back(std::move(body));
    Task::create_kernel(&call, &bodies_.back(), "body").take()->start();
  }

  // A thread of `process`, executing `body` where a program would run.
  Ref<Task> spawn_user(Process& process, std::function<void()> body) {
    bodies_.push_back(std::move(body));
    arch::hosted::user_program = [](arch::TrapFrame& frame) {
      (*reinterpret_cast<std::function<void()>*>(frame.pc))();
      exit_current(0);
    };
    arch::TrapFrame frame;
    frame.pc = reinterpret_cast<u64>(&bodies_.back());
    Ref<Task> task = Task::create_user(process, frame, {}, nullptr).take();
    task->start();
    return task;
  }

  Ref<Process> make_process() { return Process::create(mm::AddressSpace::create(0).take()).take(); }

  // Until every task has ended or waits for something that does not come.
  void run() { arch::hosted::run_until_idle(&scheduler); }

 private:
  static void call(void* body) { (*static_cast<std::function<void()>*>(body))(); }
  static void scheduler() { sched::run(); }
  mm::FakeRam ram_;
  std::list<std::function<void()>> bodies_;
};

}  // namespace baryon::sched::test

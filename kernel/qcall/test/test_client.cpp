// How a host that sleeps is made to look. The test is the host: it looks at the rings and the doorbells.
#include <catch2/catch.hpp>

#include "kernel/arch/hosted/interrupts.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/qcall/client.hpp"
#include "kernel/sched/test/fixture.hpp"

using namespace baryon;

namespace {

class Host {
 public:
  Host() {
    const PhysAddr memory = mm::allocate_pages(4, mm::Fill::zero).take();
    boot_.vcpus = 1;
    boot_.queues = memory + kPageSize;
    boot_.sandbox = memory;
    queue = mm::phys_to<abi::QCallQueue>(boot_.queues);
    sandbox = mm::phys_to<abi::SandboxPage>(boot_.sandbox);
    qcall::init(boot_);
  }
  abi::QCallQueue* queue;
  abi::SandboxPage* sandbox;

  // Takes what was submitted, as a vCPU's thread does in the exit of a halt.
  void serve() { queue->sq.head.store(queue->sq.tail.load()); }

 private:
  abi::BootPage boot_{};
};

u64 rings_of_a_request() {
  const u64 before = arch::hosted::doorbells;
  REQUIRE(qcall::start_detached({}));
  return arch::hosted::doorbells - before;
}

}  // namespace

// One test case: the kernel has one set of queues, made once.
TEST_CASE("who is told of a request") {
  sched::test::Machine machine;
  Host host;

  // A host that is awake is not told.
  host.sandbox->host_awake.store(1);
  CHECK(rings_of_a_request() == 0);
  host.serve();
  host.sandbox->host_awake.store(0);

  // A halt that the host did not see is followed by a doorbell.
  arch::vcpu_page().event.store(1);  // so that halt() returns at once
  CHECK(rings_of_a_request() == 1);
  host.serve();
  arch::vcpu_page().event.store(0);
  CHECK(arch::vcpu_page().sleeping.load() == 0);

  // A halt in which the host has served the queue is enough.
  arch::hosted::on_halt = [&] { host.serve(); };
  CHECK(rings_of_a_request() == 0);
  arch::hosted::on_halt = nullptr;
}

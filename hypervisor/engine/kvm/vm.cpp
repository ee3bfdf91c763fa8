#include "hypervisor/engine/kvm/vm.hpp"

#include <cerrno>

#include "hypervisor/support/format.hpp"

namespace baryon::host::kvm {

namespace {
constexpr std::uint64_t kGrowth = 4;
}

Expected<std::unique_ptr<Vm>> Vm::create(const GuestMemory& memory, abi::Gpa ready_end) {
  Kvm kvm = BARYON_TRY(Kvm::open());
  if (auto checked = kvm.check_capabilities(); !checked) return std::unexpected(checked.error());
  Descriptor descriptor = BARYON_TRY(kvm.create_vm());
  auto vm = std::unique_ptr<Vm>(new Vm(std::move(kvm), std::move(descriptor), memory));
  vm->features_ = BARYON_TRY(CpuFeatures::create(vm->kvm_, vm->descriptor_));
  vm->run_size_ = BARYON_TRY(vm->kvm_.run_size());

  vm->slots_end_ = memory.start();
  BARYON_TRY(vm->add_slot(ready_end));
  return vm;
}

Expected<void> Vm::add_slot(std::uint64_t end) {
  const std::uint64_t offset = slots_end_ - memory_.start();
  kvm_userspace_memory_region region{.slot = slots_,
                                     .flags = 0,
                                     .guest_phys_addr = slots_end_,
                                     .memory_size = end - slots_end_,
                                     .userspace_addr = reinterpret_cast<std::uint64_t>(memory_.base() + offset)};
  if (control(descriptor_, KVM_SET_USER_MEMORY_REGION, &region) != 0)
    return fail_errno(fmt::format("KVM refuses {} KiB of guest memory", (end - slots_end_) >> 10), errno);
  ++slots_;
  slots_end_ = end;
  return {};
}

Expected<void> Vm::provide_memory(std::uint64_t end) {
  const std::lock_guard guard(slots_mutex_);
  const std::uint64_t ram_end = memory_.start() + memory_.size();
  // Rounded up to large pages it may reach beyond the last frame.
  if (end > ram_end && end - ram_end >= abi::kLargePageSize)
    return fail(fmt::format("the guest kernel asked for memory up to {:#x}, where there is none", end));
  if (end <= slots_end_) return {};
  const std::uint64_t grown = memory_.start() + kGrowth * (slots_end_ - memory_.start());
  return add_slot(std::min(ram_end, std::max(end, grown)));
}

Expected<void> Vm::create_vcpu(std::uint32_t index, const arch::FirstState& first) {
  if (index >= layout_.vcpus || vcpu(index) != nullptr)
    return fail(fmt::format("vCPU {} does not exist or exists already", index));
  auto* const page = memory_.object<abi::VcpuPage>(layout_.vcpu_page(index));
  if (page == nullptr) return fail(fmt::format("the page of vCPU {} lies outside guest memory", index));

  auto made = BARYON_TRY(Vcpu::create(descriptor_, {.index = index,
                                                    .run_size = run_size_,
                                                    .page = page,
                                                    .doorbell = layout_.doorbell,
                                                    .linked = privilege_ == abi::Privilege::linked}));
  BARYON_TRY(features_->apply(made->descriptor(), index, layout_.vcpus));
  BARYON_TRY(load_state(made->descriptor(), *features_, first));
  share_counter(kvm_, descriptor_, made->descriptor(), index);

  const std::lock_guard guard(mutex_);
  if (stopped_) made->request_stop();
  owned_[index] = std::move(made);
  vcpus_[index].store(owned_[index].get(), std::memory_order_release);
  return {};
}

Expected<void> Vm::run_vcpu(std::uint32_t index, VcpuEvents& events) {
  Vcpu* const running = vcpu(index);
  if (running == nullptr) return fail(fmt::format("vCPU {} was not created", index));
  return running->run(events);
}

void Vm::interrupt(std::uint32_t index) {
  if (Vcpu* const target = vcpu(index); target != nullptr) target->request_interrupt();
}

void Vm::stop() {
  const std::lock_guard guard(mutex_);
  stopped_ = true;
  for (const auto& each : owned_)
    if (each != nullptr) each->request_stop();
}

Expected<void> Vm::attach_doorbell(abi::Doorbell which, std::optional<std::uint32_t> value, int eventfd) {
  kvm_ioeventfd request{};
  request.addr = layout_.doorbell + static_cast<std::uint32_t>(which);
  request.len = sizeof(std::uint32_t);
  request.fd = eventfd;
  if (value) {
    request.datamatch = *value;
    request.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
  }
  if (control(descriptor_, KVM_IOEVENTFD, &request) != 0)
    return fail_errno(fmt::format("KVM refuses doorbell {:#x}", static_cast<std::uint32_t>(which)), errno);
  return {};
}

std::uint64_t Vm::counter_khz() const { return kvm::counter_khz(kvm_, descriptor_); }

VcpuCounters Vm::counters(std::uint32_t index) const {
  const Vcpu* const counted = vcpu(index);
  return counted == nullptr ? VcpuCounters{} : counted->counters();
}

}  // namespace baryon::host::kvm

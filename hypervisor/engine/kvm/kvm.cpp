#include "hypervisor/engine/kvm/kvm.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstddef>
#include <memory>

#include "hypervisor/engine/kvm/tables.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::kvm {

namespace {

constexpr const char* kDevice = "/dev/kvm";

constexpr Capability kCapabilities[] = {
    {"KVM_CAP_USER_MEMORY", KVM_CAP_USER_MEMORY, true},
    {"KVM_CAP_EXT_CPUID", KVM_CAP_EXT_CPUID, true},
    {"KVM_CAP_IOEVENTFD", KVM_CAP_IOEVENTFD, true},
    {"KVM_CAP_IMMEDIATE_EXIT", KVM_CAP_IMMEDIATE_EXIT, true},
    {"KVM_CAP_XCRS", KVM_CAP_XCRS, false},
    {"KVM_CAP_GET_TSC_KHZ", KVM_CAP_GET_TSC_KHZ, false},
    {"KVM_CAP_VCPU_ATTRIBUTES", KVM_CAP_VCPU_ATTRIBUTES, false},
};

const char* open_hint(int error) {
  switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV: return "load the kvm module, or enable virtualisation in the firmware or in the surrounding machine";
    case EACCES:
    case EPERM: return "join the group that owns the device, usually kvm";
    default: return "";
  }
}

}  // namespace

std::span<const Capability> capabilities() { return kCapabilities; }

Expected<Kvm> Kvm::open() {
  Descriptor device(::open(kDevice, O_RDWR | O_CLOEXEC));
  if (!device.valid()) {
    const int error = errno;
    return fail_errno(fmt::format("cannot open {}", kDevice), error, open_hint(error));
  }
  const int version = control(device, KVM_GET_API_VERSION, 0);
  if (version < 0) return fail(fmt::format("{} is not a KVM device", kDevice), open_hint(ENOENT));
  if (version != KVM_API_VERSION)
    return fail(fmt::format("{} speaks API version {}, not {}", kDevice, version, KVM_API_VERSION));
  return Kvm(std::move(device));
}

bool Kvm::has(int capability) const { return control(device_, KVM_CHECK_EXTENSION, capability) > 0; }

Expected<void> Kvm::check_capabilities() const {
  for (const Capability& capability : kCapabilities)
    if (capability.required && !has(capability.number))
      return fail(fmt::format("{} lacks {}", kDevice, capability.name), "use a newer host kernel");
  return {};
}

Expected<Descriptor> Kvm::create_vm() const {
  Descriptor vm(control(device_, KVM_CREATE_VM, 0));
  if (!vm.valid()) return fail_errno("cannot create a virtual machine", errno);
  return vm;
}

Expected<Cpuid> Kvm::supported_cpuid() const {
  const auto table = std::make_unique<CpuidTable>();
  table->count = kMaxCpuidEntries;
  if (control(device_, kGetSupportedCpuid, table.get()) != 0)
    return fail_errno("KVM does not say which CPU features it supports", errno);
  if (table->count > kMaxCpuidEntries) return fail(fmt::format("KVM returned {} CPUID entries", table->count));
  return Cpuid(table->entries, table->entries + table->count);
}

Expected<std::size_t> Kvm::run_size() const {
  const int size = control(device_, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (size < static_cast<int>(sizeof(kvm_run)))
    return fail(fmt::format("KVM's vCPU mapping of {} bytes is too small", size));
  return static_cast<std::size_t>(size);
}

}  // namespace baryon::host::kvm

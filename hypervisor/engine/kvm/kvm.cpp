#include "hypervisor/engine/kvm/kvm.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstddef>

#include "hypervisor/support/format.hpp"

namespace baryon::host::kvm {

namespace {

constexpr const char* kDevice = "/dev/kvm";

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

int Kvm::value(int capability) const { return control(device_, KVM_CHECK_EXTENSION, capability); }

Expected<void> Kvm::check_capabilities() const {
  for (const Capability& capability : capabilities())
    if (capability.required && !has(capability.number))
      return fail(fmt::format("{} lacks {}", kDevice, capability.name), "use a newer host kernel");
  return {};
}

Expected<Descriptor> Kvm::create_vm() const {
  Descriptor vm(control(device_, KVM_CREATE_VM, machine_type(*this)));
  if (!vm.valid()) return fail_errno("cannot create a virtual machine", errno);
  return vm;
}

Expected<std::size_t> Kvm::run_size() const {
  const int size = control(device_, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (size < static_cast<int>(sizeof(kvm_run)))
    return fail(fmt::format("KVM's vCPU mapping of {} bytes is too small", size));
  return static_cast<std::size_t>(size);
}

}  // namespace baryon::host::kvm

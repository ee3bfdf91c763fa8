// Requests of /dev/kvm, of a VM and of its vCPUs that are made after the jail has closed: vCPUs that start late, and
// running.
#pragma once

#include <linux/kvm.h>
#include <sys/ioctl.h>

namespace baryon::host {

inline constexpr unsigned long kKvmRequests[] = {
    KVM_RUN,
    KVM_CREATE_VCPU,
    KVM_SET_USER_MEMORY_REGION,
    KVM_IOEVENTFD,
    KVM_CHECK_EXTENSION,
    KVM_GET_VCPU_MMAP_SIZE,
    KVM_SET_DEVICE_ATTR,
    KVM_GET_DEVICE_ATTR,
    KVM_SET_SIGNAL_MASK,
    KVM_GET_REGS,
    KVM_SET_REGS,
    KVM_ARM_PREFERRED_TARGET,
    KVM_ARM_VCPU_INIT,
    KVM_GET_ONE_REG,
    KVM_SET_ONE_REG,
    KVM_IRQ_LINE,
};

}  // namespace baryon::host

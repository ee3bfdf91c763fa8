// Requests of /dev/kvm, of a VM and of its vCPUs that are made after the jail has closed: vCPUs that start late, and
// running.
#pragma once

#include <linux/kvm.h>
#include <sys/ioctl.h>

namespace baryon::host {

// <linux/kvm.h> counts the flexible array of these tables as a member when C++ reads it; the request's number holds the
// size of the header alone.
inline constexpr unsigned kTableHeaderBytes = 8;

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
    _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, kTableHeaderBytes),  // KVM_GET_SUPPORTED_CPUID
    _IOC(_IOC_WRITE, KVMIO, 0x90, kTableHeaderBytes),              // KVM_SET_CPUID2
    KVM_GET_SREGS,
    KVM_SET_SREGS,
    KVM_GET_FPU,
    KVM_SET_FPU,
    _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x88, kTableHeaderBytes),  // KVM_GET_MSRS
    _IOC(_IOC_WRITE, KVMIO, 0x89, kTableHeaderBytes),              // KVM_SET_MSRS
    KVM_GET_XCRS,
    KVM_SET_XCRS,
    KVM_GET_TSC_KHZ,
    KVM_SET_TSC_KHZ,
    KVM_GET_LAPIC,
    KVM_SET_LAPIC,
    KVM_INTERRUPT,
};

}  // namespace baryon::host

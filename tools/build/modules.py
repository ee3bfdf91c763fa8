"""The module map: which folder may see which. ARCHITECTURE.md draws it."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Module:
    """One folder of sources. `uses` are folders whose headers it may include."""

    folder: str
    uses: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()  # host only: names for LIBRARIES
    exclude: tuple[str, ...] = ()


ABI = ("kernel/abi",)
BASE = ABI + ("kernel/base",)
ARCH = BASE + ("kernel/arch/api",)
MM = ARCH + ("kernel/mm",)
SCHED = MM + ("kernel/sched",)
QCALL = SCHED + ("kernel/qcall",)
QCALL_IO = QCALL + ("kernel/io",)
FS = QCALL_IO + ("kernel/fs",)
EXEC = MM + ("kernel/exec",)
SYSCALL = FS + ("kernel/net", "kernel/ipc", "kernel/exec", "kernel/syscall")
INIT = SYSCALL + ("kernel/init",)

# Kernel modules, in import order. The architecture's folder is added for the guest architecture.
KERNEL = (
    Module("kernel/base", ABI),
    Module("kernel/platform", BASE),
    # What the architectures have in common below the level of kernel/arch/api; seen by them alone.
    Module("kernel/arch/common", ARCH + ("kernel/mm",)),
    Module("kernel/mm", ARCH),
    Module("kernel/sched", MM),
    Module("kernel/qcall", SCHED),
    Module("kernel/io", SCHED),
    Module("kernel/fs", QCALL_IO),
    Module("kernel/net", QCALL_IO),
    Module("kernel/ipc", SCHED),
    Module("kernel/exec", MM),
    Module("kernel/syscall", FS + ("kernel/net", "kernel/ipc", "kernel/exec")),
    Module("kernel/init", SYSCALL),
)
# What an architecture's folder may include beside itself; rewriting call sites needs the address space.
ARCH_USES = ARCH + ("kernel/mm", "kernel/platform", "kernel/arch/common")

H = "hypervisor/"
# The list of engines is data that the options are made from; the engines themselves come much later.
SUPPORT = ABI + (H + "support", H + "config", H + "engine/list")
HYPERVISOR = (
    Module(H + "support", ABI, ("fmt",)),
    Module(H + "config", SUPPORT, ("fmt", "tomlplusplus")),
    Module(H + "memory", SUPPORT),
    Module(H + "loader", SUPPORT + (H + "memory", H + "arch")),
    Module(H + "arch", SUPPORT + (H + "memory",)),
    Module(H + "jail", SUPPORT + (H + "files",)),
    Module(H + "files", SUPPORT + (H + "memory",)),
    Module(H + "streams", SUPPORT + (H + "memory", H + "files", H + "qcall")),
    Module(H + "sockets", SUPPORT + (H + "files",)),
    Module(H + "qcall", SUPPORT + (H + "memory", H + "files", H + "streams", H + "sockets", H + "jail"), ("liburing",)),
    Module(H + "log", SUPPORT + (H + "memory",)),
    Module(H + "stats", SUPPORT + (H + "memory", H + "qcall", H + "arch", H + "files", H + "sockets", H + "streams", H + "engine", H + "loader"), ("nlohmann_json",)),
    Module(H + "engine", SUPPORT + (H + "memory", H + "arch", H + "files", H + "loader")),
    Module(H + "sandbox", SUPPORT + tuple(H + m for m in ("memory", "loader", "arch", "files", "sockets", "streams", "qcall", "log", "stats", "engine", "jail"))),
    Module(H + "oci", SUPPORT + (H + "sandbox", H + "files", H + "jail", H + "streams"), ("nlohmann_json", "libseccomp")),
    Module(H + "cli", SUPPORT + (H + "sandbox", H + "oci", H + "files"), ("nlohmann_json",)),
)

# Folders with one sub-folder per architecture of the machine that the hypervisor runs on: only that one is compiled, and
# is included as <name/...>.
PER_HOST = {"host": H + "host", "kvm_arch": H + "engine/kvm"}
ARCHITECTURES = ("x86_64", "aarch64")

# Headers of the libraries above that are the same for every architecture, in /usr/include: a cross compiler may see these
# and nothing else there.
COMMON_HEADERS = ("fmt", "toml++", "nlohmann", "liburing", "liburing.h", "seccomp.h", "seccomp-syscalls.h")

LIBRARIES = {
    "fmt": ("", ""),
    "tomlplusplus": ("-DTOML_EXCEPTIONS=0", ""),
    "liburing": ("", "-luring"),
    "libseccomp": ("", "-lseccomp"),
    "nlohmann_json": ("", ""),
}

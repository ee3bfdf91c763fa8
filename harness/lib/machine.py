"""An emulated machine with an ordinary /dev/kvm: QEMU (TCG), Debian's kernel, and our runner in an initramfs.

svm: an x86-64 machine whose `-cpu max` emulates SVM, so that kvm-amd runs and guest CPL 0 code executes as on hardware.
arm64: one whose CPU has EL2, for the arm64 build of the hypervisor. One boot serves a whole test session: programs are copied in when they are first needed (`put`), and run one after the other (`run`).
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lib import paths, process
from lib.linux_in_qemu import pack_initramfs, tsc_parameter

DOWNLOAD_SECONDS = 300.0
DISK_BYTES = 2 << 30
BOOT_SECONDS = 600.0  # about ten when the cores are free
# How much longer than the program's own time limit an answer may take before the machine itself counts as hung.
ANSWER_SECONDS = 60.0
_CONSOLE_TAIL = 6000
_PORT_NAME = "org.baryon.runner"

# The initial root cannot be pivoted away from, as the jail does, so that the machine has a root that is mounted.
_INIT = """#!/bin/busybox sh
export PATH=/bin
if [ ! -e /moved ]; then
  /bin/busybox mount -t tmpfs -o size=100%,mode=755 root /run
  /bin/busybox cp -a /bin /dev /proc /sys /tmp /modules /order /runner /init /run
  /bin/busybox mkdir -p /run/run /run/var/cache
  /bin/busybox touch /run/moved
  exec /bin/busybox switch_root /run /init
fi
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mkdir -p /dev/shm /dev/pts
/bin/busybox mount -t tmpfs tmpfs /dev/shm
/bin/busybox mount -t devpts devpts /dev/pts
for module in $(/bin/busybox cat /order); do
  /bin/busybox insmod "/modules/$module.ko" || echo "init: cannot insert $module"
done
/bin/busybox mount -t ext4 /dev/vda /tmp || echo "init: cannot mount the disk"
/bin/busybox chmod 1777 /tmp
/bin/busybox ifconfig lo 127.0.0.1 up
for port in /sys/class/virtio-ports/*; do
  [ "$(/bin/busybox cat "$port/name")" = PORT ] && /runner "/dev/${port##*/}"
done
echo "init: the runner has ended"
/bin/busybox poweroff -f
""".replace("PORT", _PORT_NAME)


def _arm64_busybox() -> Path:
    fetched = process.run([paths.ROOT / "tools" / "fetch-arm64.sh", "busybox-static"], timeout=DOWNLOAD_SECONDS)
    if fetched.status != 0:
        raise MachineFailed(f"no busybox for arm64\n{fetched.describe()}")
    return Path(fetched.text.strip().splitlines()[-1]) / "bin" / "busybox"


@dataclass(frozen=True)
class Model:
    """What differs between machines of two architectures."""

    arch: str  # as baryon spells it
    debian: str  # as Debian spells it
    qemu: tuple[str, ...]
    parameters: Callable[[], str]  # of the kernel
    privileges: tuple[str, ...]  # what its KVM runs; a test compares with the doctor's report
    toolchain: str  # of the programs
    busybox: Callable[[], Path]
    baryon: Path | None = None  # the hypervisor's binary; None: the one under test


MODELS = {
    "svm": Model(
        arch="x86_64",
        debian="amd64",
        qemu=("qemu-system-x86_64", "-M", "q35,hpet=off", "-accel", "tcg,thread=multi", "-cpu", "max"),
        parameters=lambda: f"console=ttyS0 tsc=reliable no_timer_check mitigations=off {tsc_parameter()}",
        privileges=("linked", "split"),
        toolchain="glibc",
        busybox=lambda: paths.BUSYBOX,
    ),
    # KVM needs EL2. Pointer authentication in QEMU's own way: the architected algorithm takes most of the time.
    "arm64": Model(
        arch="aarch64",
        debian="arm64",
        qemu=("qemu-system-aarch64", "-M", "virt,virtualization=on,gic-version=3", "-accel", "tcg,thread=multi",
              "-cpu", "max,pauth-impdef=on"),
        parameters=lambda: "console=ttyAMA0 mitigations=off",
        privileges=("split",),
        toolchain="glibc-aarch64",
        busybox=_arm64_busybox,
        baryon=paths.ARM64_BARYON,
    ),
}  # fmt: skip


class MachineFailed(AssertionError):
    """The machine did not start, panicked or hung; the message carries the end of its console."""


class Machine:
    """A running machine, as lib.hosts.Host. Not for two threads at once."""

    patience = 6.0

    def __init__(self, name: str, memory_mib: int = 2048) -> None:
        self.name = name
        self._model = MODELS[name]
        self._directory = tempfile.TemporaryDirectory(prefix=f"machine-{name}-")
        work = Path(self._directory.name)
        self.console = work / "console"
        self._present: dict[Path, tuple[Path, int, int]] = {}
        kernel = process.run([paths.ROOT / "tools" / "debian-kernel.sh", self._model.debian], timeout=DOWNLOAD_SECONDS)
        if kernel.status != 0:
            raise MachineFailed(f"no kernel for the machine {name}\n{kernel.describe()}")
        boot = Path(kernel.text.strip().splitlines()[-1])
        monitor = os.environ.get("BARYON_MACHINE_MONITOR")  # a socket's path
        initramfs = _initramfs(work, boot, self._model)
        # File systems in memory lack what cases about files need: user extended attributes, for one.
        disk = work / "disk"
        with disk.open("wb") as image:
            image.truncate(DISK_BYTES)
        if (made := process.run(["mkfs.ext4", "-q", disk])).status != 0:
            raise MachineFailed(made.describe())
        self._socket, theirs = socket.socketpair()
        with self.console.open("wb") as console:
            self._qemu = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *self._model.qemu, "-smp", "2", "-m", str(memory_mib),
                 "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
                 "-drive", f"file={disk},format=raw,if=none,id=disk,cache=unsafe", "-device", "virtio-blk-pci,drive=disk",
                 "-device", "virtio-serial-pci",
                 "-chardev", f"socket,id=runner,fd={theirs.fileno()}",
                 "-device", f"virtserialport,chardev=runner,name={_PORT_NAME}",
                 # To look into a machine that hangs: info registers -a, info lapic.
                 *(["-monitor", f"unix:{monitor},server=on,wait=off"] if monitor else []),
                 "-kernel", str(boot / "vmlinuz"), "-initrd", str(initramfs),
                 "-append", f"{self._model.parameters()} quiet panic=-1 oops=panic"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
        theirs.close()
        try:
            if self._receive(BOOT_SECONDS) != [b"ready"]:
                raise self._failed("said something unexpected when it started")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the machine, however it feels."""
        self._socket.close()
        self._qemu.kill()
        self._qemu.wait()
        self._directory.cleanup()

    def put(self, path: Path, to: Path | None = None) -> None:
        """Copies a file into the machine, unless it is there already."""
        target = to or path
        status = path.stat()
        stamp = (path, status.st_mtime_ns, status.st_size)
        if self._present.get(target) == stamp:
            return
        self._expect_ok([b"put", os.fsencode(target), b"%o" % (status.st_mode & 0o7777), path.read_bytes()])
        self._present[target] = stamp

    def make_directories(self, *directories: Path) -> None:
        for directory in directories:
            self._expect_ok([b"mkdir", os.fsencode(directory)])

    def get(self, path: Path) -> bytes:
        """A file's content. Raises FileNotFoundError where there is none."""
        status, value = self._ask([b"get", os.fsencode(path)], ANSWER_SECONDS)
        if status != b"ok":
            raise FileNotFoundError(f"{self.name}:{path}: {value.decode()}")
        return value

    def remove_tree(self, path: Path) -> None:
        self._present = {known: stamp for known, stamp in self._present.items() if not known.is_relative_to(path)}
        self._expect_ok([b"remove", os.fsencode(path)])

    def run(
        self,
        command: Sequence[str | Path],
        *,
        stdin: bytes | IO[bytes] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 20.0,
        stdout: IO[bytes] | int | None = None,
    ) -> process.Result:
        """Like lib.process.run, in the machine. `cwd` is made if it is not there."""
        assert stdout is None and (stdin is None or isinstance(stdin, bytes)), "needs the feature same-host"
        arguments = [str(part) for part in command]
        variables = b"".join(f"{name}={value}\0".encode() for name, value in (env or {}).items())
        request = [b"run", b"%d" % round(timeout * 1000), os.fsencode(cwd or "/tmp"), stdin or b"", variables]
        fields = self._ask(request + [os.fsencode(each) for each in arguments], timeout + ANSWER_SECONDS)
        if fields[0] != b"done":
            raise self._failed(f"could not run {arguments[0]}: {fields[1].decode()}")
        status, timed_out, ns, cpu_us, rss_kib = (int(each) for each in fields[1:6])
        result = process.Result(
            command=[f"{self.name}:", *arguments], status=status, stdout=fields[6], stderr=fields[7],
            seconds=ns / 1e9, cpu_seconds=cpu_us / 1e6, peak_rss_kib=rss_kib,
        )  # fmt: skip
        if timed_out:
            raise process.TimedOut(f"still running after {timeout:.0f} s\n{result.describe()}\n{self.console_tail()}")
        return result

    def console_tail(self) -> str:
        text = self.console.read_bytes()[-_CONSOLE_TAIL:].decode(errors="replace")
        return f"--- console of the machine {self.name} (end)\n{text}"

    def _failed(self, what: str) -> MachineFailed:
        return MachineFailed(f"the machine {self.name} {what}\n{self.console_tail()}")

    def _expect_ok(self, request: list[bytes]) -> None:
        answer = self._ask(request, ANSWER_SECONDS)
        if answer != [b"ok"]:
            raise self._failed(f"could not {os.fsdecode(request[0])} {os.fsdecode(request[1])}: {answer!r}")

    def _ask(self, request: list[bytes], timeout: float) -> list[bytes]:
        message = struct.pack("<I", len(request)) + b"".join(struct.pack("<I", len(each)) + each for each in request)
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(message)
        except OSError as error:
            raise self._failed(f"is gone ({error})") from error
        return self._receive(timeout)

    def _receive(self, timeout: float) -> list[bytes]:
        self._socket.settimeout(timeout)
        return [self._exactly(self._number()) for _ in range(self._number())]

    def _number(self) -> int:
        number: int = struct.unpack("<I", self._exactly(4))[0]
        return number

    def _exactly(self, length: int) -> bytes:
        parts = []
        while length > 0:
            try:
                part = self._socket.recv(min(length, 1 << 20))
            except TimeoutError as error:
                raise self._failed("does not answer") from error
            except OSError as error:
                raise self._failed(f"is gone ({error})") from error
            if not part:
                raise self._failed("is gone")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


def _initramfs(work: Path, boot: Path, model: Model) -> Path:
    """Busybox, the modules, the runner and the init script."""
    files = {
        "bin/busybox": model.busybox(),
        "runner": paths.program("machine", "runner", model.toolchain),
        "modules": boot / "modules",
        "order": boot / "order",
    }
    return pack_initramfs(work / "initramfs.cpio.gz", _INIT, files)

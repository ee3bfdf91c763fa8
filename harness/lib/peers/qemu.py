"""QEMU with Debian's cloud kernel: TCG, microvm, an initramfs of busybox and the benchmarks, results over the console.

What a Kata guest would be on a host without hardware virtualisation.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from lib import paths, process
from lib.linux_in_qemu import pack_initramfs, tsc_parameter
from lib.peers.base import LIBCS, PROGRAMS, PeerFailed, Series, parse_output

TIMEOUT_SECONDS = 300.0

_MACHINE = ["-M", "microvm,isa-serial=on,rtc=on,pic=on,pit=on", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
            "-m", "512", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"]  # fmt: skip
_CMDLINE = "console=ttyS0 quiet panic=-1 reboot=t tsc=reliable no_timer_check"
# printk shares the console: markers frame each program's output, and the kernel's own lines are left out
_BEGIN, _END = "@@begin", "@@end"


class Qemu:
    name = "qemu"

    def prepare(self, work: Path) -> None:
        found = process.run([paths.ROOT / "tools" / "debian-kernel.sh", "amd64"], timeout=TIMEOUT_SECONDS)
        if found.status != 0:
            raise PeerFailed(found.describe())
        self.kernel = str(Path(found.text.strip().splitlines()[-1]) / "vmlinuz")
        self.cmdline = f"{_CMDLINE} {tsc_parameter()}"
        self.measuring = _initramfs(work / "qemu-measure.cpio.gz", _measuring_init())
        self.starting = _initramfs(work / "qemu-start.cpio.gz", "/bench/musl/start\n")
        self.sleeping = _initramfs(work / "qemu-sleep.cpio.gz", "echo @@up\n/bin/busybox sleep 1000000\n")

    def close(self) -> None:
        """Nothing to undo."""

    def describe(self) -> dict[str, str]:
        version = process.run(["qemu-system-x86_64", "--version"]).text.splitlines()[0]
        return {"version": version, "kernel": Path(self.kernel).with_name("release").read_text().strip(), "machine": " ".join(_MACHINE), "cmdline": self.cmdline}

    def _command(self, initramfs: Path) -> list[str]:
        return ["qemu-system-x86_64", *_MACHINE, "-kernel", self.kernel, "-initrd", str(initramfs), "-append", self.cmdline]

    def starting_command(self) -> list[str]:
        """Boots, runs a program that does nothing, powers off."""
        return self._command(self.starting)

    def sleeping_command(self) -> list[str]:
        """Boots, prints @@up, sleeps."""
        return self._command(self.sleeping)

    def measure(self) -> list[Series]:
        result = process.run(self._command(self.measuring), timeout=TIMEOUT_SECONDS)
        found: list[Series] = []
        text = result.text.replace("\r\n", "\n")
        for libc in LIBCS:
            for program in PROGRAMS:
                frame = re.search(rf"{_BEGIN} {libc} {program.name}\n(.*?){_END} (\d+)", text, re.DOTALL)
                if frame is None or frame[2] != "0":
                    raise PeerFailed(f"qemu: {program.name} ({libc})\n{result.describe()}")
                lines = [line for line in frame[1].splitlines() if not line.startswith("[")]
                found += parse_output(self.name, program.name, libc, "\n".join(lines))
        return found

    def start_to_exit_ns(self) -> float:
        begin = time.perf_counter_ns()
        result = process.run(self._command(self.starting), timeout=TIMEOUT_SECONDS)
        elapsed = time.perf_counter_ns() - begin
        if result.status != 0 or "@@done 0" not in result.text:
            raise PeerFailed(result.describe())
        return float(elapsed)


def _measuring_init() -> str:
    lines = []
    for libc in LIBCS:
        for program in PROGRAMS:
            argument = " /data" if program.file_argument else ""
            lines.append(f"echo '{_BEGIN} {libc} {program.name}'")
            lines.append(f'/bench/{libc}/{program.name}{argument}; echo "{_END} $?"')
    return "\n".join(lines) + "\n"


def _initramfs(packed: Path, script: str) -> Path:
    """Busybox, the benchmarks and an init that runs `script` and powers the machine off."""
    init = (
        "#!/bin/busybox sh\n"
        "/bin/busybox mount -t proc proc /proc\n"
        "/bin/busybox mount -t devtmpfs dev /dev\n"
        f"{script}echo \"@@done $?\"\n/bin/busybox poweroff -f\n"
    )
    benchmarks = {f"bench/{libc}": paths.program("bench", "start", libc).parent for libc in LIBCS}
    return pack_initramfs(packed, init, {"bin/busybox": paths.BUSYBOX, "data": os.urandom(4096), **benchmarks})

"""Places where a server of Debian's can run while its client runs on the host: native, runc, Baryon, and Linux in QEMU."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib import paths, process
from lib.linux_in_qemu import pack_initramfs, tsc_parameter
from lib.peers.base import PeerFailed
from lib.ports import listens

START_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """A program and its arguments; `files` are further files of the host that it reads."""

    name: str
    command: tuple[str, ...]
    port: int
    directories: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Address:
    """Where clients find the server, and what their command lines begin with to get there."""

    host: str
    port: int
    launcher: tuple[str, ...] = ()


class Direct:
    """A server that is a child of ours and uses this machine's loopback interface."""

    name = "?"

    def command(self, server: Server, work: Path) -> Sequence[str]:
        raise NotImplementedError

    def stop(self, server: Server, child: subprocess.Popen[bytes]) -> None:
        child.terminate()
        child.wait(timeout=30)

    @contextlib.contextmanager
    def serving(self, server: Server) -> Iterator[Address]:
        with tempfile.TemporaryDirectory(prefix=f"baryon-{server.name}-") as directory:
            command = self.command(server, Path(directory))
            with (Path(directory) / "output").open("wb") as output:
                child = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            try:
                wait_for(Address("127.0.0.1", server.port), child, Path(directory) / "output")
                yield Address("127.0.0.1", server.port)
            finally:
                self.stop(server, child)


class Native(Direct):
    name = "native"

    def command(self, server: Server, work: Path) -> Sequence[str]:
        return server.command


class Baryon(Direct):
    name = "baryon"

    def __init__(self, binary: Path, options: Sequence[str] = ()) -> None:
        self.launcher = [str(binary.resolve()), "boot", "--root", "/", "--tmpfs", "/tmp", "--cwd", "/tmp", *options]

    def command(self, server: Server, work: Path) -> Sequence[str]:
        binds = [word for each in server.directories for word in ("--bind", f"{each}:{each}:rw")]
        return [*self.launcher, *binds, *server.command]


class Runc(Direct):
    """A root directory that holds the server and its libraries, and the host's network: `docker run --network host`."""

    name = "runc"

    def id(self, server: Server) -> str:
        return f"baryon-servers-{os.getpid()}-{server.name}"

    def command(self, server: Server, work: Path) -> Sequence[str]:
        spec = process.run(["runc", "spec"], cwd=work)
        if spec.status != 0:
            raise PeerFailed(spec.describe())
        for directory in ("tmp", "dev", "proc"):
            (work / "root" / directory).mkdir(parents=True)
        for name, source in _files(server).items():
            target = work / "root" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, bytes):
                target.write_bytes(source)
            else:
                shutil.copy(source, target)
        config = json.loads((work / "config.json").read_text())
        config["process"] |= {"terminal": False, "args": list(server.command), "cwd": "/"}
        config["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}]
        config["root"] = {"path": "root", "readonly": False}
        config["linux"]["namespaces"] = [each for each in config["linux"]["namespaces"] if each["type"] != "network"]
        config["mounts"] = [each for each in config["mounts"] if not each["destination"].startswith("/sys")]
        (work / "config.json").write_text(json.dumps(config))
        return ["runc", "run", "--bundle", str(work), self.id(server)]

    def stop(self, server: Server, child: subprocess.Popen[bytes]) -> None:
        subprocess.run(["runc", "kill", self.id(server), "KILL"], capture_output=True)
        child.wait(timeout=30)
        subprocess.run(["runc", "delete", "--force", self.id(server)], capture_output=True)


class Qemu:
    """Debian's kernel in QEMU (TCG) with a virtio network card on a tap device, in a network namespace made for it: what a
    Kata guest would be on a host without hardware virtualisation."""

    name = "qemu"
    host, guest, mask = "198.18.0.1", "198.18.0.2", "255.255.255.0"  # addresses for benchmarks, RFC 2544

    @contextlib.contextmanager
    def serving(self, server: Server) -> Iterator[Address]:
        found = process.run([paths.ROOT / "tools" / "debian-kernel.sh", "amd64"], timeout=300)
        if found.status != 0:
            raise PeerFailed(found.describe())
        boot = Path(found.text.strip().splitlines()[-1])
        namespace = f"baryon-servers-{os.getpid()}"
        inside = ("ip", "netns", "exec", namespace)
        with tempfile.TemporaryDirectory(prefix="baryon-qemu-") as directory:
            work = Path(directory)
            files = _files(server) | {"bin/busybox": paths.BUSYBOX, "modules": boot / "modules", "order": boot / "order"}
            initramfs = pack_initramfs(work / "initramfs", _init(server, self.guest, self.mask), files)
            _run("ip", "netns", "add", namespace)
            child = None
            try:
                _run(*inside, "ip", "tuntap", "add", "dev", "tap", "mode", "tap")
                _run(*inside, "ip", "address", "add", f"{self.host}/{self.mask}", "dev", "tap")
                _run(*inside, "ip", "link", "set", "tap", "up")
                with (work / "console").open("wb") as console:
                    child = subprocess.Popen(
                        [*inside, "qemu-system-x86_64", "-M", "q35,hpet=off", "-accel", "tcg,thread=multi", "-cpu", "max",
                         "-smp", "2", "-m", "1024", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                         "-serial", "stdio", "-netdev", "tap,id=net,ifname=tap,script=no,downscript=no",
                         "-device", "virtio-net-pci,netdev=net", "-kernel", str(boot / "vmlinuz"), "-initrd", str(initramfs),
                         "-append", f"console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check mitigations=off {tsc_parameter()}"],
                        stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
                    )  # fmt: skip
                address = Address(self.guest, server.port, inside)
                wait_for(address, child, work / "console")
                yield address
            finally:
                if child is not None:
                    child.kill()
                    child.wait()
                _run("ip", "netns", "delete", namespace)


def wait_for(address: Address, child: subprocess.Popen[bytes], output: Path) -> None:
    """Until somebody listens there. Raises PeerFailed with what the child printed if it ends or does not come to it."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        if address.launcher:
            probe = [*address.launcher, "timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{address.host}/{address.port}"]
            there = subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
        else:
            there = listens(address.port, address.host)
        if there:
            return
        if child.poll() is not None or time.monotonic() > deadline:
            raise PeerFailed(f"no server at {address.host}:{address.port}\n{output.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)


def _run(*command: str) -> None:
    result = process.run(command)
    if result.status != 0:
        raise PeerFailed(result.describe())


def _files(server: Server) -> dict[str, Path | bytes]:
    """The program with the libraries that ldd(1) names, and what it reads."""
    program = Path(server.command[0])
    listed = process.run(["ldd", program])
    if listed.status != 0:
        raise PeerFailed(listed.describe())
    needed = [program, *(Path(each) for each in re.findall(r"(/\S+) \(0x", listed.text))]
    needed += [each for directory in server.directories for each in directory.rglob("*") if each.is_file()]
    files: dict[str, Path | bytes] = {str(each).lstrip("/"): each for each in needed}
    return files | {
        "etc/passwd": b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
        "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
    }


def _init(server: Server, address: str, mask: str) -> str:
    command = " ".join(f"'{word}'" for word in server.command)
    return f"""#!/bin/busybox sh
export PATH=/bin:/usr/bin:/usr/sbin
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /order); do /bin/busybox insmod "/modules/$module.ko"; done
/bin/busybox ifconfig lo 127.0.0.1 up
/bin/busybox ifconfig eth0 {address} netmask {mask} up
cd /tmp
{command}
echo "init: the server has ended with status $?"
/bin/busybox poweroff -f
"""

"""Peers whose programs are ordinary processes of this host: native, runc and Baryon."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

from lib import paths, process
from lib.cases import FOREIGN_LIBCS, HOST
from lib.combos import Combo
from lib.peers.base import LIBCS, PROGRAMS, PeerFailed, Program, Series, parse_output
from lib.sandbox import Sandbox

TIMEOUT_SECONDS = 120.0


class DirectPeer:
    """Runs one command line per program. Subclasses say which."""

    name = "?"
    libcs: tuple[str, ...] = LIBCS
    suffix = ""  # of the folders of programs for another architecture

    def prepare(self, work: Path) -> None:
        self.data = work / f"{self.name.replace(' ', '-')}-data"
        self.data.write_bytes(os.urandom(4096))

    def close(self) -> None:
        """Nothing to undo."""

    def describe(self) -> dict[str, str]:
        return {}

    def command(self, binary: Path, arguments: list[str], cpus: int) -> list[str]:
        raise NotImplementedError

    def file_argument(self) -> str:
        """A file that the program can read, as the program sees it."""
        return str(self.data)

    def measure(self) -> list[Series]:
        return [series for program in PROGRAMS for libc in self.libcs for series in self._run(program, libc)]

    def _run(self, program: Program, libc: str) -> list[Series]:
        arguments = [self.file_argument()] if program.file_argument else []
        binary = paths.program("bench", program.name, libc + self.suffix)
        result = process.run(self.command(binary, arguments, program.cpus), timeout=TIMEOUT_SECONDS)
        if result.status != 0:
            raise PeerFailed(f"{self.name}: {program.name} ({libc})\n{result.describe()}")
        return parse_output(self.name, program.name, libc, result.text)

    def start_to_exit_ns(self) -> float:
        """posix_spawn to wait: no Python in between, and no pipes."""
        command = self.command(paths.program("bench", "start", self.libcs[0] + self.suffix), [], 1)
        program = shutil.which(command[0])
        if program is None:
            raise PeerFailed(f"{self.name}: {command[0]} is not installed")
        begin = time.perf_counter_ns()
        _, status = os.waitpid(os.posix_spawn(program, command, os.environ), 0)
        elapsed = time.perf_counter_ns() - begin
        if status != 0:
            raise PeerFailed(f"{self.name}: {' '.join(command)} ended with wait status {status}")
        return float(elapsed)


class Native(DirectPeer):
    name = "native"

    def command(self, binary: Path, arguments: list[str], cpus: int) -> list[str]:
        return [str(binary), *arguments]


class Baryon(DirectPeer):
    name = "baryon"

    def __init__(self, binary: Path, options: tuple[str, ...], combo: Combo, name: str = name) -> None:
        self.name = name
        self.binary = binary.resolve()
        self.combo = combo
        self.options = (*combo.options, *options)
        if combo.arch != HOST:
            self.libcs, self.suffix = FOREIGN_LIBCS, f"-{combo.arch}"

    def command(self, binary: Path, arguments: list[str], cpus: int) -> list[str]:
        return [str(self.binary), "boot", *self.options, "--cpus", str(cpus), str(binary), *arguments]

    def describe(self) -> dict[str, str]:
        version = process.run([self.binary, "--version"]).text.strip()
        doctor = process.run([self.binary, "doctor", "--json"]).text
        return {"version": version, "combination": str(self.combo), "options": " ".join(self.options), "doctor": doctor}

    def engine_start_ns(self) -> float:
        """From when this process hands over to the engine to the guest's first instruction; under tcg, QEMU's own start."""
        sandbox = Sandbox(self.binary, self.options)
        result, stats = sandbox.run_with_stats(paths.program("bench", "start", self.libcs[0] + self.suffix))
        if result.status != 0:
            raise PeerFailed(f"{self.name}\n{result.describe()}")
        return stats.boot_us["kernel_entry"] * 1000


class Runc(DirectPeer):
    """`runc run` of a bundle whose root holds the benchmarks and busybox; a bundle per command line, made once."""

    name = "runc"

    def prepare(self, work: Path) -> None:
        super().prepare(work)
        self.work = work / "runc"
        self.root = self.work / "rootfs"
        (self.root / "bin").mkdir(parents=True)
        shutil.copy(paths.BUSYBOX, self.root / "bin" / "busybox")
        shutil.copy(self.data, self.root / "data")
        for libc in LIBCS:
            shutil.copytree(paths.program("bench", "start", libc).parent, self.root / "bench" / libc)
        spec = process.run(["runc", "spec"], cwd=self.work)
        if spec.status != 0:
            raise PeerFailed(f"runc spec\n{spec.describe()}")
        self.config = json.loads((self.work / "config.json").read_text())
        self.count = 0

    def file_argument(self) -> str:
        return "/data"

    def command(self, binary: Path, arguments: list[str], cpus: int) -> list[str]:
        inside = f"/bench/{binary.parent.parent.name}/{binary.name}"
        bundle = self.work / "-".join([binary.parent.parent.name, binary.name])
        if not bundle.exists():
            bundle.mkdir()
            config = dict(self.config)
            config["process"] = {**config["process"], "terminal": False, "args": [inside, *arguments]}
            config["root"] = {"path": str(self.root), "readonly": True}
            (bundle / "config.json").write_text(json.dumps(config))
        self.count += 1
        return ["runc", "run", "--bundle", str(bundle), f"baryon-bench-{os.getpid()}-{self.count}"]

    def describe(self) -> dict[str, str]:
        return {"version": process.run(["runc", "--version"]).text.splitlines()[0]}

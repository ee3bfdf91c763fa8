"""Starting sandboxes: one place that spells `baryon boot` and its options."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from lib import paths, process, stats
from lib.hosts import THIS_MACHINE, Host
from lib.native import ENVIRONMENT


@dataclass(frozen=True)
class Sandbox:
    """A way to start sandboxes: the binary and the options that every start gets."""

    binary: Path
    options: tuple[str, ...] = field(default=())
    host: Host = THIS_MACHINE
    patience: float = 1.0  # by how much time limits grow

    def with_options(self, *options: str) -> Sandbox:
        return replace(self, options=self.options + options)

    def command(self, *program: str | Path, options: Sequence[str] = ()) -> list[str]:
        return [str(self.binary), "boot", *self.options, *options, *(str(part) for part in program)]

    def run(
        self,
        *program: str | Path,
        options: Sequence[str] = (),
        stdin: bytes | IO[bytes] | None = None,
        timeout: float = 20.0,
        cwd: Path | None = None,
        stdout: IO[bytes] | int | None = None,
    ) -> process.Result:
        # What was built here; /bin/busybox and the like are the host's own.
        built = [Path(each) for each in program[:1] if Path(each).is_relative_to(paths.BUILD)]
        for needed in (self.binary, *self.binary.parent.glob("kernel-*.elf"), *built):
            self.host.put(needed)
        return self.host.run(
            self.command(*program, options=options),
            stdin=stdin,
            timeout=timeout * self.host.patience * self.patience,
            env=ENVIRONMENT if self.host is not THIS_MACHINE else None,
            cwd=cwd,
            stdout=stdout,
        )

    def run_with_stats(
        self, *program: str | Path, options: Sequence[str] = (), timeout: float = 20.0
    ) -> tuple[process.Result, stats.Stats]:
        """Runs and returns what `--stats` wrote; a missing or misshapen file is a failure."""
        file = Path(tempfile.mktemp(prefix="stats-"))
        try:
            result = self.run(*program, options=[*options, "--stats", str(file)], timeout=timeout)
            try:
                return result, stats.parse(json.loads(self.host.get(file)))
            except FileNotFoundError:
                raise AssertionError(f"--stats wrote no file\n{result.describe()}") from None
        finally:
            self.host.remove_tree(file)

    def start(self, *program: str | Path, options: Sequence[str] = (), **popen: Any) -> subprocess.Popen[bytes]:
        """Starts without waiting; the caller ends it. In its own session, so that a test can kill the group.

        On this machine only: tests that do this need the feature `same-host`.
        """
        assert self.host is THIS_MACHINE
        return subprocess.Popen(self.command(*program, options=options), start_new_session=True, **popen)

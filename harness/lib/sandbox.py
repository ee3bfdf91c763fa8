"""Starting sandboxes: one place that spells `baryon boot` and its options."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from lib import process, stats


@dataclass(frozen=True)
class Sandbox:
    """A way to start sandboxes: the binary and the options that every start gets."""

    binary: Path
    options: tuple[str, ...] = field(default=())

    def with_options(self, *options: str) -> Sandbox:
        return Sandbox(self.binary, self.options + options)

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
        return process.run(
            self.command(*program, options=options), stdin=stdin, timeout=timeout, cwd=cwd, stdout=stdout
        )

    def run_with_stats(
        self, *program: str | Path, options: Sequence[str] = (), timeout: float = 20.0
    ) -> tuple[process.Result, stats.Stats]:
        """Runs and returns what `--stats` wrote; a missing or misshapen file is a failure."""
        directory = Path(tempfile.mkdtemp(prefix="stats-"))
        try:
            file = directory / "stats.json"
            result = self.run(*program, options=[*options, "--stats", str(file)], timeout=timeout)
            assert file.exists(), f"--stats wrote no file\n{result.describe()}"
            return result, stats.load(file)
        finally:
            shutil.rmtree(directory)

    def start(self, *program: str | Path, options: Sequence[str] = (), **popen: Any) -> subprocess.Popen[bytes]:
        """Starts without waiting; the caller ends it. In its own session, so that a test can kill the group."""
        return subprocess.Popen(self.command(*program, options=options), start_new_session=True, **popen)

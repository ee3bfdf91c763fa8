"""A conformance case in a sandbox: where its working directory comes from and which options it needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from lib import process
from lib.cases import Case
from lib.native import TIMEOUT_SECONDS
from lib.sandbox import Sandbox


def run_case(sandbox: Sandbox, case: Case, libc: str, scratch: Path, *options: str) -> process.Result:
    """Runs the case with a fresh, writable working directory shared with the host.

    A case that needs a writable root gets a root directory of its own, holding only itself: never the host's `/`.
    """
    wanted = list(options) if "--cpus" in options else ["--cpus", str(case.cpus), *options]
    binary = case.binary(libc)
    if case.root_rw:
        root = scratch / "root"
        work = root / "work"
        work.mkdir(parents=True)
        (root / "tmp").mkdir()
        shutil.copy(binary, root / "case")
        wanted += ["--root", f"{root}:rw", "--cwd", "/work"]
        return sandbox.run("/case", *case.args, options=wanted, timeout=TIMEOUT_SECONDS)
    work = scratch / "work"
    work.mkdir()
    wanted += ["--root", "/", "--bind", f"{work}:{work}:rw", "--cwd", str(work)]
    return sandbox.run(binary, *case.args, options=wanted, timeout=TIMEOUT_SECONDS)

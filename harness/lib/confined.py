"""A conformance case in a sandbox: where its working directory comes from and which options it needs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lib import combos, process
from lib.cases import HOST, Case
from lib.native import TIMEOUT_SECONDS
from lib.sandbox import Sandbox


def combo_of(sandbox: Sandbox) -> combos.Combo:
    """What the sandbox's options choose, or what baryon chooses by itself."""
    chosen = dict(zip(sandbox.options[::2], sandbox.options[1::2]))
    automatic = combos.doctor(sandbox.binary)["auto"]
    return combos.Combo(
        chosen.get("--engine", automatic["engine"]),
        chosen.get("--privilege", automatic["privilege"]),
        chosen.get("--arch", HOST),
    )


def run_case_on_tmpfs(sandbox: Sandbox, case: Case, libc: str) -> process.Result:
    """Runs the case in the root directory of a file system in memory."""
    where = "/case-on-tmpfs"
    wanted = ["--cpus", str(case.cpus), "--root", "/", "--tmpfs", where, "--cwd", where]
    return sandbox.run(case.binary(libc), *case.args, options=wanted, timeout=TIMEOUT_SECONDS)


def run_case_on_overlay(sandbox: Sandbox, case: Case, libc: str, scratch: Path) -> process.Result:
    """Runs the case in a directory of the lower layer of an overlay: a root directory that holds only itself."""
    root = scratch / "root"
    for name in ("work", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy(case.binary(libc), root / "case")
    wanted = ["--cpus", str(case.cpus), "--root", f"{root}:overlay", "--cwd", "/work"]
    result = sandbox.run("/case", *case.args, options=wanted, timeout=TIMEOUT_SECONDS)
    assert sorted(each.name for each in root.rglob("*")) == ["case", "tmp", "work"], "the lower layer was changed"
    return result


def run_case(sandbox: Sandbox, case: Case, libc: str, scratch: Path, *options: str) -> process.Result:
    """Runs the case with a fresh, writable working directory shared with the host.

    A case that needs a writable root gets a root directory of its own, holding only itself: never the host's `/`.
    """
    combo = combo_of(sandbox)
    if not case.runs_in(combo):
        pytest.skip(f"needs {', '.join(case.features)}, which {combo} does not have (ARCHITECTURE.md)")
    wanted = list(options) if "--cpus" in options else ["--cpus", str(case.cpus), *options]
    binary = case.binary(libc, combo.arch)
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

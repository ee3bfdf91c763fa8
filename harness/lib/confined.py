"""A conformance case in a sandbox: where its working directory comes from and which options it needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from lib import process
from lib.cases import HOST, Case
from lib.hosts import THIS_MACHINE
from lib.native import TIMEOUT_SECONDS
from lib.sandbox import Sandbox

# In an emulated machine: the one place where cases work, removed before each.
ELSEWHERE = Path("/tmp/case")


def machine(case: Case, with_cpus: bool = True) -> list[str]:
    """The options that the case's own needs lead to."""
    cpus = ["--cpus", str(case.cpus)] if with_cpus else []
    return [*cpus, *(["--capabilities", "all"] if case.all_capabilities else [])]


def run_case_on_tmpfs(sandbox: Sandbox, case: Case, libc: str) -> process.Result:
    """Runs the case in the root directory of a file system in memory."""
    where = "/case-on-tmpfs"
    wanted = [*machine(case), "--root", "/", "--tmpfs", where, "--cwd", where]
    return sandbox.run(case.binary(libc), *case.args, options=wanted, timeout=TIMEOUT_SECONDS)


def run_case_on_overlay(sandbox: Sandbox, case: Case, libc: str, scratch: Path) -> process.Result:
    """Runs the case in a directory of the lower layer of an overlay: a root directory that holds only itself."""
    root = scratch / "root"
    for name in ("work", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy(case.binary(libc), root / "case")
    wanted = [*machine(case), "--root", f"{root}:overlay", "--cwd", "/work"]
    result = sandbox.run("/case", *case.args, options=wanted, timeout=TIMEOUT_SECONDS)
    assert sorted(each.name for each in root.rglob("*")) == ["case", "tmp", "work"], "the lower layer was changed"
    return result


def run_case(sandbox: Sandbox, case: Case, libc: str, scratch: Path, *options: str) -> process.Result:
    """Runs the case with a fresh, writable working directory shared with the sandbox's host.

    A case that needs a writable root gets a root directory of its own, holding only itself: never the host's `/`.
    """
    wanted = [*machine(case, with_cpus="--cpus" not in options), *options]
    options_given = dict(zip(sandbox.options[::2], sandbox.options[1::2]))
    binary = case.binary(libc, options_given.get("--arch", HOST))
    host = sandbox.host
    base = scratch if host is THIS_MACHINE else ELSEWHERE
    if host is not THIS_MACHINE:
        host.remove_tree(ELSEWHERE)
    if case.root_rw:
        root = base / "root"
        host.make_directories(root / "work", root / "tmp")
        host.put(binary, root / "case")
        wanted += ["--root", f"{root}:rw", "--cwd", "/work"]
        return sandbox.run("/case", *case.args, options=wanted, timeout=TIMEOUT_SECONDS)
    work = base / "work"
    host.make_directories(work)
    wanted += ["--root", "/", "--bind", f"{work}:{work}:rw", "--cwd", str(work)]
    return sandbox.run(binary, *case.args, options=wanted, timeout=TIMEOUT_SECONDS)

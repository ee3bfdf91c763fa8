"""--strace: every call has its line, in order, and the lines tell what happened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lib import paths
from lib.sandbox import Sandbox

BLOCKS = 5_000


def trace_of(sandbox: Sandbox, scratch: Path, *program: str | Path) -> list[str]:
    file = scratch / "trace"
    result = sandbox.run(*program, options=[f"--strace={file}"])
    assert result.status == 0 and "lost" not in result.errors, result.describe()
    return file.read_text().splitlines()


@pytest.mark.needs("same-host")
def test_a_long_trace_is_complete(combo_sandbox: Sandbox, scratch: Path) -> None:
    """Many times more text than the ring between guest and host holds."""
    lines = trace_of(combo_sandbox, scratch, paths.BUSYBOX, "dd", "if=/dev/zero", "of=/dev/null", "bs=16", f"count={BLOCKS}")
    zeros = '"' + "\\0" * 16 + '"'
    assert lines.count(f"read(0, {zeros}, 16) = 16") == BLOCKS
    assert lines.count(f"write(1, {zeros}, 16) = 16") == BLOCKS
    assert lines[-2:] == ["exit_group(0) = ?", "+++ exited with 0 +++"]


@pytest.mark.needs("same-host")
def test_signals_and_their_actions_are_traced(combo_sandbox: Sandbox, scratch: Path) -> None:
    text = "\n".join(trace_of(combo_sandbox, scratch, paths.program("conformance/signals", "segv_siginfo", "glibc")))
    assert re.search(r"^rt_sigaction\(SIGSEGV, \{sa_\w+=0x[0-9a-f]+, sa_mask=\[\], sa_flags=SA_SIGINFO\|SA_RESTORER, ", text, re.M)
    for code in ("SEGV_MAPERR", "SEGV_ACCERR"):
        assert re.search(rf"^--- SIGSEGV {{si_signo=SIGSEGV, si_code={code}, si_addr=0x[0-9a-f]+}} ---$", text, re.M), text


@pytest.mark.needs("same-host")
def test_threads_are_told_apart(combo_sandbox: Sandbox, scratch: Path) -> None:
    lines = trace_of(combo_sandbox, scratch, paths.program("conformance/threads", "futex_basic", "glibc"))
    assert not lines[0].startswith("[pid ")
    assert len({match[1] for line in lines if (match := re.match(r"\[pid (\d+)\] ", line))}) > 2

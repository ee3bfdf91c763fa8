"""Each case on Linux first: a case that fails natively says nothing about the sandbox.

A case for any architecture is shown to pass as this machine's own program. One about another architecture runs under
QEMU's user-mode emulation (qemu-<architecture>), which is Linux's system calls and an emulated CPU; where that is known
to differ from Linux, the case says `// reference: none` and why.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from lib import process
from lib.cases import HOST, Case

TIMEOUT_SECONDS = 20.0
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "dumb"}


def emulator(case: Case) -> list[str]:
    return [] if case.home == HOST else [f"qemu-{case.home}"]


@functools.cache
def run_natively(case: Case, libc: str) -> process.Result:
    """Runs the case in a fresh directory, once per session."""
    with tempfile.TemporaryDirectory(prefix="native-") as directory:
        return process.run(
            [*emulator(case), case.binary(libc, case.home), *case.args], cwd=Path(directory), env=ENVIRONMENT, timeout=TIMEOUT_SECONDS
        )


def verdict(result: process.Result) -> str | None:
    """None when the case passed, otherwise why not. A pass is status 0 and a last line `ok`."""
    if result.status != 0 or result.text.splitlines()[-1:] != ["ok"]:
        return result.describe()
    return None

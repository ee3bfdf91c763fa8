"""Each case on Linux first: a case that fails natively says nothing about the sandbox."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from lib import process
from lib.cases import Case

TIMEOUT_SECONDS = 20.0
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "dumb"}


@functools.cache
def run_natively(case: Case, libc: str) -> process.Result:
    """Runs the case in a fresh directory, once per session."""
    with tempfile.TemporaryDirectory(prefix="native-") as directory:
        return process.run(
            [case.binary(libc), *case.args], cwd=Path(directory), env=ENVIRONMENT, timeout=TIMEOUT_SECONDS
        )


def verdict(result: process.Result) -> str | None:
    """None when the case passed, otherwise why not. A pass is status 0 and a last line `ok`."""
    if result.status != 0 or result.text.splitlines()[-1:] != ["ok"]:
        return result.describe()
    return None

"""stress-ng's stressors that verify what they do (`stress_ng.txt`), one at a time, five seconds each."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lib import suite
from lib.sandbox import Sandbox

pytestmark = pytest.mark.heavy
STRESS_NG = Path("/usr/bin/stress-ng")
RUN, EXCLUDED = suite.read(Path(__file__).with_name("stress_ng.txt"))
SECONDS = 5
# Statuses of stress-ng(1): 3 and 4 mean that it could not run what it was asked for, which is no success here.
NOT_RUN = re.compile(rb"skipping stress|No stress workers invoked|fail:|finished prematurely|aborted early")
LEAST = 150


def test_the_list_names_every_stressor() -> None:
    known = subprocess.run([STRESS_NG, "--stressors"], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(known) == sorted([*RUN, *EXCLUDED])


def test_the_list_is_long_enough() -> None:
    assert len(RUN) >= LEAST


@pytest.mark.parametrize("stressor", RUN)
def test_stressor(stressor: str, sandbox: Sandbox) -> None:
    command = [STRESS_NG, "--verify", f"--{stressor}", "1", "-t", str(SECONDS), "--temp-path", "/tmp", "--no-rand-seed"]
    options = ["--cwd", "/", "--root", "/:overlay", "--tmpfs", "/tmp", "--memory", "1G"]
    result = sandbox.run(*command, options=options, timeout=120)
    assert result.status == 0, result.describe()
    assert b"dispatching hogs" in result.stderr + result.stdout, result.describe()
    assert not NOT_RUN.search(result.stderr + result.stdout), result.describe()

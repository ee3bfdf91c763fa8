"""CPython's own tests (`cpython.txt`), a sandbox for each module."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import suite
from lib.sandbox import Sandbox

pytestmark = pytest.mark.heavy
PYTHON = Path("/usr/bin/python3.11")
RUN, EXCLUDED = suite.read(Path(__file__).with_name("cpython.txt"))


def test_the_list_names_modules_that_exist() -> None:
    folder = Path("/usr/lib/python3.11/test")
    assert folder.is_dir(), "tools/install-deps.sh --for suites"
    missing = [name for name in [*RUN, *EXCLUDED] if not (folder / name).exists() and not (folder / f"{name}.py").exists()]
    assert not missing


@pytest.mark.parametrize("module", RUN)
def test_module(module: str, sandbox: Sandbox) -> None:
    options = ["--cwd", "/tmp", "--root", "/:overlay", "--tmpfs", "/tmp", "--memory", "1G", "--cpus", "2"]
    options += ["--env", "HOME=/root", "--env", "PATH=/usr/bin:/bin", "--env", "LANG=C.UTF-8"]
    result = sandbox.run(PYTHON, "-B", "-m", "test", "-w", module, options=options, timeout=600)
    assert result.status == 0, result.describe()

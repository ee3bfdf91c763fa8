"""CPython's own tests (`cpython.txt`), a sandbox for each module."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import suite
from lib.sandbox import Sandbox

pytestmark = pytest.mark.heavy
PYTHON = Path("/usr/bin/python3.11")
FOLDER = Path("/usr/lib/python3.11/test")
LEAST_SHARE = 0.95
RUN, EXCLUDED = suite.read(Path(__file__).with_name("cpython.txt"))


def test_the_list_names_modules_that_exist() -> None:
    assert FOLDER.is_dir(), "tools/install-deps.sh --for bench"
    missing = [name for name in [*RUN, *EXCLUDED] if not (FOLDER / name).exists() and not (FOLDER / f"{name}.py").exists()]
    assert not missing


def test_almost_all_attempted_modules_pass() -> None:
    failed = [name for name, reason in EXCLUDED.items() if reason.startswith("fails:")]
    assert len(RUN) >= LEAST_SHARE * (len(RUN) + len(failed)), failed


def test_the_list_names_every_module() -> None:
    files = [file for file in FOLDER.glob("test_*") if file.suffix == ".py" or file.is_dir()]
    assert sorted(file.stem for file in files) == sorted([*RUN, *EXCLUDED])


@pytest.mark.parametrize("module", RUN)
def test_module(module: str, sandbox: Sandbox) -> None:
    options = ["--cwd", "/tmp", "--root", "/:overlay", "--tmpfs", "/tmp", "--memory", "1G", "--cpus", "2"]
    options += ["--env", "HOME=/root", "--env", "PATH=/usr/bin:/bin", "--env", "LANG=C.UTF-8"]
    result = sandbox.run(PYTHON, "-B", "-m", "test", "-w", module, options=options, timeout=600)
    assert result.status == 0, result.describe()

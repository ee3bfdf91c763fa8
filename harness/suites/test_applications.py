"""Scripts for Debian's programs, in Debian's root file system: what they print in a sandbox is what they print in a chroot."""

from __future__ import annotations

import difflib
import functools
import re
from pathlib import Path

import pytest

from lib import places
from lib.places import Chroot, InSandbox, Place
from lib.ports import free_port
from lib.process import Result
from lib.sandbox import Sandbox

pytestmark = [pytest.mark.heavy, pytest.mark.needs("same-host")]
FOLDER = Path(__file__).with_name("applications")
INTERPRETERS = {".bash": "/bin/bash", ".py": "/usr/bin/python3", ".js": "/usr/bin/node", ".pl": "/usr/bin/perl"}
SCRIPTS = sorted(file.name for file in FOLDER.iterdir() if file.name != "constructs.bash")


def run(place: Place, script: str) -> Result:
    """The script, with a port that it may use. The sandbox sees the folder of the scripts, as the chroot does."""
    file = FOLDER / script
    return places.run(place, INTERPRETERS[file.suffix], file, str(free_port()), shared=FOLDER, timeout=300)


@functools.cache
def on_linux(root: Path, script: str) -> Result:
    result = run(Chroot(root), script)
    assert result.status in (0, 5) and result.stdout, f"fails on Linux already\n{result.describe()}"
    return result


def difference(linux: Result, ours: Result) -> str:
    """What differs in status and standard output; empty when nothing does."""
    lines = [f"status {linux.status}", *linux.text.splitlines()], [f"status {ours.status}", *ours.text.splitlines()]
    return "\n".join(difflib.unified_diff(*lines, "Linux", "sandbox", n=2, lineterm=""))


@pytest.mark.parametrize("script", SCRIPTS)
def test_application_prints_what_it_prints_in_a_chroot(script: str, combo_sandbox: Sandbox, debian_root: Path) -> None:
    linux = on_linux(debian_root, script)
    ours = run(InSandbox(combo_sandbox, debian_root), script)
    assert not difference(linux, ours), f"{difference(linux, ours)}\n{ours.errors[-2000:]}"


def test_fifty_constructs_of_bash(combo_sandbox: Sandbox, debian_root: Path) -> None:
    command = ("/bin/bash", "-c", (FOLDER / "constructs.bash").read_text())
    linux = places.run(Chroot(debian_root), *command)
    assert linux.status == 0 and len(re.findall(rb"^== \d+ ", linux.stdout, re.MULTILINE)) >= 50, linux.describe()
    ours = places.run(InSandbox(combo_sandbox, debian_root), *command)
    assert not difference(linux, ours) and ours.stderr == linux.stderr, f"{difference(linux, ours)}\n{ours.errors[-2000:]}"

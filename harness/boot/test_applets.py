"""Busybox applets give the same bytes and the same status in a sandbox as on Linux."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib import paths, process
from lib.applets import CHANGING, READING
from lib.native import ENVIRONMENT
from lib.sandbox import Sandbox
from lib.testdata import describe_tree, write_tree


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("data")
    write_tree(directory)
    yield directory


def same(native: process.Result, ours: process.Result) -> None:
    seen = (ours.status, ours.stdout, ours.stderr)
    expected = (native.status, native.stdout, native.stderr)
    if seen != expected:
        pytest.fail(f"Linux:\n{native.describe()}\n\nsandbox:\n{ours.describe()}", pytrace=False)


@pytest.mark.needs("same-host")
@pytest.mark.parametrize("name", READING)
def test_applet_prints_what_it_prints_on_linux(name: str, combo_sandbox: Sandbox, data: Path) -> None:
    arguments, stdin = READING[name]
    native = process.run([paths.BUSYBOX, *arguments], stdin=stdin, cwd=data, env=ENVIRONMENT)
    ours = combo_sandbox.run(paths.BUSYBOX, *arguments, stdin=stdin, options=["--cwd", str(data)])
    same(native, ours)


@pytest.mark.needs("same-host")
@pytest.mark.parametrize("name", CHANGING)
def test_applet_changes_files_as_on_linux(name: str, combo_sandbox: Sandbox, scratch: Path) -> None:
    trees = [scratch / "native", scratch / "ours"]
    for tree in trees:
        tree.mkdir()
        write_tree(tree)
    arguments = CHANGING[name]
    native = process.run([paths.BUSYBOX, *arguments], cwd=trees[0], env=ENVIRONMENT)
    ours = combo_sandbox.run(
        paths.BUSYBOX, *arguments, options=["--bind", f"{trees[1]}:/mnt:rw", "--cwd", "/mnt"]
    )
    same(native, ours)
    assert describe_tree(trees[1]) == describe_tree(trees[0])


@pytest.mark.needs("same-host")
def test_a_read_only_root_refuses_changes(combo_sandbox: Sandbox, scratch: Path) -> None:
    (scratch / "file").write_text("untouched")
    result = combo_sandbox.run(paths.BUSYBOX, "rm", "-f", scratch / "file")
    assert result.status == 1 and "Read-only file system" in result.errors, result.describe()
    assert (scratch / "file").read_text() == "untouched"

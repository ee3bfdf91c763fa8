"""Fixtures: a bundle, and the runtimes that run it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.bundles import Bundle, Runtime


@pytest.fixture
def bundle(scratch: Path) -> Bundle:
    directory = scratch / "bundle"
    directory.mkdir()
    return Bundle(directory)


@pytest.fixture
def runtime(baryon: Path, scratch: Path) -> Iterator[Runtime]:
    """Baryon; whatever the test leaves is removed after it."""
    runtime = Runtime("baryon", [str(baryon)], scratch / "state")
    yield runtime
    runtime.destroy_all()


@pytest.fixture(params=["baryon", "runc"])
def either(request: pytest.FixtureRequest, baryon: Path, scratch: Path) -> Iterator[Runtime]:
    """Baryon and runc in turn: what holds for one must hold for the other."""
    if request.param == "runc" and shutil.which("runc") is None:
        pytest.fail("runc is not installed (tools/install-deps.sh --for test)")
    command = [str(baryon)] if request.param == "baryon" else ["runc"]
    runtime = Runtime(request.param, command, scratch / "state")
    yield runtime
    runtime.destroy_all()

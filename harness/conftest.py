"""Options, fixtures and the closing line of ./test.sh."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib import cases, combos, paths
from lib.sandbox import Sandbox

_tally = {"passed": 0, "failed": 0, "skipped": 0}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("baryon")
    group.addoption("--baryon", type=Path, default=paths.BARYON, help="the binary under test (default: build/baryon)")
    group.addoption("--matrix", action="store_true", help="in every combination that this host supports, not just the one it takes by itself")
    group.addoption("--all", action="store_true", help="run everything, also what is marked heavy or bench")
    group.addoption("--fuzz-seconds", type=int, default=5, help="how long each fuzz target runs (default: 5)")


def pytest_configure(config: pytest.Config) -> None:
    """Measurements and heavy tests run only when asked for."""
    # A shell's background job starts with SIGINT ignored and would hand that on to every sandbox.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.option.markexpr and not config.option.all:
        config.option.markexpr = "not bench and not heavy"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `combo` runs once in the combination that this host takes, or in each that it supports."""
    if "combo" in metafunc.fixturenames:
        option = metafunc.config.option
        found = combos.supported(option.baryon) if option.matrix or option.all else [combos.automatic(option.baryon)]
        metafunc.parametrize("combo", found, ids=str, scope="session")


def _is_possible(item: pytest.Item) -> bool:
    """Whether a conformance case, a libc and a combination go together. Not a skip: there is no such test."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    case, combo = parameters.get("case"), parameters.get("combo")
    if case is None:
        # The programs of the other suites are this machine's.
        return combo is None or combo.arch == cases.HOST
    if combo is None and "sandbox" not in item.fixturenames:  # on Linux itself
        return case.reference and case.exists_for(parameters["libc"], case.home)
    return case.exists_for(parameters["libc"], cases.HOST if combo is None else combo.arch)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    impossible = [item for item in items if not _is_possible(item)]
    if impossible:
        config.hook.pytest_deselected(items=impossible)
        items[:] = [item for item in items if item not in set(impossible)]


@pytest.fixture(scope="session")
def baryon(pytestconfig: pytest.Config) -> Path:
    binary: Path = pytestconfig.option.baryon
    if not binary.exists():
        pytest.fail(f"{binary} does not exist: build it first (./test.sh does)")
    return binary.resolve()


@pytest.fixture(scope="session")
def sandbox(baryon: Path) -> Sandbox:
    """Sandboxes as a user starts them: engine and privilege model chosen by baryon."""
    return Sandbox(baryon)


@pytest.fixture(scope="session")
def combo_sandbox(baryon: Path, combo: combos.Combo) -> Sandbox:
    """Sandboxes in one combination; the test repeats for each."""
    return Sandbox(baryon, combo.options)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A fresh, empty host directory, gone after the test."""
    directory = Path(tempfile.mkdtemp(prefix="baryon-test-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Counts each test once: an error in set-up or tear-down is a failure like any other."""
    if report.failed:
        _tally["failed"] += 1
        if report.when == "teardown":
            _tally["passed"] -= 1
    elif report.when == "call" and report.passed:
        _tally["passed"] += 1
    elif report.skipped:
        _tally["skipped"] += 1


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _tally["failed"] += 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that judged nothing must not look like a success."""
    listing = session.config.option.collectonly
    if not listing and _tally["passed"] + _tally["failed"] == 0 and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if config.option.collectonly or config.option.help:
        return
    skipped = f", {_tally['skipped']} skipped" if _tally["skipped"] else ""
    sys.stdout.write(f"{_tally['passed']} passed, {_tally['failed']} failed{skipped}\n")
    sys.stdout.flush()

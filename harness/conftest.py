"""Options, fixtures and the closing line of ./test.sh."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lib import cases, combos, debian_root as debian, features, paths
from lib.cases import Case
from lib.machine import MODELS, Machine, MachineFailed
from lib.sandbox import Sandbox

_COMBO = pytest.StashKey[combos.Combo]()
_combos_run: set[combos.Combo] = set()
_tally = {"passed": 0, "failed": 0, "skipped": 0}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("baryon")
    group.addoption("--baryon", type=Path, default=paths.BARYON, help="the binary under test (default: build/baryon)")
    group.addoption("--all", action="store_true", help="run everything, also what is marked heavy or bench")
    group.addoption("--machines", help=f"emulated machines to test in, of {', '.join(MODELS)}, or none (default: none; with --all: every one)")
    group.addoption("--load-seconds", type=int, default=120, help="how long suites/test_mixed_load.py loads a sandbox (default: 120)")
    group.addoption("--fuzz-seconds", type=int, default=5, help="how long each fuzz target runs (default: 5)")


def pytest_configure(config: pytest.Config) -> None:
    """Measurements and heavy tests run only when asked for."""
    # A shell's background job starts with SIGINT ignored and would hand that on to every sandbox.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.option.markexpr and not config.option.all:
        config.option.markexpr = "not bench and not heavy"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `combo` runs once in each combination that can be tested here."""
    if "combo" in metafunc.fixturenames:
        found = combos.supported(metafunc.config.option.baryon, _machines(metafunc.config))
        metafunc.parametrize("combo", found, ids=str, scope="session")


def _machines(config: pytest.Config) -> list[str]:
    wanted: str = config.option.machines or (",".join(MODELS) if config.option.all else "none")
    names = [] if wanted == "none" else wanted.split(",")
    if unknown := [name for name in names if name not in MODELS]:
        raise pytest.UsageError(f"--machines: {', '.join(unknown)} is none of {', '.join(MODELS)}, none")
    return names


def _is_possible(case: Case | None, libc: str, combo: combos.Combo | None, any_arch: bool) -> bool:
    """Whether a program of the test exists for the combination. Not a skip: there is no such test."""
    if case is None:
        # The programs of the other suites are the host's own (busybox, which an emulated machine has as well), unless a
        # test brings one for each architecture.
        return any_arch or combo is None or combo.host != "" or combo.arch == cases.HOST
    if combo is None:  # on Linux itself
        return case.reference and case.exists_for(libc, case.home)
    return case.exists_for(libc, combo.arch)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drops pairs of test and combination that lack something; sorts the others by how often they are to run.

    In the combination that baryon chooses everything runs. In the others the fast part does (mark `matrix`), and all of
    it with --all.
    """
    kept, dropped = [], []
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        needs = [need for mark in item.iter_markers("needs") for need in mark.args]
        features.check(needs)
        case = parameters.get("case")
        case = case if isinstance(case, Case) else None
        if case is not None:
            needs += case.needs
        combo = parameters.get("combo")
        if combo is None and ("sandbox" in getattr(item, "fixturenames", ()) or (needs and case is None)):
            combo = combos.automatic(config.option.baryon)
        any_arch = item.get_closest_marker("any_arch") is not None
        if not _is_possible(case, parameters.get("libc", ""), combo, any_arch) or (
            combo is not None and not features.has_all(combo, needs)
        ):
            dropped.append(item)
            continue
        kept.append(item)
        if combo is not None:
            item.stash[_COMBO] = combo
        if combo is not None and combo != combos.automatic(config.option.baryon):
            fast = item.get_closest_marker("fast") is not None
            item.own_markers = [mark for mark in item.own_markers if mark.name != "fast"]
            item.add_marker("matrix" if fast else "heavy")
    items[:] = kept
    if dropped:
        config.hook.pytest_deselected(items=dropped)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if _COMBO in item.stash:
        _combos_run.add(item.stash[_COMBO])


@pytest.fixture(scope="session")
def baryon(pytestconfig: pytest.Config) -> Path:
    binary: Path = pytestconfig.option.baryon
    if not binary.exists():
        pytest.fail(f"{binary} does not exist: build it first (./test.sh does)")
    return binary.resolve()


@pytest.fixture(scope="session")
def sandbox(baryon: Path) -> Sandbox:
    """Sandboxes as a user starts them: engine and privilege model chosen by baryon."""
    return Sandbox(baryon, patience=combos.automatic(baryon).patience)


@pytest.fixture(scope="session")
def machines() -> Iterator[Callable[[str], Machine]]:
    """Emulated machines by name: started when first asked for, ended with the session."""
    running: dict[str, Machine] = {}
    broken: dict[str, MachineFailed] = {}  # waited for once, not once a test

    def get(name: str) -> Machine:
        if name in broken:
            raise broken[name]
        if name not in running:
            try:
                running[name] = Machine(name)
            except MachineFailed as error:
                broken[name] = error
                raise
        return running[name]

    yield get
    for machine in running.values():
        machine.close()


@pytest.fixture(scope="session")
def combo_sandbox(baryon: Path, combo: combos.Combo, machines: Callable[[str], Machine]) -> Sandbox:
    """Sandboxes in one combination; the test repeats for each."""
    if not combo.host:
        return Sandbox(baryon, combo.options, patience=combo.patience)
    return Sandbox(MODELS[combo.host].baryon or baryon, combo.options, machines(combo.host))


@pytest.fixture(scope="session")
def debian_root() -> Iterator[Path]:
    """Debian's root file system, made when it is first asked for; nobody writes to it."""
    with debian.prepared() as root:
        yield root


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
    if _combos_run:
        chosen = combos.automatic(config.option.baryon)
        names = ", ".join(sorted(f"{combo} (what it chose)" if combo == chosen else str(combo) for combo in _combos_run))
        sys.stdout.write(f"sandboxes ran on {names}\n")
    skipped = f", {_tally['skipped']} skipped" if _tally["skipped"] else ""
    sys.stdout.write(f"{_tally['passed']} passed, {_tally['failed']} failed{skipped}\n")
    sys.stdout.flush()

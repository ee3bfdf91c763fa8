"""The same programs in the sandbox, in every combination of engine and privilege model, after they passed on Linux."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import process
from lib.cases import Case
from lib.confined import run_case, run_case_on_overlay, run_case_on_tmpfs
from lib.native import run_natively, verdict
from lib.parameters import case_and_libc
from lib.sandbox import Sandbox

PARAMETERS = case_and_libc()
MEMORY = [each for each in PARAMETERS if each.values[0].area == "memory"]
FILES = [each for each in PARAMETERS if each.values[0].area == "files" and not each.values[0].root_rw]
FAST_OR_REWRITE = [each for each in PARAMETERS if each.values[0].fast or each.values[0].area == "rewrite"]


def passes(case: Case, libc: str, result: process.Result) -> None:
    if case.reference and (native_failure := verdict(run_natively(case, libc))):
        pytest.fail(f"fails on Linux already\n{native_failure}", pytrace=False)
    if failure := verdict(result):
        pytest.fail(failure, pytrace=False)


@pytest.mark.parametrize(("case", "libc"), PARAMETERS)
def test_case_passes_in_the_sandbox(case: Case, libc: str, combo_sandbox: Sandbox, scratch: Path) -> None:
    passes(case, libc, run_case(combo_sandbox, case, libc, scratch))


@pytest.mark.parametrize("policy", ["eager", "demand"])
@pytest.mark.parametrize(("case", "libc"), MEMORY)
def test_memory_case_passes_under_each_page_policy(
    case: Case, libc: str, policy: str, combo_sandbox: Sandbox, scratch: Path
) -> None:
    passes(case, libc, run_case(combo_sandbox, case, libc, scratch, "--page-policy", policy))


@pytest.mark.needs("rewriting")
@pytest.mark.parametrize(("case", "libc"), FAST_OR_REWRITE)
def test_case_passes_without_rewriting(case: Case, libc: str, sandbox: Sandbox, scratch: Path) -> None:
    passes(case, libc, run_case(sandbox, case, libc, scratch, "--rewrite", "off"))


@pytest.mark.parametrize(("case", "libc"), [each for each in PARAMETERS if each.values[0].cpus == 1])
def test_single_cpu_case_also_passes_on_two_cpus(case: Case, libc: str, sandbox: Sandbox, scratch: Path) -> None:
    passes(case, libc, run_case(sandbox, case, libc, scratch, "--cpus", "2"))


@pytest.mark.parametrize(("case", "libc"), FILES)
def test_file_case_also_passes_on_tmpfs(case: Case, libc: str, sandbox: Sandbox) -> None:
    passes(case, libc, run_case_on_tmpfs(sandbox, case, libc))


@pytest.mark.parametrize(("case", "libc"), FILES)
def test_file_case_also_passes_on_an_overlay(case: Case, libc: str, sandbox: Sandbox, scratch: Path) -> None:
    passes(case, libc, run_case_on_overlay(sandbox, case, libc, scratch))

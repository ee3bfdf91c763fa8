"""Conformance cases on Linux itself."""

from __future__ import annotations

import pytest

from lib.cases import Case
from lib.native import run_natively, verdict
from lib.parameters import case_and_libc


@pytest.mark.parametrize(("case", "libc"), case_and_libc())
def test_case_passes_on_linux(case: Case, libc: str) -> None:
    if failure := verdict(run_natively(case, libc)):
        pytest.fail(failure, pytrace=False)

"""Parameter lists that suites share."""

from __future__ import annotations

from typing import Any

import pytest

from lib import cases


def case_and_libc() -> list[Any]:
    """One parameter set per conformance case and libc, marked `fast` where the case says so."""
    return [
        pytest.param(case, libc, id=f"{case}-{libc}", marks=[pytest.mark.fast] if case.fast else [])
        for case in cases.discover()
        for libc in case.libcs
        if any(case.exists_for(libc, arch) for arch in cases.ARCHITECTURES)
    ]

"""A host without a usable /dev/kvm: engine tcg is taken, and everything says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lib import paths, process
from lib.sandbox import Sandbox

HOW = ["missing", "unusable"]


def hidden(how: str, *command: str | Path) -> process.Result:
    return process.run([paths.WITHOUT_KVM, how, *command], timeout=120)


@pytest.mark.parametrize("how", HOW)
def test_boot_takes_tcg_and_says_why(how: str, baryon: Path) -> None:
    result = hidden(how, *Sandbox(baryon).command(paths.BUSYBOX, "echo", "hello", options=["--log-level", "info"]))
    assert result.status == 0 and result.text == "hello\n", result.describe()
    assert "engine tcg, privilege split" in result.errors and "/dev/kvm" in result.errors, result.describe()


@pytest.mark.parametrize("how", HOW)
def test_the_doctor_names_what_is_wrong_and_what_is_used_instead(how: str, baryon: Path) -> None:
    result = hidden(how, baryon, "doctor", "--json")
    assert result.status == 0, result.describe()
    report = json.loads(result.stdout)
    assert (report["auto"]["engine"], report["auto"]["privilege"]) == ("tcg", "split") and "/dev/kvm" in report["auto"]["why"]
    assert {row["engine"] for row in report["combinations"] if row["supported"]} == {"tcg"}


@pytest.mark.parametrize("how", HOW)
def test_the_two_commands_first_one_works(how: str) -> None:
    """./run.sh as a user runs it; that ./test.sh passes as well is for whoever runs it so (tools/without-kvm.sh)."""
    result = hidden(how, paths.ROOT / "run.sh")
    assert result.status == 0 and "hello from a sandbox" in result.text, result.describe()
    assert "engine tcg, privilege model split" in result.text, result.describe()

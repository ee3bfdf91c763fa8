"""The fuzz targets, briefly; `./test.sh -k fuzz --fuzz-seconds 600` runs them longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import paths, process


@pytest.mark.parametrize("binary", paths.fuzz_binaries(), ids=lambda binary: binary.name)
def test_fuzz_target_finds_nothing(binary: Path, pytestconfig: pytest.Config, scratch: Path) -> None:
    """libFuzzer from an empty corpus with a fixed seed; a finding is kept under build/fuzz-findings/."""
    seconds: int = pytestconfig.option.fuzz_seconds
    findings = paths.BUILD / "fuzz-findings" / binary.name
    findings.mkdir(parents=True, exist_ok=True)
    result = process.run(
        [binary, f"-max_total_time={seconds}", "-seed=1", "-timeout=10", "-rss_limit_mb=2048",
         f"-artifact_prefix={findings}/", scratch],
        timeout=seconds + 60,
    )
    if result.status != 0:
        pytest.fail(f"{result.describe()}\nreproduce with: {binary} {findings}/<file>", pytrace=False)
    assert "Done" in result.errors, result.describe()


def test_what_hostile_bytes_reach_has_fuzz_targets() -> None:
    names = {binary.name for binary in paths.fuzz_binaries()}
    wanted = {"fuzz_elf", "fuzz_kernel_image", "fuzz_config", "fuzz_server", "fuzz_oci_config", "fuzz_exec_server"}
    missing = wanted - names
    assert not missing, f"no fuzz target {', '.join(sorted(missing))} among {', '.join(sorted(names))}"

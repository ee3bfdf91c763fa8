"""--stats, --strace and --rewrite: what a sandbox says about itself is there and is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import paths
from lib.combos import Combo
from lib.sandbox import Sandbox

RW_LOOP_ITERATIONS = 50_000
NUMBERS = {"x86_64": {"read": "0", "write": "1"}, "aarch64": {"read": "63", "write": "64"}}


@pytest.mark.fast
def test_stats_name_engine_privilege_and_boot_phases(combo: Combo, combo_sandbox: Sandbox) -> None:
    result, stats = combo_sandbox.run_with_stats(paths.BUSYBOX, "sha256sum", "/bin/busybox")
    assert result.status == 0, result.describe()
    assert combo_sandbox.options[:4] == ("--engine", stats.engine, "--privilege", stats.privilege)
    assert stats.boot_us and all(time >= 0 for time in stats.boot_us.values()), stats.boot_us
    assert sum(stats.boot_us.values()) < result.seconds * 1e6
    assert sum(stats.syscalls.values()) > 5
    assert stats.syscalls.get(NUMBERS[combo.arch]["write"], 0) >= 1, f"the program writes its line with write(2): {stats.syscalls}"
    assert stats.qcalls > 0 and stats.peak_memory_bytes > 0 and sum(stats.exits.values()) > 0


def test_stats_count_system_calls_exactly(combo: Combo, combo_sandbox: Sandbox) -> None:
    """dd reads and writes once per block: a thousand blocks more are a thousand calls more of each."""
    few = combo_sandbox.run_with_stats(paths.BUSYBOX, "dd", "if=/dev/zero", "of=/dev/null", "bs=16", "count=10")[1]
    many = combo_sandbox.run_with_stats(paths.BUSYBOX, "dd", "if=/dev/zero", "of=/dev/null", "bs=16", "count=1010")[1]
    for number in NUMBERS[combo.arch].values():
        assert many.syscalls[number] - few.syscalls[number] == 1000


@pytest.mark.needs("rewriting")
@pytest.mark.parametrize("libc", ["musl", "glibc"])
def test_nearly_every_call_of_a_long_loop_goes_through_a_rewritten_site(libc: str, combo_sandbox: Sandbox) -> None:
    program = paths.program("bench", "rw_loop", libc)
    result, stats = combo_sandbox.run_with_stats(program, str(RW_LOOP_ITERATIONS))
    assert result.status == 0, result.describe()
    assert stats.syscalls_rewritten >= 2 * RW_LOOP_ITERATIONS * 0.99
    assert stats.rewritten_share >= 0.99, stats
    assert stats.sites_rewritten >= 1  # the loop's own: a site that is called once or twice is left alone


@pytest.mark.needs("rewriting")
@pytest.mark.parametrize("libc", ["musl", "glibc"])
def test_without_rewriting_no_site_is_rewritten_and_the_result_is_the_same(libc: str, combo_sandbox: Sandbox) -> None:
    program = paths.program("bench", "rw_loop", libc)
    result, stats = combo_sandbox.run_with_stats(program, "200", options=["--rewrite", "off"])
    assert result.status == 0, result.describe()
    assert stats.sites_rewritten == 0 and stats.syscalls_rewritten == 0
    assert stats.syscalls_trapped >= 400


def test_strace_writes_calls_to_standard_error(combo_sandbox: Sandbox) -> None:
    result = combo_sandbox.run(paths.BUSYBOX, "echo", "traced", options=["--strace"])
    assert result.stdout == b"traced\n", result.describe()
    assert 'write(1, "traced\\n", 7) = 7' in result.errors, result.describe()


@pytest.mark.needs("same-host")
def test_strace_writes_calls_to_a_file(combo_sandbox: Sandbox, scratch: Path) -> None:
    file = scratch / "trace"
    result = combo_sandbox.run(paths.BUSYBOX, "cat", "/no/such/file", options=[f"--strace={file}"])
    assert result.status == 1 and "strace" not in result.errors, result.describe()
    trace = file.read_text()
    assert "/no/such/file" in trace and "ENOENT" in trace, trace


def test_the_log_is_silent_unless_asked_for(combo_sandbox: Sandbox) -> None:
    quiet = combo_sandbox.run(paths.BUSYBOX, "true", options=["--log-level", "off"])
    assert quiet.stderr == b"", quiet.describe()
    loud = combo_sandbox.run(paths.BUSYBOX, "true", options=["--log-level", "debug"])
    assert loud.status == 0 and b"baryon: " in loud.stderr, loud.describe()

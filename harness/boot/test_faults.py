"""What cannot work ends with a clear message and the right status."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from lib import elf, paths, process
from lib.applets import MEMORY_HOG
from lib.sandbox import Sandbox


def refused(result: process.Result, status: int, *mentions: str) -> None:
    """The status, a line `baryon: error: <what> (<remedy>)`, and what it has to name."""
    assert result.status == status, result.describe()
    assert re.search(r"^baryon: error: .+ \(.+\)$", result.errors, re.MULTILINE), result.describe()
    for mention in mentions:
        assert mention.lower() in result.errors.lower(), f"no mention of {mention!r}\n{result.describe()}"


def write_program(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@pytest.mark.needs("same-host")
def test_a_crafted_but_valid_elf_runs(combo_sandbox: Sandbox, scratch: Path) -> None:
    """Shows that what follows is refused for its defect alone."""
    program = write_program(scratch / "good", elf.GOOD.pack())
    assert process.run([program]).status == 7
    result = combo_sandbox.run(program)
    assert result.status == 7, result.describe()


@pytest.mark.needs("same-host")
@pytest.mark.parametrize("defect", elf.CRAFTED)
def test_a_crafted_elf_is_refused(defect: str, combo_sandbox: Sandbox, scratch: Path) -> None:
    program = write_program(scratch / "crafted", elf.CRAFTED[defect])
    refused(combo_sandbox.run(program), 126, str(program))


@pytest.mark.parametrize("length", elf.TRUNCATED_LENGTHS)
def test_a_truncated_elf_is_refused(length: int, sandbox: Sandbox, scratch: Path) -> None:
    program = write_program(scratch / "truncated", elf.GOOD.pack()[:length])
    refused(sandbox.run(program), 126, str(program))


def test_half_of_busybox_is_refused(sandbox: Sandbox, scratch: Path) -> None:
    whole = paths.BUSYBOX.read_bytes()
    program = write_program(scratch / "half", whole[: len(whole) // 2])
    refused(sandbox.run(program), 126, str(program))


def test_a_text_file_is_refused(sandbox: Sandbox, scratch: Path) -> None:
    program = write_program(scratch / "text", b"just text\n")
    refused(sandbox.run(program), 126, str(program))


@pytest.mark.needs("same-host")
@pytest.mark.parametrize("crash", elf.FATAL_CODE)
def test_a_crash_in_the_first_instruction_is_the_signal_that_linux_gives(
    crash: str, combo_sandbox: Sandbox, scratch: Path
) -> None:
    code, number = elf.FATAL_CODE[crash]
    program = write_program(scratch / "crash", replace(elf.GOOD, code=code).pack())
    assert process.run([program]).status == 128 + number
    result = combo_sandbox.run(program)
    assert result.status == 128 + number, result.describe()


@pytest.mark.parametrize("size", ["0", "1M", "3M", "-1", "12Q", ""])
def test_too_little_memory_is_refused(size: str, sandbox: Sandbox) -> None:
    refused(sandbox.run(paths.BUSYBOX, "true", options=["--memory", size]), 125, "memory")


@pytest.mark.fast
def test_the_least_memory_that_is_accepted_runs_a_small_program(combo_sandbox: Sandbox) -> None:
    result = combo_sandbox.run(paths.BUSYBOX, "echo", "enough", options=["--memory", "4M"])
    assert (result.status, result.stdout, result.stderr) == (0, b"enough\n", b""), result.describe()


@pytest.mark.needs("same-host")
def test_a_program_larger_than_the_memory_is_refused(combo_sandbox: Sandbox, scratch: Path) -> None:
    """64 MiB of zeros in its image: too much for 16 MiB, no problem for 128 MiB."""
    program = write_program(scratch / "large", elf.with_segment(flags=7, memsz=64 << 20).pack())
    refused(combo_sandbox.run(program, options=["--memory", "16M"]), 125, str(program), "--memory")
    result = combo_sandbox.run(program, options=["--memory", "128M"])
    assert result.status == 7, result.describe()


@pytest.mark.parametrize("size", ["4M", "16M", "64M"])
def test_a_program_that_uses_the_memory_up_is_killed_and_the_reason_given(size: str, combo_sandbox: Sandbox) -> None:
    """As by Linux's out-of-memory killer: SIGKILL."""
    result = combo_sandbox.run(paths.BUSYBOX, *MEMORY_HOG, options=["--memory", size])
    refused(result, 128 + signal.SIGKILL, "busybox", "guest memory is used up", "--memory")


def test_a_block_larger_than_the_memory_is_refused_by_malloc(combo_sandbox: Sandbox) -> None:
    result = combo_sandbox.run(
        paths.BUSYBOX, "dd", "if=/dev/zero", "of=/dev/null", "bs=1G", "count=1", options=["--memory", "128M"]
    )
    assert result.status == 1 and "out of memory" in result.errors, result.describe()


@pytest.mark.parametrize(
    ("options", "mention"),
    [
        (["--root", "/no/such/directory"], "/no/such/directory"),
        (["--root", "/bin/busybox"], "/bin/busybox"),
        (["--bind", "/no/such:/mnt"], "/no/such"),
        (["--bind", "relative-guest:mnt"], "mnt"),
        (["--cwd", "/no/such/cwd"], "/no/such/cwd"),
        (["--engine", "kvmm"], "kvmm"),
        (["--privilege", "linkd"], "linkd"),
        (["--cpus", "0"], "cpus"),
        (["--cpus", "1000000"], "cpus"),
        (["--no-such-option"], "no-such-option"),
        (["--config", "/no/such/file.toml"], "/no/such/file.toml"),
        (["--stats", "/no/such/dir/stats.json"], "/no/such/dir/stats.json"),
        (["--strace=/no/such/dir/trace"], "/no/such/dir/trace"),
        (["--bind", "/dev/null:/mnt"], "/dev/null"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_option_is_refused_by_name(options: list[str], mention: str, sandbox: Sandbox) -> None:
    result = sandbox.run(paths.BUSYBOX, "echo", "ran", options=options)
    refused(result, 125, mention)
    assert result.stdout == b"", f"refused after the program ran\n{result.describe()}"


def test_no_program_is_refused(sandbox: Sandbox) -> None:
    refused(sandbox.run(), 125, "program")


def test_an_unreadable_root_is_refused(sandbox: Sandbox, scratch: Path) -> None:
    """Another user's private directory, by a root without the right to override permissions."""
    private = scratch / "private"
    private.mkdir(mode=0o700)
    os.chown(private, 65534, 65534)
    without = "-dac_override,-dac_read_search"
    result = process.run(
        ["setpriv", "--bounding-set", without, "--inh-caps", without]
        + sandbox.command(paths.BUSYBOX, "true", options=["--root", str(private)])
    )
    refused(result, 125, str(private))


@pytest.mark.parametrize("how", ["missing", "unusable"])
def test_without_dev_kvm_the_kvm_engine_is_refused(how: str, sandbox: Sandbox) -> None:
    command = sandbox.command(paths.BUSYBOX, "true", options=["--engine", "kvm"])
    refused(process.run([paths.WITHOUT_KVM, how, *command]), 125, "/dev/kvm")


def test_a_host_that_runs_out_of_address_space_is_told_so(sandbox: Sandbox) -> None:
    command = sandbox.command(paths.BUSYBOX, "true", options=["--memory", "512M"])
    refused(process.run(["prlimit", "--as=300000000", *command]), 125, "memory")

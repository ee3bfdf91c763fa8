"""What the sandbox was given shows where run-time libraries look: the unified cgroup hierarchy and /proc."""

from __future__ import annotations

from lib.sandbox import Sandbox

BUSYBOX = "/bin/busybox"


def read(sandbox: Sandbox, *files: str, options: list[str]) -> list[str]:
    result = sandbox.run(BUSYBOX, "cat", *files, options=options, timeout=60)
    assert result.status == 0, result.describe()
    return result.text.splitlines()


def test_the_cgroup_shows_memory_and_processors(sandbox: Sandbox) -> None:
    lines = read(
        sandbox,
        *(f"/sys/fs/cgroup/{name}" for name in ("cpu.max", "cpuset.cpus.effective", "memory.max", "memory.current")),
        options=["--cpus", "2", "--memory", "256M"],
    )
    assert lines[:2] == ["200000 100000", "0-1"]
    limit, used = map(int, lines[2:])
    assert 0 < used < limit <= 256 << 20


def test_the_cgroup_is_mounted_where_libraries_expect_it(sandbox: Sandbox) -> None:
    mounts = read(sandbox, "/proc/self/mountinfo", options=[])
    assert any(" /sys/fs/cgroup " in line and " - cgroup2 " in line for line in mounts)
    assert read(sandbox, "/proc/self/cgroup", options=[]) == ["0::/"]

"""A root file system of Debian's unmodified packages. Made once, kept outside the tree; no test writes to it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
# What the scenarios in harness/suites run, and their clients.
PACKAGES = frozenset(
    "bash coreutils findutils grep sed mawk diffutils gzip tar procps git gcc libc6-dev perl python3 sqlite3 nodejs "
    "redis-server redis-tools nginx-light memcached openssl ca-certificates curl openssh-server openssh-client".split()
)
BUILD_SECONDS = 1800.0


class NoDebianRoot(RuntimeError):
    """It is not there and cannot be made."""


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "baryon"


def _has_all_packages(stamp: Path) -> bool:
    return stamp.exists() and PACKAGES <= set(stamp.read_text().split())


def _build(root: Path, stamp: Path) -> None:
    """Builds beside `root` and renames: a root that was left half made is never taken for a whole one."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise NoDebianRoot(f"{root} is missing; making it takes root and debootstrap (tools/install-deps.sh --for bench)")
    new = root.with_name(root.name + ".new")
    log = root.with_name(root.name + ".log")
    shutil.rmtree(new, ignore_errors=True)
    # debootstrap mounts /proc in there: in a mount namespace of its own nothing of that outlives it, however it ends.
    command = ["unshare", "--mount", "--propagation", "private", "debootstrap", "--variant=minbase"]
    command += [f"--include={','.join(sorted(PACKAGES))}", SUITE, str(new), MIRROR]
    with log.open("wb") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=BUILD_SECONDS)
    if done.returncode != 0:
        raise NoDebianRoot(f"debootstrap failed, see {log}:\n{log.read_text()[-2000:]}")
    shutil.rmtree(new / "var/cache/apt/archives", ignore_errors=True)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    new.rename(root)
    stamp.write_text("\n".join(sorted(PACKAGES)) + "\n")


@contextlib.contextmanager
def prepared() -> Iterator[Path]:
    """The root's path. While the context lasts nobody replaces it; two runs do not build it at the same time."""
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    root, stamp = cache / "debian-root", cache / "debian-root.packages"
    with (cache / "debian-root.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        while not _has_all_packages(stamp):
            fcntl.flock(lock, fcntl.LOCK_EX)  # not atomic: another run may have built it meanwhile
            if not _has_all_packages(stamp):
                _build(root, stamp)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield root

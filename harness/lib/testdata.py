"""Deterministic input files for programs that are compared with Linux."""

from __future__ import annotations

import os
import random
from pathlib import Path

# 2024-01-02 03:04:05 UTC: listings and archives show it, so it must not be the time of the test
FIXED_TIME = 1704164645


def write_tree(directory: Path) -> None:
    """Fills `directory` with text, CSV and binary files, a few directories and links."""
    generator = random.Random(2309_12624)
    words = [line.split()[0] for line in _LINES if line.split()]
    lines = [" ".join(generator.choices(words, k=generator.randint(1, 9))) for _ in range(2000)]
    files = {
        "words.txt": "\n".join(lines) + "\n",
        "sorted.txt": "\n".join(sorted(set(lines))) + "\n",
        "numbers.txt": "".join(f"{generator.randint(-10**6, 10**6)}\n" for _ in range(3000)),
        "table.csv": "".join(f"{i},{generator.choice(words)},{generator.random():.6f}\n" for i in range(500)),
        "poem.txt": "\n".join(_LINES) + "\n",
        "tabs.txt": "a\tb\tc\n\td\te\n" * 20,
        "odd name": "a file whose name has a blank\n",
        "empty": "",
        "deep/er/still/leaf.txt": "leaf\n",
        "deep/other.txt": "other\n",
    }
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    changed = lines[:]
    changed[10:12] = ["changed here", "and here"]
    (directory / "words2.txt").write_text("\n".join(changed) + "\n")
    (directory / "blob.bin").write_bytes(generator.randbytes(300_000))
    (directory / "sparse.bin").write_bytes(bytes(200_000) + b"end")
    (directory / "link").symlink_to("poem.txt")
    (directory / "dangling").symlink_to("nowhere")
    os.link(directory / "poem.txt", directory / "hard")
    os.chmod(directory / "empty", 0o600)
    for path in sorted(directory.rglob("*"), reverse=True):
        os.utime(path, (FIXED_TIME, FIXED_TIME), follow_symlinks=False)
    os.utime(directory, (FIXED_TIME, FIXED_TIME))


def describe_tree(directory: Path) -> dict[str, tuple[str, int, bytes]]:
    """Name to (kind and permissions, link count of files, content): what a mutating program may have changed."""
    found: dict[str, tuple[str, int, bytes]] = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        if path.is_symlink():
            content, links = os.readlink(path).encode(), 1
        elif path.is_dir():
            content, links = b"", 1
        else:
            content, links = path.read_bytes(), status.st_nlink
        found[str(path.relative_to(directory))] = (oct(status.st_mode), links, content)
    return found


_LINES = """\
Of arms and registers and rings I write,
of pages faulting softly in the night,
the kernel calling to a host unseen
by slots and doorbells, polled and kept between.

A jump replaces what was once a trap;
the stub returns across a narrow gap.
No word is lost: the futex keeps its queue,
and every waiter wakes as waiters do.
""".splitlines()

"""Lists of other people's tests: what passes, and what is not run with the reason, in one file of lines."""

from __future__ import annotations

from pathlib import Path


class BadList(ValueError):
    """A list that says something twice, or leaves the reason out."""


def read(file: Path) -> tuple[list[str], dict[str, str]]:
    """Names that are run, and names that are not with their reasons. A line is `name` or `name: reason`; # is a remark."""
    run: list[str] = []
    excluded: dict[str, str] = {}
    for number, line in enumerate(file.read_text().splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, colon, reason = (part.strip() for part in text.partition(":"))
        if name in run or name in excluded:
            raise BadList(f"{file}:{number}: {name} is there twice")
        if colon and not reason:
            raise BadList(f"{file}:{number}: {name} is excluded without a reason")
        if colon:
            excluded[name] = reason
        else:
            run.append(name)
    return run, excluded

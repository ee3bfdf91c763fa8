"""One JSON record per benchmark run: machine, versions, commit, configuration and every raw sample."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lib import paths

SCHEMA = 1


def machine() -> dict[str, Any]:
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in cpuinfo.splitlines() if line.startswith("model name")), "?")
    total = next(line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {"cpu": model, "cores": os.cpu_count(), "memory_kib": int(total), "kernel": platform.release(),
            "load_before": list(os.getloadavg())}  # fmt: skip


def commit() -> dict[str, Any]:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=paths.ROOT, capture_output=True, text=True).stdout.strip()

    return {"hash": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--untracked-files=no"))}


def new(configuration: dict[str, Any], peers: dict[str, dict[str, str]], paper: str = "quark") -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "paper": paper,
        "time": datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ"),
        "machine": machine(),
        "commit": commit(),
        "configuration": configuration,
        "peers": peers,
        "series": [],
    }


def save(record: dict[str, Any], directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{record['time']}.json"
    file.write_text(json.dumps(record) + "\n")
    return file


def load(file: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(file.read_text())
    if record.get("schema") != SCHEMA:
        raise ValueError(f"{file}: schema {record.get('schema')!r}, this reads {SCHEMA}")
    return record


def samples(record: dict[str, Any], peer: str, name: str, libc: str) -> list[float]:
    """All rounds together."""
    return [
        value
        for series in record["series"]
        if (series["peer"], series["name"], series["libc"]) == (peer, name, libc)
        for value in series["samples"]
    ]

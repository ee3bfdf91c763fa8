"""The Debian package: what is in it, and that what it installs works from where it is installed."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

from lib import paths, process


def build(out: Path, baryon: Path) -> Path:
    kernels = [word for kernel in sorted(baryon.parent.glob("kernel-*.elf")) for word in ("--kernel", str(kernel))]
    result = process.run([paths.ROOT / "tools" / "package.py", "--binary", baryon, *kernels, "--out", out], timeout=120)
    assert result.status == 0, result.describe()
    return Path(result.text.strip())


def test_the_package_installs_a_runtime_that_works(baryon: Path, scratch: Path) -> None:
    package = build(scratch, baryon)
    root = scratch / "installed"
    assert process.run(["dpkg-deb", "-x", package, root]).status == 0
    # through the link, it finds its kernel beside itself
    result = process.run([root / "usr/bin/baryon", "boot", paths.BUSYBOX, "echo", "installed"])
    assert (result.status, result.text) == (0, "installed\n"), result.describe()
    for file in ("usr/share/man/man1/baryon.1.gz", "usr/share/bash-completion/completions/baryon",
                 "usr/share/zsh/vendor-completions/_baryon", "usr/share/fish/vendor_completions.d/baryon.fish"):
        assert (root / file).stat().st_size > 500, file
    examples = root / "usr/share/doc/baryon/examples"
    assert json.loads((examples / "docker-daemon.json").read_text())["runtimes"]["baryon"]["path"] == "/usr/bin/baryon"
    for name in ("containerd-config.toml", "podman.conf"):
        assert "/usr/bin/baryon" in str(tomllib.loads((examples / name).read_text())), name
    assert "handler: baryon" in (examples / "runtimeclass.yaml").read_text()
    fields = process.run(["dpkg-deb", "-f", package, "Package", "Version", "Architecture"]).text
    assert "Package: baryon" in fields and "Version: " in fields
    owners = process.run(["dpkg-deb", "-c", package]).text.splitlines()
    assert all(" root/root " in line for line in owners)
    assert os.readlink(root / "usr/bin/baryon") == "../lib/baryon/baryon"


def test_equal_inputs_make_equal_packages(baryon: Path, scratch: Path) -> None:
    (scratch / "a").mkdir()
    (scratch / "b").mkdir()
    assert build(scratch / "a", baryon).read_bytes() == build(scratch / "b", baryon).read_bytes()

#!/usr/bin/python3
"""Makes the Debian package from a finished release build. `ninja deb` runs it.

  tools/package.py --binary build/release/baryon --kernel build/release/kernel-x86_64.elf… --out DIRECTORY

Prints the package's path. Files get the time of the last commit (or SOURCE_DATE_EPOCH), so that equal inputs make equal
packages.
"""
import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTROL = """Package: baryon
Version: {version}
Architecture: {architecture}
Maintainer: Baryon developers <baryon@localhost>
Installed-Size: {kib}
Suggests: podman, containerd, qemu-system-x86
Section: admin
Priority: optional
Description: secure container runtime on a guest kernel of its own
 Runs unmodified Linux programs and OCI containers, each in a virtual machine with a guest
 kernel that was designed together with its hypervisor. A drop-in for runc.
"""
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/baryon",
    "zsh": "usr/share/zsh/vendor-completions/_baryon",
    "fish": "usr/share/fish/vendor_completions.d/baryon.fish",
}


def output_of(*command: str | Path) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def source_date() -> int:
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    try:
        return int(output_of("git", "-C", ROOT, "log", "-1", "--format=%ct"))
    except (OSError, subprocess.CalledProcessError, ValueError):
        return int((ROOT / "README.md").stat().st_mtime)


def put(root: Path, where: str, content: bytes | Path, mode: int = 0o644) -> None:
    target = root / where
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        shutil.copyfile(content, target)
    else:
        target.write_bytes(content)
    target.chmod(mode)


def stage(root: Path, binary: Path, kernels: list[Path]) -> None:
    # The binary looks for its kernels beside itself: they share a folder, and /usr/bin has a link.
    put(root, "usr/lib/baryon/baryon", binary, 0o755)
    strip = shutil.which("strip") or shutil.which("llvm-strip-19")
    if strip:
        subprocess.run([strip, "--strip-debug", str(root / "usr/lib/baryon/baryon")], check=True)
    for kernel in kernels:
        put(root, f"usr/lib/baryon/{kernel.name}", kernel)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/baryon").symlink_to("../lib/baryon/baryon")
    put(root, "usr/share/man/man1/baryon.1.gz", gzip.compress((ROOT / "man/baryon.1").read_bytes(), 9, mtime=0))
    for shell, where in COMPLETIONS.items():
        put(root, where, output_of(binary, "completion", shell).encode())
    for sample in sorted((ROOT / "packaging").iterdir()):
        put(root, f"usr/share/doc/baryon/examples/{sample.name}", sample)
    put(root, "usr/share/doc/baryon/copyright", ROOT / "LICENSE")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--kernel", type=Path, action="append", required=True, help="may be given several times")
    parser.add_argument("--out", type=Path, required=True, help="directory for the package")
    options = parser.parse_args()
    binary = options.binary.resolve()
    version = output_of(binary, "--version").split()[2]
    architecture = output_of("dpkg", "--print-architecture").strip()
    date = source_date()
    with tempfile.TemporaryDirectory(prefix="baryon-package-") as scratch:
        root = Path(scratch) / "root"
        stage(root, binary, [kernel.resolve() for kernel in options.kernel])
        kib = sum(path.lstat().st_size for path in root.rglob("*")) // 1024 + 1
        put(root, "DEBIAN/control", CONTROL.format(version=version, architecture=architecture, kib=kib).encode())
        for path in [root, *root.rglob("*")]:
            os.utime(path, (date, date), follow_symlinks=False)
            if path.is_dir():
                path.chmod(0o755)
        package = options.out.resolve() / f"baryon_{version}_{architecture}.deb"
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(date)}
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Zxz", "-z6", "--build", str(root), str(package)],
                       check=True, env=environment, stdout=subprocess.DEVNULL)
    print(package)
    return 0


if __name__ == "__main__":
    sys.exit(main())

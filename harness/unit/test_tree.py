"""The shape of the tree: architecture code in twin folders with equal file names, and nowhere else."""

from __future__ import annotations

import re

import pytest

from lib import paths

ARCHITECTURES = ("x86_64", "aarch64")
# Folders with one sub-folder for each architecture. What only one can have: a sub-folder that ARCHITECTURE.md names.
TWINS = ("kernel/arch", "kernel/abi/arch", "hypervisor/arch", "hypervisor/host")
ONLY = {"kernel/arch/x86_64": ("linked",)}

MACRO = re.compile(r"\b_*(x86_64|amd64|aarch64|arm64|i386|AARCH64EL|ARM_ARCH\w*)__\b|__has_builtin\(__builtin_(ia32|arm)")
SOURCES = (".hpp", ".cpp", ".h", ".c", ".S", ".inc", ".def", ".ld")


def names_in(folder: str) -> set[str]:
    root = paths.ROOT / folder
    inner = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {str(path) for path in inner if path.parts[0] not in ONLY.get(folder, ())}


@pytest.mark.parametrize("folder", TWINS)
def test_twin_folders_have_the_same_files(folder):
    first, second = (names_in(f"{folder}/{architecture}") for architecture in ARCHITECTURES)
    assert first and first == second, f"in one of {folder}/{{{','.join(ARCHITECTURES)}}} alone: {sorted(first ^ second)}"


@pytest.mark.parametrize("folder", [f"{folder}/{name}" for folder, names in ONLY.items() for name in names])
def test_a_folder_without_a_twin_is_documented(folder):
    assert (paths.ROOT / folder).is_dir()
    assert folder in (paths.ROOT / "ARCHITECTURE.md").read_text(), f"ARCHITECTURE.md does not say why {folder} has no twin"


@pytest.mark.parametrize("top", ("kernel", "hypervisor"))
def test_no_architecture_macro_outside_its_folders(top):
    found = []
    for path in sorted((paths.ROOT / top).rglob("*")):
        name = str(path.relative_to(paths.ROOT))
        if path.suffix not in SOURCES or any(name.startswith(f"{twin}/") for twin in TWINS):
            continue
        found += [f"{name}:{number}: {line.strip()}" for number, line in enumerate(path.read_text().splitlines(), 1) if MACRO.search(line)]
    assert not found, "\n".join(found)

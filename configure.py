#!/usr/bin/python3
"""Writes build.ninja: modes (debug, release, asan), toolchains (host, guest), modules.

A module is a folder. It sees the headers of the modules that it declares, of what those export, and
its own: each compile runs against a view of the tree (OUT/view/<module>) that holds links to those
folders and nothing else, so a forbidden import does not compile.

  ./configure.py                 release into build/
  ./configure.py --out DIR --launcher ccache
"""
import argparse
import os
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
from tools.build import generate  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="build directory (default: build)")
    parser.add_argument("--launcher", default="", help="compiler launcher, for example ccache")
    parser.add_argument("--clang", default="19", help="version suffix of clang and lld (default: 19)")
    options = parser.parse_args()
    missing = [tool for tool in (f"clang++-{options.clang}", f"ld.lld-{options.clang}", "ninja") if not shutil.which(tool)]
    if missing:
        print(f"configure.py: error: {', '.join(missing)} not found (./run.sh and ./test.sh install what is missing)", file=sys.stderr)
        return 1
    generate.generate(ROOT, options.out.resolve(), options.launcher, options.clang)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/bin/sh
# Dependencies, configuration and build, with one line of progress per step: what ./run.sh and ./test.sh begin with.
#
#   tools/build.sh GROUP [NINJA TARGET…]     GROUP: see tools/install-deps.sh
#
# BARYON_BUILD names another build directory than build/.
#
# Quick when there is nothing to do. On failure the step's whole output is shown.
set -eu
cd "$(dirname "$0")/.."
group=$1
shift
out=${BARYON_BUILD:-build}

say() { echo "baryon: $*" >&2; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT

tools/install-deps.sh --for "$group"

# Only the first time: later, build.ninja regenerates itself.
if [ ! -f "$out/build.ninja" ]; then
  say "configuring"
  ./configure.py --out "$out" >"$log" 2>&1 || { cat "$log" >&2; say "error: configure.py failed (see above)"; exit 1; }
fi

# One that an older tree has written may want a folder that is gone, and ninja then refuses to regenerate it.
if ninja -C "$out" -n build.ninja 2>&1 | grep -q "error: .*missing and no known rule"; then
  say "configuring again"
  eval "$(sed -n 's/^  command = \(.*configure\.py .*\)/\1/p' "$out/build.ninja")" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi

# A dry run is quicker than finding out from ninja's real output whether there was anything to build.
if ! ninja -C "$out" -n "$@" 2>/dev/null | grep -q 'no work to do'; then
  say "building ${*:-everything}"
fi
ninja -C "$out" "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; say "error: the build failed (see above)"; exit 1; }

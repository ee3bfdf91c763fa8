#!/bin/sh
# Unpacks Debian packages of architecture arm64 into a folder outside the tree, and prints that folder.
#
#   tools/fetch-arm64.sh PACKAGE...      for example: liburing-dev (to cross-compile the hypervisor), busybox-static
#
# Neither dpkg's list of architectures nor what is installed changes: apt gets package lists of its own. What is there
# already is not fetched again; remove the folder ($XDG_CACHE_HOME/baryon/arm64, else ~/.cache/baryon/arm64) to start over.
set -eu

die() { echo "fetch-arm64: error: $*" >&2; exit 1; }

[ $# -gt 0 ] || die "name packages"
root=${XDG_CACHE_HOME:-$HOME/.cache}/baryon/arm64
state=$root/.apt
mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/unpacked"
exec 9>"$state/lock"
flock 9

todo=
for package in "$@"; do [ -e "$state/unpacked/$package" ] || todo="$todo $package"; done
if [ -n "$todo" ]; then
  options="-q -o APT::Architectures::=$(dpkg --print-architecture) -o APT::Architectures::=arm64 -o Acquire::Languages=none
           -o APT::Sandbox::User=$(id -un) -o Dir::State::Lists=$state/lists -o Dir::Cache=$state -o Dir::Cache::archives=$state/archives"
  cd "$state/archives"
  for package in $todo; do
    # Lists may be missing, or name a version that the mirror no longer has.
    # shellcheck disable=SC2086
    apt-get $options download "$package:arm64" >"$state/log" 2>&1 ||
      { apt-get $options update >"$state/log" 2>&1 && apt-get $options download "$package:arm64" >>"$state/log" 2>&1; } ||
      { tail -n 5 "$state/log" >&2; die "cannot download $package:arm64"; }
    dpkg-deb -x "$package"_*_arm64.deb "$root"
    rm -f "$package"_*_arm64.deb
    : >"$state/unpacked/$package"
  done
fi
echo "$root"

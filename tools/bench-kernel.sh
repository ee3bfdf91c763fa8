#!/bin/sh
# Prints the path of Debian's cloud kernel (vmlinuz) for the QEMU peer of the benchmarks.
#
# The package is downloaded and unpacked into a cache directory (BARYON_CACHE, default ~/.cache/baryon), never installed:
# installing a kernel would rewrite the machine's boot set-up. The second call finds it there and is instant.
set -eu

die() { echo "bench-kernel: error: $*" >&2; exit 1; }

cache=${BARYON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/baryon}/linux
found=$(ls "$cache"/boot/vmlinuz-*-cloud-amd64 2>/dev/null | tail -n 1)
if [ -n "$found" ]; then echo "$found"; exit 0; fi

resolve() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1; }
package=$(resolve)
if [ -z "$package" ]; then
  [ "$(id -u)" = 0 ] && apt-get update -q >/dev/null 2>&1 || true
  package=$(resolve)
fi
[ -n "$package" ] || die "apt does not know linux-image-cloud-amd64 (run apt-get update as root)"

mkdir -p "$cache"
work=$(mktemp -d "$cache/download.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "bench-kernel: downloading $package" >&2
apt-get download -q "$package" >log 2>&1 || {
  # stale lists name versions that the mirror has removed
  [ "$(id -u)" = 0 ] && apt-get update -q >/dev/null 2>&1 && package=$(resolve) && apt-get download -q "$package" >log 2>&1
} || { cat log >&2; die "could not download $package"; }
dpkg-deb -x ./*.deb tree
mkdir -p "$cache/boot"
mv tree/boot/vmlinuz-* tree/boot/config-* "$cache/boot/"
ls "$cache"/boot/vmlinuz-*-cloud-amd64 | tail -n 1

#!/bin/sh
# Prints a directory with Debian's cloud kernel for a test machine: `vmlinuz`, `modules/*.ko`, and `order`, the modules'
# names in the order in which they can be inserted.
#
#   tools/debian-kernel.sh [amd64|arm64]     default: amd64
#
# The package is downloaded by apt and unpacked into a cache directory (BARYON_CACHE, default ~/.cache/baryon), never
# installed: installing a kernel would rewrite the machine's boot set-up. The second call finds it there and is instant.
# Package lists of another architecture are kept in the cache as well, so that the machine's own set-up stays as it is.
set -eu

die() { echo "debian-kernel: error: $*" >&2; exit 1; }

architecture=${1:-amd64}
case "$architecture" in
  -h|--help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
  amd64) meta=linux-image-cloud-amd64 ;;
  arm64) meta=linux-image-cloud-arm64 ;;
  *) die "unknown architecture '$architecture' (amd64, arm64)" ;;
esac

# Dependencies before their users. What a kernel has built in is not in its package and is left out.
wanted="irqbypass ccp kvm kvm-amd virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_console virtio_blk failover net_failover virtio_net"

base=${BARYON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/baryon}/linux
ready=$base/$architecture
if [ "$(cat "$ready/wanted" 2>/dev/null)" = "$wanted" ]; then echo "$ready"; exit 0; fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
  die "apt-get and dpkg-deb are needed to download $meta: run this on Debian"

mkdir -p "$base"
work=$(mktemp -d "$base/download.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

own=$(dpkg --print-architecture)
if [ "$architecture" = "$own" ] || dpkg --print-foreign-architectures | grep -qx "$architecture"; then
  apt() { tool=$1; shift; "apt-$tool" "$@"; }
  update() { [ "$(id -u)" = 0 ] && apt-get update -q >log 2>&1; }
else
  lists=$base/lists-$architecture
  mkdir -p "$lists/partial"
  apt() {
    tool=$1; shift
    "apt-$tool" -o APT::Architectures="$own,$architecture" -o Dir::State::Lists="$lists" \
      -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
  }
  update() { apt get update -q >log 2>&1; }
fi
resolve() {
  apt cache depends "$meta:$architecture" 2>/dev/null |
    sed -n 's/^ *Depends: <\{0,1\}\(linux-image-[0-9][^: >]*\).*$/\1/p' | head -n 1
}

package=$(resolve)
[ -n "$package" ] || { update || true; package=$(resolve); }
[ -n "$package" ] || {
  [ ! -f log ] || tail -n 5 log >&2
  die "apt does not know $meta:$architecture (as root: apt-get update; is a Debian mirror reachable?)"
}
echo "debian-kernel: downloading $package ($architecture)" >&2
apt get download -q "$package:$architecture" >log 2>&1 || {
  # stale lists name versions that the mirror has removed
  update && package=$(resolve) && apt get download -q "$package:$architecture" >log 2>&1
} || { tail -n 10 log >&2; die "could not download $package (is a Debian mirror reachable?)"; }

dpkg-deb -x ./*.deb tree || die "could not unpack $package"
mkdir -p result/modules
cp tree/boot/vmlinuz-* result/vmlinuz
cp tree/boot/config-* result/config
basename tree/boot/vmlinuz-* | sed 's/^vmlinuz-//' >result/release
for module in $wanted; do
  file=$(find tree/lib/modules -name "$module.ko" | head -n 1)
  [ -n "$file" ] || continue
  cp "$file" result/modules/
  echo "$module" >>result/order
done
echo "$wanted" >result/wanted
rm -rf "$ready"
mv result "$ready"
echo "$ready"

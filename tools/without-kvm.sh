#!/bin/sh
# Runs a command in a mount namespace in which /dev/kvm is missing, or is a device that is no KVM. As root.
#
#   tools/without-kvm.sh missing|unusable COMMAND [ARGUMENT…]      for example: tools/without-kvm.sh missing ./test.sh
set -eu

die() { echo "without-kvm: error: $*" >&2; exit 1; }

case "${1-}" in
  -h|--help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
  missing|unusable) ;;
  *) die "'${1-}' is neither missing nor unusable (try --help)" ;;
esac
[ $# -gt 1 ] || die "name a command"

# A /dev of its own, with what else is there: hiding by a mount on /dev/kvm would need one to be there.
exec unshare --mount sh -euc '
  how=$1
  shift
  new=$(mktemp -d)
  mount -t tmpfs -o mode=755 dev "$new"
  cp -ax /dev/. "$new"
  rm -f "$new/kvm"
  [ "$how" = missing ] || mknod -m 666 "$new/kvm" c 1 3
  for each in pts shm mqueue hugepages; do
    [ ! -d "/dev/$each" ] || mount --rbind "/dev/$each" "$new/$each"
  done
  mount --move "$new" /dev
  rmdir "$new"
  exec "$@"
' sh "$@"

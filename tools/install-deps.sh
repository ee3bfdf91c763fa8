#!/bin/sh
# Installs the Debian packages that Baryon needs, and only those that are missing.
#
#   tools/install-deps.sh [--for run|test|bench|dev|all] [--list]
#
# `run` builds and boots, `test` adds what ./test.sh needs, `bench` adds the peers that the benchmarks measure, `dev` the
# formatter, the linter and strace. Each includes `run`. `--list` prints the packages and installs nothing.
set -eu

# The *-arm64-cross ones hold the headers that the aarch64 kernel is compiled with, and the libraries of the arm64
# hypervisor (ninja arm64-host).
# build: compilers, generator, libraries that the host binary links; busybox-static is what ./run.sh boots
run_packages="
  python3 ninja-build clang-19 lld-19 llvm-19 libstdc++-12-dev libc6-dev linux-libc-dev
  libfmt-dev nlohmann-json3-dev libtomlplusplus-dev liburing-dev libseccomp-dev
  libstdc++-12-dev-arm64-cross libc6-dev-arm64-cross
  busybox-static
"
# engine tcg in every architecture; conformance programs in both libcs, in Go, and for aarch64 (qemu-user: their reference); unit tests; sanitizers
# and libFuzzer; the man page is checked by groff, tools/gdb by gdb; runc is what OCI tests compare with, iproute2 makes network namespaces, procps is `ps`
test_packages="
  qemu-system-x86 qemu-system-arm qemu-user gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross
  gcc g++ musl-tools golang-go bash-static catch2 libclang-rt-19-dev python3-pytest groff util-linux gdb libssl3 runc iproute2 procps
"
# other people's test suites (harness/suites); peers, the initramfs, the figures, the container engines, servers with their clients; dpkg and apt (for the guest kernel, see debian-kernel.sh) are part of every Debian
bench_packages="
  stress-ng python3 libpython3.11-testsuite debootstrap
  runc crun cpio gzip e2fsprogs python3-matplotlib python3-numpy podman conmon containernetworking-plugins iptables containerd
  redis-server redis-tools nginx-light apache2-utils memcached nodejs openssl curl
"
# without a usable KVM, engine tcg is what runs
[ -w /dev/kvm ] || run_packages="$run_packages qemu-system-x86"
dev_packages="ccache clang-format-19 clang-tidy-19 strace"

die() { echo "install-deps: error: $*" >&2; exit 1; }

group=run
list=no
while [ $# -gt 0 ]; do
  case "$1" in
    --for) [ $# -ge 2 ] || die "--for needs a group (run, test, bench, dev, all)"; group=$2; shift ;;
    --for=*) group=${1#--for=} ;;
    --list) list=yes ;;
    -h|--help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) die "unknown argument '$1' (try --help)" ;;
  esac
  shift
done
case "$group" in
  run) packages=$run_packages ;;
  test) packages="$run_packages $test_packages" ;;
  bench) packages="$run_packages $test_packages $bench_packages" ;;
  dev) packages="$run_packages $test_packages $dev_packages" ;;
  all) packages="$run_packages $test_packages $bench_packages $dev_packages" ;;
  *) die "unknown group '$group' (run, test, bench, dev, all)" ;;
esac

if [ "$list" = yes ]; then
  for package in $packages; do echo "$package"; done
  exit 0
fi

missing() {
  # dpkg-query exits non-zero for a package it has never heard of; the loop then sees it absent from the list.
  # shellcheck disable=SC2086
  have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $packages 2>/dev/null | sed -n 's/^ii  *//p')
  for package in $packages; do
    case "
$have
" in *"
$package
"*) ;; *) printf '%s ' "$package" ;; esac
  done
}

command -v dpkg-query >/dev/null || die "this is not Debian: install the equivalents of: $(echo $packages)"
todo=$(missing)
[ -n "$todo" ] || exit 0

[ "$(id -u)" = 0 ] || die "root is needed to install: $todo(as root: apt-get install $todo)"
echo "install-deps: installing $todo" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
  # Package lists may be absent (fresh image) or point at versions that the mirror no longer has.
  apt-get update -q >"$log" 2>&1 || echo "install-deps: warning: apt-get update failed, using the lists at hand" >&2
  # shellcheck disable=SC2086
  apt-get install -q -y --no-install-recommends $todo >>"$log" 2>&1
} || { tail -n 25 "$log" >&2; die "apt-get could not install: $todo"; }
todo=$(missing)
[ -z "$todo" ] || die "still missing after installation: $todo"

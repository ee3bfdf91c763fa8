#!/bin/sh
# Builds everything and runs the test suites; the last line is 'N passed, M failed'. Status 0 only when M is 0 and N is not.
#
#   ./test.sh                  unit, boot, conformance and oci suites; the fast part in every combination of engine,
#                              privilege model and architecture that this host runs
#   ./test.sh -k NAME          the tests whose name contains NAME, for example -k memory/mremap
#   ./test.sh -m fast          the quick subset
#   ./test.sh --machines svm   also in an emulated machine with an ordinary KVM: svm, arm64, or svm,arm64
#   ./test.sh -m bench         measurements beside native, runc and QEMU (writes papers/quark/records/)
#   ./test.sh --all            everything, also what takes long
#   ./test.sh --fuzz-seconds N how long each fuzz target runs (default 5)
#   ./test.sh --load-seconds N  how long the mixed load of --all lasts (default 120; 3600 for the promise)
#   ./test.sh harness/boot …   any other pytest argument
set -eu
cd "$(dirname "$0")"

case "${1-}" in -h|--help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

group="test"
targets="tests"
for argument in "$@"; do
  case "$argument" in --all|--machines*|*bench*) group=bench ;; esac
  case "$argument" in --all|*arm64*) targets="tests arm64-host" ;; esac
done
# shellcheck disable=SC2086
tools/build.sh "$group" $targets

# pytest runs in harness/, where its configuration is; paths may be given from here all the same.
for argument in "$@"; do
  set -- "$@" "${argument#harness/}"
  shift
done
cd harness

# Debian's own python3: one from elsewhere on the PATH would not see Debian's modules.
exec /usr/bin/python3 -B -m pytest -q "$@"

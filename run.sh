#!/bin/sh
# Builds Baryon and boots a program in a sandbox.
#
#   ./run.sh                    boots Debian's busybox a few times and says what ran, on what, and how fast it booted
#   ./run.sh PROGRAM [ARGS…]    boots PROGRAM (a static Linux binary) instead; the exit status is the program's
#
# Installs missing Debian packages first (as root). The second run takes seconds. For options: build/baryon boot --help
set -eu
top=$(cd "$(dirname "$0")" && pwd)

case "${1-}" in -h|--help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

# In a subshell: PROGRAM may be relative to the caller's directory, which must stay the working directory.
(cd "$top" && tools/build.sh run baryon)

stats=$(mktemp)
trap 'rm -f "$stats"' EXIT

if [ $# -gt 0 ]; then
  status=0
  "$top/build/baryon" boot --stats "$stats" "$@" || status=$?
  [ ! -s "$stats" ] || /usr/bin/python3 -B "$top/tools/show_boot.py" "$stats" >&2
  exit "$status"
fi

boot() {
  echo "\$ baryon boot /bin/busybox $*"
  "$top/build/baryon" boot --stats "$stats" /bin/busybox "$@" || {
    echo "baryon: error: the sandbox ended with status $? (see above; 'build/baryon doctor' says what this host offers)" >&2
    exit 1
  }
}
boot uname -a
boot echo "hello from a sandbox"
boot sha256sum /bin/busybox
echo
/usr/bin/python3 -B "$top/tools/show_boot.py" "$stats"

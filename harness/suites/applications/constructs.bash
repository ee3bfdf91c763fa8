# Fifty constructs of bash: pipelines, subshells, traps, here-documents, and what a shell asks a kernel for besides.
# Prints the same wherever it runs; harness/suites/test_applications.py compares it with chroot.
# No set -e: failures are part of it, their statuses are printed.
cd "$(mktemp -d)" || exit
LC_ALL=C; export LC_ALL
shopt -s extglob
number=0
construct() { number=$((number + 1)); echo "== $number $*"; }

construct "a pipeline of six programs"
seq 1 2000 | awk '{ print $1 * $1 }' | grep 7 | sort -rn | uniq | tail -n 3 | tr '\n' ' '; echo

construct "statuses of every part of a pipeline"
(exit 3) | true | (exit 5) | cat; echo "${PIPESTATUS[*]}"

construct "pipefail takes the last failure"
(set -o pipefail; (exit 3) | (exit 4) | true; echo $?)

construct "a writer dies of SIGPIPE when its reader leaves"
yes | head -n 1; echo "${PIPESTATUS[*]}"

construct "a pipeline that moves more than a pipe holds"
head -c 3000000 /dev/zero | tr '\0' x | wc -c

construct "standard error through a pipe, standard output elsewhere"
{ echo out; echo err >&2; } 2>&1 >out.txt | sed 's/^/piped: /'; cat out.txt

construct "|& joins both streams"
ls /nonexistent-directory |& sed 's/.*nonexistent/nonexistent/'

construct "the last part of a pipeline in this shell"
shopt -s lastpipe; printf 'a b\nc d\n' | while read -r x y; do last="$y$x"; done; echo "$last"; shopt -u lastpipe

construct "a loop fed by a pipeline, with a subshell for each line"
printf '%s\n' 3 1 2 | while read -r n; do (for ((i = 0; i < n; i++)); do printf '%s' "$n"; done; echo); done | sort

construct "a FIFO between two background jobs"
mkfifo fifo; (for i in 1 2 3; do echo "line $i"; done >fifo) & cat fifo | tr a-z A-Z; wait; rm fifo

construct "tee into process substitutions"
seq 1 100 | tee >(awk '{ s += $1 } END { print s }' >sum.txt) >(wc -l >lines.txt) >/dev/null
until [ -s sum.txt ] && [ -s lines.txt ]; do sleep 0.01; done; cat sum.txt lines.txt

construct "comparing two process substitutions"
diff <(printf '1\n2\n3\n') <(printf '1\n3\n4\n'); echo "status $?"

construct "a pipeline in the background, waited for by its job"
(sleep 0.05; exit 9) | (cat; exit 8) & wait $!; echo "status $?"

construct "a subshell changes neither variables nor directory"
v=outer; mkdir -p sub; (cd sub || exit; v=inner; echo "${PWD##*/} $v"); [ -e sub ] && echo "back, $v"

construct "subshells in each other, and their exit status"
( ( ( (exit 42); echo "inner $?"; exit 7 ); echo "middle $?"; exit 6 ); echo "outer $?" )

construct "BASH_SUBSHELL counts, BASHPID differs from \$\$"
( ( echo "$BASH_SUBSHELL"; [ "$BASHPID" != "$$" ] && echo another process ) )

construct "a subshell has its own umask and limits"
(umask 077; ulimit -n 64; : >private; stat -c %a private; ulimit -n); umask

construct "descriptors above 2 are inherited and survive exec"
exec 7>seven.txt; (bash -c 'echo from the child >&7'); exec 7>&-; cat seven.txt; (echo x >&7) 2>/dev/null || echo closed

construct "a group redirected as a whole, for reading and writing at once"
printf '0123456789' >rw.txt; { read -r -n 3 head; printf 'XX'; } <>rw.txt 1<&0; echo "$head"; cat rw.txt; echo

construct "noclobber refuses, >| does not"
(set -o noclobber; : >once; { echo two >once; } 2>/dev/null || echo refused; echo three >|once; cat once)

construct "appending by many subshells loses nothing"
: >append.txt; for i in {1..20}; do (for j in {1..10}; do echo "$i $j" >>append.txt; done) & done; wait; sort -u append.txt | wc -l

construct "a trap for EXIT in a subshell, with the status that it sees"
(trap 'echo "leaving with $?"' EXIT; exit 5); echo "status $?"

construct "a trap for a signal from another process"
(trap 'echo caught USR1' USR1; (kill -USR1 $BASHPID) 2>/dev/null; pid=$BASHPID; (kill -USR1 "$pid"); echo after)

construct "traps are reset in subshells, ignored signals stay ignored"
trap 'echo never' USR2; trap '' HUP
(trap | grep -c never; kill -HUP $BASHPID; echo still here); (kill -USR2 $BASHPID; echo not reached); echo "status $?"
trap - USR2 HUP

construct "a trap interrupts wait, whose status says so"
(trap 'echo alarm' ALRM; pid=$BASHPID; (sleep 0.05; kill -ALRM "$pid") & sleep 5 & sleeper=$!; wait $sleeper; echo $?; kill $sleeper; wait $sleeper; echo $?)

construct "SIGTERM ends a subshell after its EXIT trap"
(trap 'echo cleaning; exit 0' TERM; kill -TERM $BASHPID; echo unreachable); echo "status $?"

construct "killed by signals: statuses"
for s in HUP INT QUIT KILL TERM SEGV ABRT; do (ulimit -c 0; bash -c "trap - $s; kill -$s \$\$" 2>/dev/null); echo "$s $?"; done 2>/dev/null

construct "ERR, DEBUG and RETURN traps"
bash -c 'trap "echo error at \$LINENO" ERR; set -E; f() { false; true; }; f; trap - ERR; trap "n=\$((n+1))" DEBUG; :; :; trap - DEBUG; echo "$n commands"; g() { trap "echo returned" RETURN; :; }; g'

construct "a child that is stopped and continued"
sh -c 'sleep 0.02; echo continued' & pid=$!; kill -STOP $pid
until [ "$(sed 's/.*) //' /proc/$pid/stat | cut -c1)" = T ]; do sleep 0.01; done; echo stopped; kill -CONT $pid; wait $pid; echo $?

construct "a process group of its own under set -m, ended as a whole"
bash -c 'set -m; (sleep 50 & sleep 50 & wait) & pid=$!; kill -TERM -- -$pid; wait $pid; echo $?' 2>/dev/null

construct "jobs, wait -n, and which was first"
bash -c '(sleep 3; exit 1) & slow=$!; (sleep 0.05; exit 2) & wait -n; echo $?; jobs -r | wc -l; kill $slow; wait $slow; echo $?'

construct "disown and an orphan that outlives its parent"
bash -c '(sleep 0.1; echo orphan >orphan.txt) & disown; exit 0'; until [ -s orphan.txt ]; do sleep 0.02; done; cat orphan.txt

construct "a here-document with expansions"
name=world; cat <<END
hello $name, $((6 * 7)), $(echo nested | rev), ${name^^}, \$name
END

construct "a quoted here-document"
cat <<'END'
no $expansion, no $(command), no \escape
END

construct "a here-document without leading tabs"
cat <<-END
	indented
		twice
	END

construct "two here-documents for one command"
cat /dev/fd/3 - 3<<ONE <<TWO
one
ONE
two
TWO

construct "a here-document inside a command substitution inside a here-document"
cat <<OUTER
outer $(cat <<INNER
inner $(cat <<<"here string")
INNER
)
OUTER

construct "a here-document feeds a loop and a function"
count() { local n=0; while IFS=: read -r key value; do n=$((n + value)); done; echo $n; }
count <<END
a:1
b:20
c:300
END

construct "a here-document larger than a pipe"
eval "wc -c <<END
$(head -c 200000 /dev/zero | tr '\0' y)
END"

construct "a script from a here-document by another shell"
sh -s first second <<'END'
echo "$# $2"; exit 11
END
echo $?

construct "a coprocess, both ways"
coproc BC { while read -r a b; do echo $((a * b)); done; }
echo "6 7" >&"${BC[1]}"; read -r product <&"${BC[0]}"; echo "$product"; eval "exec ${BC[1]}>&-"; wait "$BC_PID"; echo $?

construct "command substitution: status, trailing newlines, large output"
x=$(printf 'a\n\n\n'; exit 4); echo "$? [$x]"; y=$(seq 1 50000); echo ${#y}

construct "arrays filled by mapfile from a process substitution"
mapfile -t lines < <(printf '%s\n' {a..e}); echo "${#lines[@]} ${lines[-1]} ${lines[*]:1:2}"

construct "associative arrays, sorted by a pipeline"
declare -A colour=([sky]=blue [grass]=green [sun]=yellow); for k in "${!colour[@]}"; do echo "$k=${colour[$k]}"; done | sort | paste -sd,

construct "regular expressions, globs and parameter expansion"
[[ "2024-05-06" =~ ^([0-9]+)-([0-9]+)-([0-9]+)$ ]] && echo "${BASH_REMATCH[3]}.${BASH_REMATCH[2]}"; touch f{1..3}.c g.h; echo @(f|g)*.[ch] !(*.txt|*.c|*.h|private|once|sub)
p=/usr/lib/x.tar.gz; echo "${p##*/} ${p%%.*} ${p/lib/share} ${p: -2}"

construct "getopts, functions, local variables and recursion"
parse() { local OPTIND opt a=0 b=; while getopts ab: opt; do case $opt in a) a=1 ;; b) b=$OPTARG ;; *) return 2 ;; esac; done; shift $((OPTIND - 1)); echo "$a $b $*"; }
parse -a -b val rest more; parse -z 2>/dev/null; echo $?; fac() { (($1 < 2)) && echo 1 || echo $(($1 * $(fac $(($1 - 1))))); }; fac 12

construct "arithmetic, printf, base conversion"
printf '%08x %o %e %q\n' 48879 8 12345.678 'it is'; echo $((16#ff + 2#101 + 8#17)) $((7 ** 7 % 10)) $((-7 / 2)) $((1 << 40))

construct "select, case and read with a time-out"
printf '2\n' | { PS3=; select c in apple pear; do echo "chose $c"; break; done 2>/dev/null; }; read -r -t 0.05 nothing < <(sleep 0.3); echo $(($? > 128))
case abc in a*c) echo first ;;& *b*) echo second ;& x) echo third ;; *) echo never ;; esac

construct "find, xargs with several processes, sort by a key"
mkdir -p tree/{a,b}/{c,d}; for f in tree/*/*; do echo "$f" >"$f/file"; done
find tree -type f -print0 | xargs -0 -n 1 -P 4 cat | sort -t/ -k3,3r -k2,2 | tr '\n' ' '; echo; find tree -depth -name c -exec rm -r {} +; find tree | wc -l

construct "hard and symbolic links, times, modes, and tests for them"
echo data >l1; ln l1 l2; ln -s l1 s1; ln -s nowhere s2; touch -d '2001-02-03 04:05:06 UTC' l1
[ l1 -ef l2 ] && echo same; [ -L s2 ] && [ ! -e s2 ] && echo dangling; readlink -f s1 | sed 's,.*/,,'; stat -c '%h %Y %F' l2; chmod 640 l1; stat -c %A l2

construct "archives and compression through pipelines"
tar -cf - tree | gzip -9 | tee a.tgz | gzip -dc | tar -tf - | sort | head -n 3; mkdir out; tar -C out -xzf a.tgz; diff -r tree out/tree && echo identical

construct "timeout, nice, nohup, env and exec in a subshell"
timeout 0.1 sleep 5; echo $?; (echo $(($(nice -n 3 nice) - $(nice)))); (env -i A=1 env); (exec -a named bash -c 'echo $0'); (exec /nonexistent) 2>/dev/null; echo $?

construct "an exported function and variables in a child shell"
greet() { echo "hello from $1, $WHO"; }; export -f greet; WHO=$name bash -c 'greet child; echo ${unset-default} ${WHO:+set}'

construct "set -e, set -u, and what they spare"
bash -c 'set -e; if false; then :; fi; false || true; ! true; echo survived; false; echo never'; echo $?; bash -c 'set -u; echo $nothing' 2>/dev/null; echo $?

construct "a file is read again from where the shell left it"
seq 1 6 >six; { read -r a; read -r b; head -n 1 >/dev/null; echo "$a $b"; } <six; exec 8<six; read -r -u 8 a; (read -r -u 8 b; echo "$b"); read -r -u 8 c; echo "$c"; exec 8<&-

construct "everything that this shell started has ended"
wait; jobs | wc -l; trap 'echo "the end of $number"' EXIT

# For bash-static: loops, arithmetic, arrays, regular expressions, here-documents; built-ins only, nothing forks.
# The output is the same everywhere. Needs a writable /tmp (or TMPDIR) for the one here-string that outgrows a pipe.

# Loops and arithmetic.
sum=0
for ((i = 1; i <= 1000; i++)); do ((sum += i * i)); done
echo "sum of squares: $sum"
n=27 steps=0
while ((n != 1)); do
    if ((n % 2)); then ((n = 3 * n + 1)); else ((n /= 2)); fi
    ((++steps))
done
echo "collatz 27: $steps steps"
echo "bases: $((16#ff)) $((2#101010)) $((8#17)) shift $((1 << 40)) remainder $((-7 % 3))"
until ((n >= 5)); do ((n++)); done
echo "until: $n"

# Arrays, indexed and associative.
numbers=(9 3 7 1 8 2)
for ((i = 0; i < ${#numbers[@]}; i++)); do
    for ((j = i + 1; j < ${#numbers[@]}; j++)); do
        if ((numbers[j] < numbers[i])); then
            t=${numbers[i]} numbers[i]=${numbers[j]} numbers[j]=$t
        fi
    done
done
echo "sorted: ${numbers[*]} (slice ${numbers[*]:1:3})"
declare -A colour=([sky]=blue [grass]=green [sun]=yellow)
for key in sky grass sun; do printf '%-6s= %s\n' "$key" "${colour[$key]}"; done
unset 'colour[sun]'
echo "left: ${#colour[@]}"

# Regular expressions and patterns.
line='2024-02-29 temperature=-3.5C'
if [[ $line =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})\ ([a-z]+)=(-?[0-9.]+) ]]; then
    echo "year ${BASH_REMATCH[1]} month ${BASH_REMATCH[2]} day ${BASH_REMATCH[3]} ${BASH_REMATCH[4]} ${BASH_REMATCH[5]}"
fi
path=/usr/share/doc/readme.txt
echo "${path##*/} ${path%/*} ${path//\//:} ${path^^}"
case $path in *.txt) echo text ;; *) echo other ;; esac

# Here-documents and here-strings, read with built-ins.
while read -r name value; do
    echo "read $name -> $((value * 2))"
done <<END
one 1
two 2
three $((1 + 2))
END
while IFS= read -r raw; do echo "quoted: $raw"; done <<'END'
$sum stays \n as it is
END
mapfile -t words <<<$'alpha\nbeta\ngamma'
echo "mapfile: ${#words[@]} ${words[2]}"
long=
for ((i = 0; i < 5000; i++)); do long+=0123456789abcdef; done
IFS= read -r back <<<"$long"   # beyond the capacity of a pipe: bash takes a temporary file
[[ $back == "$long" ]] && echo "here-string of ${#back} characters"

# Functions, local variables, recursion, traps, printf.
factorial() {
    local n=$1
    if ((n < 2)); then result=1; else
        factorial $((n - 1))
        ((result *= n))
    fi
}
factorial 20
echo "20! = $result"
trap 'echo "got USR1"' USR1
kill -USR1 $$
printf -v padded '%08.3f|%5s|%-5s|%x' 3.14159 ab cd 48879
echo "$padded"
printf '%s\n' {a..c}{1..2}
echo "done" >/dev/null
exit 7

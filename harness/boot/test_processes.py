"""Programs that start other programs, and dynamically linked ones: what they print equals the native run."""

from __future__ import annotations

import shutil

import pytest

from lib import process
from lib.sandbox import Sandbox

SCRIPTS = {
    "pipeline": "ls / | sort -r | tail -n 3 | wc -l",
    "subshells": "x=1; (x=2; echo $x; (x=3; echo $x)); echo $x; { echo group; } | cat",
    "status": "false; echo $?; true | false; echo $?; sh -c 'exit 7'; echo $?; sh -c 'kill -TERM $$'; echo $?",
    "background": "for i in 1 2 3; do (exit $i) & done; wait; echo all; sleep 0 & wait $!; echo $?",
    "trap": "trap 'echo got term' TERM; kill -TERM $$; trap 'echo bye' EXIT; echo end",
    "here": "cat <<A; sort <<B\nfirst\nA\nb\na\nB",
    "substitution": "echo $(echo a; echo $(echo b)) `echo c`; wc -c < /etc/passwd | tr -d ' '",
    "exec": "exec sh -c 'echo replaced; exit 3'",
    "many": "i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done; echo $i",
}


@pytest.mark.needs("same-host")
@pytest.mark.parametrize("shell", [("/bin/busybox", "sh"), ("/bin/bash",), ("/bin/dash",)], ids=lambda s: s[0][5:])
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_shell_script_does_the_same(script: str, shell: tuple[str, ...], combo_sandbox: Sandbox) -> None:
    if shutil.which(shell[0]) is None:
        pytest.fail(f"{shell[0]} is not installed")
    command = [*shell, "-c", SCRIPTS[script]]
    native = process.run(command, timeout=60)
    result = combo_sandbox.run(*command, timeout=120)
    assert (result.stdout, result.status) == (native.stdout, native.status), result.describe()


@pytest.mark.needs("same-host")
@pytest.mark.parametrize(
    "command",
    [
        ["/usr/bin/env", "A=1", "/bin/ls", "-d", "/usr"],
        ["/usr/bin/python3", "-c", "import subprocess; print(subprocess.run(['/bin/echo', 'hi'], capture_output=True))"],
        ["/usr/bin/perl", "-e", "print `echo one`; system('exit 3'); print $? >> 8, \"\\n\""],
        ["/usr/bin/git", "--version"],
        ["/usr/bin/find", "/etc/apt", "-maxdepth", "1", "-name", "s*", "-exec", "/bin/echo", "{}", ";"],
    ],
    ids=lambda c: c[0].rsplit("/", 1)[1],
)
def test_a_dynamic_program_does_the_same(command: list[str], combo_sandbox: Sandbox) -> None:
    native = process.run(command, timeout=60)
    result = combo_sandbox.run(*command, timeout=120)
    assert (result.stdout, result.status) == (native.stdout, native.status), result.describe()


def test_children_end_with_the_first_process(sandbox: Sandbox) -> None:
    result = sandbox.run("/bin/busybox", "sh", "-c", "sleep 1000 & sleep 1000 & echo out", timeout=30)
    assert (result.stdout, result.status) == (b"out\n", 0), result.describe()


def test_a_fork_bomb_ends_in_its_limits(sandbox: Sandbox) -> None:
    script = "f() { f & f & }; f 2>/dev/null; sleep 1; echo survived"
    result = sandbox.run("/bin/busybox", "sh", "-c", script, options=["--memory", "128M"], timeout=120)
    assert result.status in (0, 2), result.describe()

"""Terminals: of `run`, `create` and `exec`, with a console socket and without. Every test runs with runc as well.

A word that is typed as don''e comes back as done only when the shell has run it: the terminal's echo has the quotes.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.bundles import Bundle, Runtime, wait_for
from lib.terminal import ConsoleSocket, OwnTerminal, Terminal

# Runs a line at a time and leaves the editing of lines to the terminal.
SHELL = ("sh", "-c", 'while read -r line; do eval "$line"; done; exit 1')
# With job control, and an editor of lines that has its own idea of SIGWINCH.
INTERACTIVE = ("sh", "-i")


@pytest.fixture
def console() -> Iterator[ConsoleSocket]:
    with tempfile.TemporaryDirectory(prefix="baryon-console-") as directory:  # a socket's path is short
        console = ConsoleSocket(Path(directory) / "socket")
        yield console
        console.close()


@pytest.fixture
def bundle(bundle: Bundle) -> Bundle:
    """With pseudoterminals, as engines' bundles have them."""
    options = ["newinstance", "ptmxmode=0666", "mode=0620"]
    bundle.config["mounts"].append({"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": options})
    return bundle


def with_terminal(bundle: Bundle, *args: str) -> None:
    bundle.config["process"]["terminal"] = True
    bundle.config["process"]["args"] = list(args or SHELL)
    bundle.write()


def created(runtime: Runtime, bundle: Bundle, console: ConsoleSocket, *args: str) -> tuple[str, Terminal]:
    with_terminal(bundle, *args)
    name = runtime.new_id()
    words = ("create", "--bundle", bundle.directory, "--console-socket", console.path, name)
    # no pipes: runc's child would hold them open
    assert subprocess.run(runtime.words(*words), stdin=subprocess.DEVNULL, check=False).returncode == 0
    terminal = console.receive()
    assert runtime("start", name).status == 0
    return name, terminal


def idle(runtime: Runtime, bundle: Bundle) -> str:
    bundle.config["process"]["args"] = ["sleep", "1000"]
    name, _ = runtime.create(bundle)
    assert runtime("start", name).status == 0
    return name


def sized(terminal: Terminal, size: str) -> None:
    """runc gives a terminal its size when the program runs already."""
    terminal.send(f"until test \"$(stty size)\" = '{size}'; do :; done; echo siz''ed\n")
    terminal.wait_for("sized")


def test_run_in_a_terminal(either: Runtime, bundle: Bundle) -> None:
    with_terminal(bundle)
    with OwnTerminal(either.words("run", "--bundle", bundle.directory, either.new_id()), 33, 99) as terminal:
        terminal.send("test -t 0 && test -t 1 && test -t 2 && echo all''three\n")
        terminal.wait_for("allthree")
        sized(terminal, "33 99")
        terminal.send("exit 7\n")
        assert terminal.status() == 7
    either.assert_clean()


def test_create_with_a_console_socket(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    bundle.config["process"]["consoleSize"] = {"height": 31, "width": 77}
    name, terminal = created(either, bundle, console)
    with terminal:
        terminal.send("stty size; echo don''e\n")
        terminal.wait_for("31 77\r\n")
        terminal.wait_for("done")
        terminal.send("exit 3\n")
        either.wait_until(name, "stopped")


def test_output_is_processed_by_the_terminal(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    _, terminal = created(either, bundle, console, "sh", "-c", "echo one; echo two >&2; read x; echo \"<$x>\"")
    with terminal:
        terminal.wait_for("one\r\ntwo\r\n")
        terminal.send("ab\x7fc\n")  # backspace
        terminal.wait_for("<ac>\r\n")


def resized(terminal: Terminal) -> None:
    """The program learns of a new size by SIGWINCH, and sees it."""
    terminal.send("trap 'changed=$(stty size); echo changed to $changed' WINCH; echo rea''dy\n")
    terminal.wait_for("ready")
    for size in ((40, 120), (10, 30)):
        # A shell looks for signals between commands.
        terminal.send(f"echo loo''ps; until test \"$changed\" = '{size[0]} {size[1]}'; do sleep 0.02; done; echo see''n\n")
        terminal.wait_for("loops")
        terminal.resize(*size)
        terminal.wait_for(f"changed to {size[0]} {size[1]}")
        terminal.wait_for("seen")


def test_resize(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    _, terminal = created(either, bundle, console)
    with terminal:
        resized(terminal)


def test_resize_in_the_foreground(either: Runtime, bundle: Bundle) -> None:
    with_terminal(bundle)
    with OwnTerminal(either.words("run", "--bundle", bundle.directory, either.new_id())) as terminal:
        sized(terminal, "24 80")
        resized(terminal)
        terminal.send("exit 0\n")
        assert terminal.status() == 0


def test_the_job_in_the_foreground_learns_of_a_resize(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    _, terminal = created(either, bundle, console, *INTERACTIVE)
    with terminal:
        terminal.send("sh -c 'trap \"echo job; stty size\" WINCH; echo u\"\"p; while :; do sleep 0.05; done'\n")
        terminal.wait_for("up")
        terminal.resize(50, 60)
        terminal.wait_for("job\r\n50 60")


def test_the_program_may_change_the_size(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    _, terminal = created(either, bundle, console, "sh", "-c", "stty rows 45 cols 67; stty size; sleep 1000")
    with terminal:
        terminal.wait_for("45 67")
        assert terminal.size() == (45, 67)


def interrupted(runtime: Runtime, name: str, terminal: Terminal) -> None:
    terminal.send("sleep 1234\n")
    wait_for(lambda: "sleep 1234" in runtime("exec", name, "ps").text, "it does not start")
    terminal.send("\x03")
    wait_for(lambda: "sleep 1234" not in runtime("exec", name, "ps").text, "the key does not end it")
    terminal.send("echo stat''us $?\n")
    terminal.wait_for("status 130")


def test_keys_are_for_the_job_in_the_foreground(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    name, terminal = created(either, bundle, console, *INTERACTIVE)
    with terminal:
        interrupted(either, name, terminal)
        terminal.send("sleep 1235\n")
        wait_for(lambda: "sleep 1235" in either("exec", name, "ps").text, "it does not start")
        terminal.send("\x1a")
        terminal.wait_for("Stopped")
        terminal.send("kill %1; wait; echo don''e\n")
        terminal.wait_for("done")


def test_keys_do_not_end_init(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    name, terminal = created(either, bundle, console, "sh", "-c", "echo up; exec sleep 1000")
    with terminal:
        terminal.wait_for("up")
        wait_for(lambda: "sleep 1000" in either("exec", name, "ps").text, "it does not start")
        terminal.send("\x03\x1c")
        terminal.wait_for("^\\")
        assert either("exec", name, "true").status == 0
        assert either.status(name) == "running"


def test_the_terminal_has_a_name(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    _, terminal = created(either, bundle, console)
    with terminal:
        terminal.send('test -c "$(tty)" && echo named < /dev/null > "$(tty)"; echo own > /dev/tty; echo console > /dev/console\n')
        for word in ("\nnamed\r", "\nown\r", "\nconsole\r"):
            terminal.wait_for(word)


def test_a_hang_up_ends_a_shell(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    name, terminal = created(either, bundle, console)
    with terminal:
        terminal.send("echo u''p\n")
        terminal.wait_for("up")
    either.wait_until(name, "stopped")


def test_exec_in_a_terminal(either: Runtime, bundle: Bundle) -> None:
    name = idle(either, bundle)
    with OwnTerminal(either.words("exec", "--tty", name, *SHELL), 22, 44) as terminal:
        terminal.send("test -t 0 && test -t 1 && test -t 2 && echo all''three\n")
        terminal.wait_for("allthree")
        sized(terminal, "22 44")
        resized(terminal)
        terminal.send("exit 9\n")
        assert terminal.status() == 9
    assert either.status(name) == "running"


def executed(runtime: Runtime, name: str, console: ConsoleSocket, *args: str) -> Terminal:
    words = ("exec", "--tty", "--detach", "--console-socket", console.path, name, *(args or SHELL))
    assert subprocess.run(runtime.words(*words), stdin=subprocess.DEVNULL, check=False).returncode == 0
    return console.receive()


def test_exec_with_a_console_socket(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    name = idle(either, bundle)
    with executed(either, name, console) as terminal:
        resized(terminal)
        terminal.send('test -c "$(tty)" && echo own > /dev/tty\n')
        terminal.wait_for("\nown\r")
    wait_for(lambda: "read -r" not in either("exec", name, "ps").text, "the hang-up does not end its shell")
    assert either.status(name) == "running"


def test_keys_in_an_exec_s_terminal(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    name = idle(either, bundle)
    with executed(either, name, console, *INTERACTIVE) as terminal:
        interrupted(either, name, terminal)


def test_two_terminals(either: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    """The container's own and an exec's: each has its size, its keys, its hang-up."""
    name, first = created(either, bundle, console)
    with first, executed(either, name, console) as second:
        first.resize(11, 22)
        second.resize(33, 44)
        for terminal, size in ((first, "11 22"), (second, "33 44")):
            terminal.send("stty size; echo don''e\n")
            assert size in terminal.wait_for("done")
        second.close()
        wait_for(lambda: either("exec", name, "ps").text.count("read -r") == 1, "the second's shell stays")
        first.send("echo still''here\n")
        first.wait_for("stillhere")

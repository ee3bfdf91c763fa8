"""`--config FILE`: every option can be set there, the command line wins, and mistakes are named with their line."""

from __future__ import annotations

from pathlib import Path

from lib import paths, process
from lib.sandbox import Sandbox


def with_config(sandbox: Sandbox, scratch: Path, text: str, *program: str, options: tuple[str, ...] = ()) -> process.Result:
    file = scratch / "baryon.toml"
    file.write_text(text)
    return sandbox.run(paths.BUSYBOX, *program, options=["--config", str(file), *options])


def test_every_option_can_be_set_in_the_file(sandbox: Sandbox, scratch: Path) -> None:
    (scratch / "shared").mkdir()
    stats, trace = scratch / "stats.json", scratch / "trace"
    text = f"""
        engine = "auto"
        privilege = "auto"
        arch = "x86_64"
        memory = "64M"
        cpus = 1
        page-policy = "demand"
        rewrite = "on"
        root = "/:ro"
        bind = ["{scratch}/shared:/mnt:rw"]
        tmpfs = ["/media"]
        env = ["GREETING=hello", "PATH=/bin"]
        cwd = "/mnt"
        strace = "{trace}"
        stats = "{stats}"
        log-level = "error"
    """
    result = with_config(sandbox, scratch, text, "sh", "-c", "pwd; echo $GREETING; echo x > here; echo y > /media/there")
    assert (result.status, result.stdout) == (0, b"/mnt\nhello\n"), result.describe()
    assert (scratch / "shared" / "here").read_text() == "x\n"
    assert stats.stat().st_size > 0
    assert "write" in trace.read_text()


def test_the_command_line_overrides_the_file(sandbox: Sandbox, scratch: Path) -> None:
    text = 'env = ["GREETING=file"]\ncwd = "/usr"\n'
    options = ("--cwd", "/etc", "--env", "GREETING=line")
    result = with_config(sandbox, scratch, text, "sh", "-c", "pwd; echo $GREETING", options=options)
    assert result.stdout == b"/etc\nline\n", result.describe()


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_key(sandbox: Sandbox, scratch: Path) -> None:
    result = with_config(sandbox, scratch, 'cpus = 1\nmemroy = "64M"\n', "true")
    assert result.status == 125, result.describe()
    for mention in ("baryon: error:", "memroy", "memory", "2"):
        assert mention in result.errors, result.describe()


def test_a_value_of_the_wrong_type_is_refused_with_its_line(sandbox: Sandbox, scratch: Path) -> None:
    result = with_config(sandbox, scratch, '\n\ncpus = "many"\n', "true")
    assert result.status == 125 and "cpus" in result.errors and "3" in result.errors, result.describe()


def test_text_that_is_not_toml_is_refused(sandbox: Sandbox, scratch: Path) -> None:
    result = with_config(sandbox, scratch, "this is not = = toml", "true")
    assert result.status == 125 and "baryon: error:" in result.errors, result.describe()

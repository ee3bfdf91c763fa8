"""A session with podman as a user has it. What it prints must not depend on the runtime that podman was given."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from lib import ports, process
from lib.bundles import wait_for
from lib.podman import LIMITS, Podman
from lib.terminal import OwnTerminal


class Session:
    """Runs steps, each of which adds what it showed to the transcript."""

    def __init__(self, podman: Podman) -> None:
        self.podman = podman
        self.transcript: list[str] = []

    def note(self, title: str, text: object) -> None:
        self.transcript.append(f"{title}: {text}")

    def show(self, title: str, *words: str, stdin: bytes | None = None) -> process.Result:
        result = self.podman(*words, stdin=stdin)
        self.note(title, f"status {result.status}\n{result.text}")
        return result

    def run(self, title: str, *words: str, stdin: bytes | None = None) -> process.Result:
        return self.show(title, "run", "--rm", *LIMITS, "--net", "none", *words, stdin=stdin)

    def start(self, name: str, *words: str, net: tuple[str, ...] = ("--net", "none")) -> None:
        result = self.podman("run", "-d", "--name", name, *LIMITS, *net, *words)
        assert result.status == 0, result.describe()

    def inspect(self, name: str, *path: str) -> object:
        value = json.loads(self.podman("inspect", name).text)[0]
        for member in path:
            value = value[member]
        return value

    def wait_for_log(self, name: str, text: str) -> None:
        wait_for(lambda: text in self.podman("logs", name).text, f"no {text!r} in the log of {name}")

    def steps(self) -> list[Callable[[], None]]:
        return [
            self.commands,
            self.pipes,
            self.terminals,
            self.volumes,
            self.limits,
            self.restrictions,
            self.published_port,
            self.execs,
            self.graceful_stop,
            self.stop_that_kills,
            self.names_and_states,
        ]

    def commands(self) -> None:
        image = self.podman.image
        self.run("the image's command", image)
        self.run("a command", image, "echo", "hello")
        self.run("a status", image, "sh", "-c", "exit 3")
        self.run("no such program", image, "no-such-program")
        self.run("not executable", image, "/etc/passwd")
        self.run("killed", image, "sh", "-c", "(kill -9 $(sh -c 'echo $PPID')); echo $?")
        self.run("environment", "-e", "A=b c", "-w", "/tmp", "-h", "box", image, "sh", "-c", "echo $A; pwd; hostname; cat /etc/hostname")
        self.run("entry point", "--entrypoint", "wc", image, "-c", "/srv/index.html")

    def pipes(self) -> None:
        image = self.podman.image
        self.run("through a pipe", "-i", image, "wc", "-lc", stdin=b"piped\n" * 20000)
        self.run("no stdin", image, "wc", "-c", stdin=b"not seen")

    def terminals(self) -> None:
        script = "test -t 0 && test -t 1 && echo terminal; until test \"$(stty size)\" = '41 123'; do sleep 0.1; done; echo resized; read x; echo \"<$x>\"; exit 4"
        with OwnTerminal(self.podman.words("run", "--rm", "-it", *LIMITS, "--net", "none", self.podman.image, "sh", "-c", script)) as terminal:
            terminal.wait_for("terminal")
            terminal.resize(41, 123)
            terminal.wait_for("resized")
            terminal.send("ab\x7fc\n")
            terminal.wait_for("<ac>\r\n")
            self.note("a terminal", f"resized; status {terminal.status()}")

    def volumes(self) -> None:
        image = self.podman.image
        volume = self.podman.scratch / "volume"
        volume.mkdir()
        (volume / "file").write_text("shared\n")
        self.run("a volume", "-v", f"{volume}:/mnt", image, "sh", "-c", "cat /mnt/file; echo back > /mnt/new; stat -c '%u %g %a' /mnt/new")
        self.note("on the host", (volume / "new").read_text())
        self.run("a read-only volume", "-v", f"{volume}:/mnt:ro", image, "sh", "-c", "touch /mnt/other || echo refused")
        self.run("one file", "-v", f"{volume / 'file'}:/etc/one", image, "cat", "/etc/one")
        self.run("a named volume", "-v", "named:/data", image, "sh", "-c", "echo kept > /data/x")
        self.run("it again", "-v", "named:/data", image, "cat", "/data/x")
        self.run("tmpfs", "--tmpfs", "/scratch", image, "sh", "-c", "echo x > /scratch/y && cat /scratch/y")
        self.show("remove it", "volume", "rm", "named")

    def limits(self) -> None:
        image = self.podman.image
        self.start("limited", "--memory", "128m", "--cpus", "0.5", "--pids-limit", "100", image, "sleep", "1000")
        host = self.inspect("limited", "HostConfig")
        assert isinstance(host, dict)
        self.note("limits", [host[name] for name in ("Memory", "NanoCpus", "PidsLimit")])
        group = str(self.inspect("limited", "State", "CgroupPath")).lstrip("/")

        def control(controller: str, file: str) -> str:
            return next(Path("/sys/fs/cgroup", controller).glob(f"{group}/{file}")).read_text().strip()

        self.note("control groups", [control("memory", "memory.limit_in_bytes"), control("cpu", "cpu.cfs_quota_us"), control("cpu", "cpu.cfs_period_us")])
        self.show("stats", "stats", "--no-stream", "--format", "{{.Name}}", "limited")
        usage = self.podman("stats", "--no-stream", "--format", "{{.MemUsage}}", "limited").text
        self.note("memory in stats", usage.split("/")[-1].strip())
        self.show("forced removal", "rm", "-f", "-t", "0", "limited")
        # Linux kills who touches more than there is, a sandbox refuses to give it; the container's init goes on.
        script = "dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null || echo failed"
        self.run("too much memory", "--memory", "64m", image, "sh", "-c", script)

    def restrictions(self) -> None:
        image = self.podman.image
        self.run("read-only", "--read-only", image, "sh", "-c", "touch /new || echo refused; touch /run/x /tmp/x && echo run and tmp")
        self.run("user", "--user", "web", image, "sh", "-c", "id; touch /etc/new || echo refused; touch /tmp/new && stat -c '%u %g' /tmp/new")
        self.run("user and group", "--user", "1000:65534", image, "id")
        self.run("no capabilities", "--cap-drop", "all", image, "sh", "-c", "grep CapEff /proc/self/status; chown 1 /tmp || echo refused")
        self.run("no new privileges", "--security-opt", "no-new-privileges", image, "grep", "NoNewPrivs", "/proc/self/status")
        self.run("limits of resources", "--ulimit", "nofile=99:99", image, "sh", "-c", "ulimit -n")

    def published_port(self) -> None:
        port = ports.free_port()
        self.start("web", "-p", f"127.0.0.1:{port}:80", self.podman.image, "nginx", "-c", "/etc/nginx.conf", net=())
        fetch = ["curl", "-s", "--max-time", "5", f"http://127.0.0.1:{port}/"]
        wait_for(lambda: subprocess.run(fetch, capture_output=True, check=False).returncode == 0, "nginx does not answer")
        self.note("from the host", subprocess.run(fetch, capture_output=True, text=True, check=True).stdout)
        self.show("from inside", "exec", "web", "wget", "-q", "-O", "-", "http://127.0.0.1/")
        address = str(self.inspect("web", "NetworkSettings", "IPAddress"))
        other = self.podman("run", "--rm", *LIMITS, self.podman.image, "wget", "-q", "-O", "-", f"http://{address}/")
        self.note("from another container", f"status {other.status}\n{other.text}")
        self.wait_for_log("web", f"{address.rsplit('.', 1)[0]}.1 - - [")
        self.show("stop nginx", "stop", "web")
        self.note("how it ended", self.inspect("web", "State", "ExitCode"))
        self.show("remove nginx", "rm", "web")

    def execs(self) -> None:
        self.start("base", self.podman.image, "sleep", "1000")
        self.show("exec", "exec", "base", "sh", "-c", "echo out; exit 6")
        self.show("exec with a pipe", "exec", "-i", "base", "wc", "-c", stdin=b"x" * 100_000)
        self.show("exec as somebody", "exec", "-u", "web", "-e", "A=1", "-w", "/srv", "base", "sh", "-c", "id -un; echo $A; pwd")
        self.show("exec of nothing", "exec", "base", "no-such-program")
        self.show("processes", "exec", "base", "ps", "-o", "ppid,args")
        self.podman("exec", "-d", "base", "sh", "-c", "echo detached > /tmp/detached")
        wait_for(lambda: self.podman("exec", "base", "cat", "/tmp/detached").text == "detached\n", "the detached exec does nothing")
        words = self.podman.words("exec", "-it", "base", "sh", "-c", "test -t 0 && echo terminal; read x; echo \"<$x>\"; exit 8")
        with OwnTerminal(words) as terminal:
            terminal.wait_for("terminal")
            terminal.send("line\n")
            terminal.wait_for("<line>")
            self.note("exec in a terminal", terminal.status())
        self.show("signal 0 for init", "exec", "base", "kill", "-TERM", "1")
        self.note("it goes on", self.inspect("base", "State", "Status"))
        self.show("remove it by force", "rm", "-f", "-t", "0", "base")

    def graceful_stop(self) -> None:
        script = "trap 'echo stopping; exit 12' TERM; echo up; while :; do sleep 0.1; done"
        self.start("polite", self.podman.image, "sh", "-c", script)
        self.wait_for_log("polite", "up")
        self.show("stop", "stop", "-t", "20", "polite")
        self.show("log", "logs", "polite")
        self.note("state", [self.inspect("polite", "State", name) for name in ("Status", "ExitCode", "OOMKilled")])
        self.show("once more", "start", "polite")
        wait_for(lambda: self.podman("logs", "polite").text.count("up") == 2, "it does not start again")
        self.show("wait", "kill", "-s", "TERM", "polite")
        self.show("its status", "wait", "polite")
        self.show("remove it", "rm", "polite")

    def stop_that_kills(self) -> None:
        self.start("deaf", self.podman.image, "sleep", "1000")
        self.show("stop", "stop", "-t", "1", "deaf")
        self.note("state", [self.inspect("deaf", "State", name) for name in ("Status", "ExitCode")])
        self.show("remove it", "rm", "deaf")

    def names_and_states(self) -> None:
        self.start("first", "--label", "kind=test", self.podman.image, "sleep", "1000")
        self.show("pause", "pause", "first")
        self.note("state", self.inspect("first", "State", "Status"))
        self.show("unpause", "unpause", "first")
        self.show("list", "ps", "-a", "--filter", "label=kind=test", "--format", "{{.Names}}: {{.Command}}")
        self.show("removal is refused", "rm", "first")
        self.show("kill", "kill", "first")
        self.show("wait", "wait", "first")
        self.note("all away", self.podman("rm", "-fa").status)
        self.show("nothing is left", "ps", "-aq")


def play(podman: Podman) -> list[str]:
    session = Session(podman)
    for step in session.steps():
        step()
    return session.transcript

"""podman with a store of its own, and an image made of the host's busybox and nginx."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lib import paths, process

# This machine's root may lack CAP_SYS_RESOURCE: podman must not raise limits.
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
IMAGE = "localhost/busybox-test"

NGINX = """daemon off;
user nobody nogroup;
error_log /dev/stderr warn;
pid /run/nginx.pid;
events { worker_connections 64; }
http {
  access_log /dev/stdout;
  server { listen 80; location / { root /srv; } }
}
"""


def make_root(directory: Path) -> None:
    """A root file system with every applet of busybox, and nginx, which serves /srv on port 80."""
    for name in ("bin", "dev", "etc", "proc", "run", "srv", "sys", "tmp", "usr/sbin", "var/lib/nginx", "var/log/nginx"):
        (directory / name).mkdir(parents=True)
    shutil.copy(paths.BUSYBOX, directory / "bin" / "busybox")
    for applet in subprocess.run([paths.BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if applet != "busybox":
            (directory / "bin" / applet).symlink_to("busybox")
    nginx = Path("/usr/sbin/nginx")
    shutil.copy(nginx, directory / "usr" / "sbin" / "nginx")
    for library in re.findall(r"/\S+", subprocess.run(["ldd", nginx], capture_output=True, text=True, check=True).stdout):
        target = directory / library[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    users = {"root": 0, "nobody": 65534, "web": 1000}
    groups = {"root": 0, "nogroup": 65534, "web": 1000}
    (directory / "etc" / "passwd").write_text("".join(f"{name}:x:{n}:{n}::/:/bin/sh\n" for name, n in users.items()))
    (directory / "etc" / "group").write_text("".join(f"{name}:x:{n}:\n" for name, n in groups.items()))
    (directory / "etc" / "nginx.conf").write_text(NGINX)
    (directory / "srv" / "index.html").write_text("served by nginx\n")
    (directory / "tmp").chmod(0o1777)


@dataclass
class Podman:
    runtime: str
    scratch: Path
    image: str = IMAGE

    def words(self, *words: str) -> list[str]:
        store = ["--root", str(self.scratch / "root"), "--runroot", str(self.scratch / "run"), "--storage-driver", "vfs"]
        return ["podman", *store, "--cgroup-manager", "cgroupfs", "--runtime", self.runtime, *words]

    def __call__(self, *words: str, stdin: bytes | None = None, timeout: float = 90.0) -> process.Result:
        return process.run(
            self.words(*words),
            stdin=stdin,
            timeout=timeout,
            cwd=self.scratch,  # conmon leaves a file there when memory runs out
        )

    def run(self, *words: str, stdin: bytes | None = None) -> process.Result:
        return self("run", *LIMITS, "--net", "none", *words, stdin=stdin)


@contextmanager
def podman_with(runtime: str) -> Iterator[Podman]:
    """With the image imported. Whatever is left in the end is removed."""
    assert shutil.which("podman"), "podman is not installed (tools/install-deps.sh --for all)"
    scratch = Path(f"/tmp/baryon-podman-{os.getpid()}-{uuid.uuid4().hex[:4]}")  # short: sockets are in it
    scratch.mkdir()
    podman = Podman(runtime, scratch)
    try:
        make_root(scratch / "image")
        archive = scratch / "image.tar"
        subprocess.run(["tar", "-C", scratch / "image", "-cf", archive, "."], check=True)
        imported = podman("import", "--change", 'CMD ["echo", "from the image"]', str(archive), podman.image)
        assert imported.status == 0, imported.describe()
        yield podman
    finally:
        podman("rm", "-fa")
        subprocess.run(["umount", "-q", scratch / "root" / "vfs"], check=False)
        shutil.rmtree(scratch, ignore_errors=True)

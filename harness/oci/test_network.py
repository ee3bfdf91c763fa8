"""Ports below 1024 in a container's network namespace. Every test runs with runc as well."""

from __future__ import annotations

from pathlib import Path

from lib.bundles import Bundle, Runtime

BIND_SERVICE = ["CAP_NET_BIND_SERVICE"]


def listening(runtime: Runtime, bundle: Bundle, port: int, capabilities: list[str], uid: int = 0) -> str:
    """What a server in a new container says: `ready`, or why it cannot be one."""
    (bundle.root / "bin" / "nc").unlink(missing_ok=True)
    (bundle.root / "bin" / "nc").symlink_to("busybox")
    sets = ("bounding", "effective", "permitted", "inheritable", "ambient")
    bundle.config["process"]["capabilities"] = {each: capabilities for each in sets}
    bundle.config["process"]["user"] = {"uid": uid, "gid": uid}
    script = f"nc -l -p {port} -e true & i=0; while [ $i -lt 50 ]; do sleep 0.02; nc 127.0.0.1 {port} </dev/null 2>/dev/null && echo ready && exit; i=$((i+1)); done"
    bundle.config["process"]["args"] = ["sh", "-c", script]
    bundle.write()
    result = runtime("run", "--bundle", bundle.directory, runtime.new_id())
    return result.text + result.errors


def test_a_low_port_takes_the_capability(either: Runtime, bundle: Bundle) -> None:
    assert listening(either, bundle, 80, BIND_SERVICE) == "ready\n"
    assert listening(either, bundle, 80, BIND_SERVICE, uid=1000) == "ready\n"
    for uid in (0, 1000):
        assert "Permission denied" in listening(either, bundle, 80, [], uid)
        assert "Permission denied" in listening(either, bundle, 1023, [], uid)
        assert listening(either, bundle, 1024, [], uid) == "ready\n"


def test_where_low_ports_end_is_a_setting(either: Runtime, bundle: Bundle) -> None:
    bundle.config["linux"]["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": "70"}
    assert listening(either, bundle, 80, [], uid=1000) == "ready\n"
    assert "Permission denied" in listening(either, bundle, 69, [], uid=1000)


def test_the_hosts_network_is_not_changed(either: Runtime, bundle: Bundle) -> None:
    setting = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    before = setting.read_text()
    namespaces = bundle.config["linux"]["namespaces"]
    namespaces[:] = [each for each in namespaces if each["type"] != "network"]
    assert listening(either, bundle, 41234, []) == "ready\n"
    assert setting.read_text() == before
    bundle.config["linux"]["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": "70"}
    bundle.write()
    refused = either("run", "--bundle", bundle.directory, either.new_id())
    assert refused.status != 0 and "ip_unprivileged_port_start" in refused.errors, refused.describe()
    assert setting.read_text() == before

"""What not every combination has. A test names what it needs (`@pytest.mark.needs("gs-base")`, `// needs: gs-base` in a
conformance case) and runs wherever that is there; it never names an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lib.combos import Combo

FEATURES: dict[str, Callable[[Combo], bool]] = {
    # A program's own GS base: the kernel's is in the way when both share a privilege level (ARCHITECTURE.md).
    "gs-base": lambda combo: combo.privilege != "linked",
    # System call sites are rewritten into jumps.
    "rewriting": lambda combo: combo.privilege == "linked",
    # QEMU's TCG computes flags, but raises no exception, whatever MXCSR says.
    "sse-exceptions": lambda combo: combo.arch == "x86_64" and combo.engine == "kvm" and combo.host == "",
    # Nothing but the host process: no QEMU, whose start, memory and threads would be measured as well.
    "no-emulator": lambda combo: combo.engine != "tcg" and combo.host == "",
    # What runs the guest can be confined (ARCHITECTURE.md, the jail).
    "jail": lambda combo: combo.engine != "tcg",
    # A vCPU's thread comes back with each doorbell, and there is no device for them.
    "doorbell-exits": lambda combo: combo.engine != "tcg",
    # The sandbox sees the test's own files, and the test the sandbox's process, pipes and signals.
    "same-host": lambda combo: combo.host == "",
}


class UnknownFeature(ValueError):
    """Guessing would run the wrong test."""


def check(needs: Iterable[str]) -> None:
    for need in needs:
        if need not in FEATURES:
            raise UnknownFeature(f"needs '{need}', which is none of {', '.join(FEATURES)}")


def has_all(combo: Combo, needs: Iterable[str]) -> bool:
    return all(FEATURES[need](combo) for need in needs)

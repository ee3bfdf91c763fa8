"""Writes build.ninja, the include views and compile_commands.json."""
import json
import os
import platform
import shlex
from dataclasses import dataclass
from pathlib import Path

from tools.build.modules import ARCH_USES, ARCHITECTURES, COMMON_HEADERS, HYPERVISOR, KERNEL, LIBRARIES, Module, PER_HOST

WARNINGS = ("-Wall -Wextra -Werror=return-type -Wno-pragma-once-outside-header -Wno-gnu-statement-expression -Wthread-safety "
            "-fcolor-diagnostics")
GUEST_FLAGS = ("-std=c++23 -ffreestanding -fno-exceptions -fno-rtti -fno-stack-protector "
               "-fpie -fno-threadsafe-statics -fno-asynchronous-unwind-tables "
               "-fno-omit-frame-pointer -fvisibility=hidden -ffunction-sections -fno-delete-null-pointer-checks -g ")
VDSO_FLAGS = ("-std=c++23 -O2 -ffreestanding -fPIC -fno-exceptions -fno-rtti -fno-stack-protector "
              "-fasynchronous-unwind-tables -fvisibility=hidden ")


@dataclass(frozen=True)
class GuestArchitecture:
    """A guest architecture: the target of its code, and what keeps the kernel's code off registers that belong to programs."""

    name: str
    target: str
    flags: str         # of the kernel and of the vDSO
    kernel_flags: str  # of the kernel alone


# Those whose folder kernel/arch/<name> has a linker script are built.
GUEST_ARCHITECTURES = (
    GuestArchitecture("x86_64", "--target=x86_64-linux-gnu", "-mno-sse -mno-mmx -fcf-protection=none", "-mno-red-zone -mcmodel=small"),
    # No red zone to speak of (AAPCS64); no outlined atomics: they want a library that asks the host's kernel.
    GuestArchitecture("aarch64", "--target=aarch64-linux-gnu", "-mgeneral-regs-only -mbranch-protection=none", "-mno-outline-atomics"),
)
HOST_FLAGS = "-std=c++23 -g1 -ffunction-sections -fdata-sections "
MODES = {
    # mode: (guest, host, host link)
    "release": ("-O2", "-O2", ""),
    "debug": ("-O1 -DBARYON_DEBUG", "-O1 -DBARYON_DEBUG -D_GLIBCXX_ASSERTIONS", ""),
    "asan": ("", "-O1 -DBARYON_DEBUG -D_GLIBCXX_ASSERTIONS -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer",
             "-fsanitize=address,undefined"),
}


@dataclass(frozen=True)
class HostArchitecture:
    """What the hypervisor itself is compiled for: this machine, or another one with Debian's libraries for it."""

    name: str
    suffix: str = ""   # of folders
    target: str = ""
    compile: str = ""  # flags, target included
    link: str = ""
    needs: str = ""    # a target that must have been built before anything is compiled


NATIVE = HostArchitecture(platform.machine())


def cross_host(n: "Ninja") -> HostArchitecture | None:
    """arm64, where that is foreign: Debian's cross libraries, and what has none of those unpacked outside the tree."""
    name = "aarch64"
    if name == NATIVE.name:
        return None
    headers = n.out / "crossinclude"
    headers.mkdir(exist_ok=True)
    for header in COMMON_HEADERS:
        link, target = headers / header, Path("/usr/include") / header
        if not link.is_symlink() and target.exists():
            link.symlink_to(target)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "baryon/arm64"
    n.build("obj/arm64-packages", "fetch_arm64", "", n.rel(n.root / "tools/fetch-arm64.sh"), packages="liburing-dev libseccomp-dev")
    target = "--target=aarch64-linux-gnu"
    return HostArchitecture(name, f"-{name}", target, f"{target} -mno-outline-atomics -isystem {n.rel(headers)}",
                            f"{target} -L{cache}/usr/lib/aarch64-linux-gnu", "obj/arm64-packages")


class Ninja:
    def __init__(self, root: Path, out: Path, launcher: str, clang: str):
        self.root, self.out, self.clang = root, out, clang
        self.lines: list[str] = []
        self.commands: list[dict] = []
        self.launcher = launcher + " " if launcher else ""

    def rel(self, path: Path) -> str:
        return os.path.relpath(path, self.out)

    def line(self, text: str = "") -> None:
        self.lines.append(text)

    def build(self, outputs: str, rule: str, inputs: str = "", implicit: str = "", order: str = "", **variables: str) -> None:
        text = f"build {outputs}: {rule} {inputs}"
        if implicit:
            text += f" | {implicit}"
        if order:
            text += f" || {order}"
        self.line(text)
        for name, value in variables.items():
            self.line(f"  {name} = {value}")

    def compile(self, obj: str, source: Path, flags: str, cc: str = "cxx", implicit: str = "", order: str = "", precompiled: str = "") -> str:
        """`precompiled`: what precompile() has returned for the same flags. Tools that read compile_commands.json need none."""
        with_header = f"{flags} -include-pch {precompiled}" if precompiled else flags
        self.build(obj, cc, self.rel(source), f"{implicit} {precompiled}".strip(), order, flags=with_header)
        compiler = f"clang++-{self.clang}" if cc == "cxx" else f"clang-{self.clang}"
        self.commands.append({"directory": str(self.out), "file": str(source),
                              "arguments": [compiler, *shlex.split(flags), "-c", self.rel(source), "-o", obj]})
        return obj


def precompile(n: Ninja, name: str, header: str, flags: str) -> str:
    """A library's header, parsed once for all files that include it. Returns what compile() takes as `precompiled`."""
    source = n.out / "obj" / "precompiled" / Path(header).name
    source.parent.mkdir(parents=True, exist_ok=True)
    write_if_changed(source, f"#include <{header}>\n")
    output = f"obj/precompiled/{name}.pch"
    n.build(output, "cxx_header", n.rel(source), flags=flags)
    return output


def catch_main(n: Ninja) -> str:
    """Catch2's own code, once: neither mode nor sanitizers matter to it, and optimising it takes longer than it runs."""
    return n.compile("obj/catch_main.o", n.root / "kernel/base/test/catch_main.cpp", f"{HOST_FLAGS} -O0")


def make_view(out: Path, root: Path, name: str, folders: tuple[str, ...]) -> str:
    """A folder of links to just these parts of the tree; returns its path relative to `out`."""
    view = out / "view" / name.replace("/", "-")
    wanted: dict[Path, Path] = {}
    for folder in sorted(set(folders)):
        wanted[view / folder] = root / folder
    for link, target in wanted.items():
        if any(parent in wanted for parent in link.parents):
            continue
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink():
            if link.readlink() == target:
                continue
            link.unlink()
        elif link.exists():
            continue
        link.symlink_to(target)
    for path in sorted(view.rglob("*"), reverse=True):
        if path.is_symlink() and path not in wanted:
            path.unlink()
    return os.path.relpath(view, out)


def sources(root: Path, folder: str, *suffixes: str) -> list[Path]:
    """Sources of a module: its folder and sub-folders, without tests, fuzzers and benches."""
    skip = {"test", "fuzz", "bench"}
    found = []
    for path in sorted((root / folder).rglob("*")):
        inner = path.relative_to(root / folder).parts[:-1]
        if path.suffix in suffixes and not skip.intersection(inner):
            found.append(path)
    return found


def arch_view(out: Path, root: Path, architecture: str, link_name: str = "arch", folder: str = "kernel/arch") -> str:
    """A folder with one link that leads to the architecture's own: <arch/...> in the kernel, <host/...> in the hypervisor."""
    directory = out / "archview" / (architecture if link_name == "arch" else f"{link_name}-{architecture}")
    directory.mkdir(parents=True, exist_ok=True)
    link = directory / link_name
    target = root / folder / architecture
    if not link.is_symlink() or link.readlink() != target:
        if link.is_symlink():
            link.unlink()
        link.symlink_to(target)
    return os.path.relpath(directory, out)


def guest_architectures(root: Path) -> list[GuestArchitecture]:
    return [each for each in GUEST_ARCHITECTURES if (root / "kernel/arch" / each.name / "kernel.ld").exists()]


def guest_kernel(n: Ninja, mode: str, architecture: GuestArchitecture) -> str:
    arch_dir = f"kernel/arch/{architecture.name}"
    arch_include = arch_view(n.out, n.root, architecture.name)
    obj = f"obj/{mode}/guest-{architecture.name}"
    objects = []
    modules = list(KERNEL) + [Module(arch_dir, ARCH_USES + (arch_dir,))]
    for module in modules:
        view = make_view(n.out, n.root, f"guest-{architecture.name}-{module.folder}", module.uses + (module.folder, arch_dir, "kernel/arch/api", "kernel/arch/common"))
        flags = (f"{architecture.target} {GUEST_FLAGS}{architecture.flags} {architecture.kernel_flags} {MODES[mode][0]} {WARNINGS} "
                 f"-I{view} -I{arch_include}")
        for source in sources(n.root, module.folder, ".cpp"):
            if "vdso" in source.relative_to(n.root / module.folder).parts:
                continue
            objects.append(n.compile(f"{obj}/{source.relative_to(n.root)}.o", source, flags))
        for source in sources(n.root, module.folder, ".S"):
            if "vdso" in source.relative_to(n.root / module.folder).parts:
                continue
            implicit = f"{obj}/vdso.so" if source.name == "vdso_image.S" else ""
            objects.append(n.compile(f"{obj}/{source.relative_to(n.root)}.o", source,
                                     f"{architecture.target} -g1 -I{view} -I{obj}", "as", implicit))
    vdso = n.root / arch_dir / "vdso"
    if vdso.exists():
        view = make_view(n.out, n.root, f"guest-{architecture.name}-vdso", ("kernel/abi", "kernel/base", "kernel/arch/common", arch_dir))
        flags = f"{architecture.target} {VDSO_FLAGS}{architecture.flags} {WARNINGS} -I{view}"
        parts = [n.compile(f"{obj}/vdso/{s.name}.o", s, flags) for s in sorted(vdso.glob("*.cpp"))]
        parts += [n.compile(f"{obj}/vdso/{s.name}.o", s, f"{architecture.target} -I{view}", "as") for s in sorted(vdso.glob("*.S"))]
        script = n.rel(vdso / "vdso.ld")
        n.build(f"{obj}/vdso.so", "link_vdso", " ".join(parts), script, script=script)
    script = n.rel(n.root / arch_dir / "kernel.ld")
    kernel = f"{mode}/kernel-{architecture.name}.elf"
    n.build(kernel, "link_kernel", " ".join(objects), script, script=script)
    return kernel


def host_flags(n: Ninja, mode: str, module: Module, extra: tuple[str, ...] = (), host: HostArchitecture = NATIVE) -> str:
    view = make_view(n.out, n.root, "host-" + module.folder + ("-test" if extra else ""), module.uses + (module.folder,) + extra)
    defines = " ".join(LIBRARIES[name][0] for name in module.libraries)
    return f"{host.compile} {HOST_FLAGS} {MODES[mode][1]} {WARNINGS} -I{view} {host_views(n, host)} {defines}"


def host_views(n: Ninja, host: HostArchitecture = NATIVE) -> str:
    """Code for the architecture that the hypervisor itself runs on: <host/...> is hypervisor/host/<architecture>, and so on."""
    return " ".join(f"-I{arch_view(n.out, n.root, host.name, name, folder)}" for name, folder in PER_HOST.items())


def foreign_folders(n: Ninja, host: HostArchitecture = NATIVE) -> list[Path]:
    return [n.root / base / each for base in PER_HOST.values() for each in ARCHITECTURES if each != host.name]


def host_sources(n: Ninja, folder: str, host: HostArchitecture = NATIVE) -> list[Path]:
    """The sources of a module of the hypervisor, without what is for other architectures of the host."""
    foreign = foreign_folders(n, host)
    return [s for s in sources(n.root, folder, ".cpp") if not any(s.is_relative_to(each) for each in foreign)]


def host_libraries() -> str:
    names = {name for module in HYPERVISOR for name in module.libraries}
    return " ".join(sorted({LIBRARIES[name][1] for name in names} - {""}))


def firmware_images(n: Ninja, mode: str, host: HostArchitecture) -> str:
    """Engine tcg's ROM of each guest architecture, embedded into the host binary."""
    folder = n.root / "hypervisor/engine/tcg/firmware"
    out = f"obj/{mode}/firmware"
    view = make_view(n.out, n.root, "firmware", ("hypervisor/engine/tcg/firmware",))
    images = []
    for architecture in GUEST_ARCHITECTURES:
        source = folder / architecture.name / "firmware.S"
        if not source.exists():
            continue
        images.append(f"{out}/firmware-{architecture.name}.bin")
        if host is NATIVE:
            n.build(images[-1], "link_firmware", n.compile(f"{out}/{architecture.name}.o", source, f"{architecture.target} -I{view}", "as"))
    return n.compile(f"{out}/images{host.suffix}.o", folder / "images.S", f"{host.target} -I{out}", "as", " ".join(images))


def hypervisor(n: Ninja, mode: str, kernels: list[str], host: HostArchitecture = NATIVE) -> tuple[str, str]:
    """The host binary; returns it and an archive of everything but main for the tests."""
    objects, mains = [], []
    for module in HYPERVISOR:
        flags = host_flags(n, mode, module, host=host)
        for source in host_sources(n, module.folder, host):
            obj = n.compile(f"obj/{mode}/host{host.suffix}/{source.relative_to(n.root)}.o", source, flags, order=host.needs)
            (mains if source.name == "main.cpp" else objects).append(obj)
    objects.append(firmware_images(n, mode, host))
    archive = f"obj/{mode}/libhypervisor{host.suffix}.a"
    n.build(archive, "archive", " ".join(objects))
    link = "-static" if mode != "asan" else ""
    binary = f"{mode}{host.suffix}/baryon"
    n.build(binary, "link_host", " ".join(mains) + " " + archive, order=" ".join(kernels),
            ldflags=f"{host.link} {link} -Wl,--gc-sections {MODES[mode][2]}", libs=host_libraries())
    return binary, archive


def jail_prober(n: Ninja, mode: str, kernels: list[str], archive: str) -> str:
    """The host binary with the probes of the jail in it: what a process does that the guest has taken over."""
    module = next(each for each in HYPERVISOR if each.folder == "hypervisor/jail")
    flags = host_flags(n, mode, module) + " -DBARYON_JAIL_PROBES"
    probes = n.compile(f"obj/{mode}/prober/probes.o", n.root / module.folder / "probes.cpp", flags)
    main = f"obj/{mode}/host/hypervisor/cli/main.cpp.o"
    # The linker takes the first definition: the archive's own probes, which do nothing, stay out.
    binary = f"{mode}/baryon-prober"
    n.build(binary, "link_host", f"{main} {probes} {archive}", order=" ".join(kernels),
            ldflags=f"-static -Wl,--gc-sections {MODES[mode][2]}", libs=host_libraries())
    return binary


def host_tests(n: Ninja, mode: str, archive: str, main_obj: str) -> list[str]:
    outputs = []
    catch = precompile(n, f"{mode}-host-catch", "catch2/catch.hpp", f"{HOST_FLAGS} {MODES[mode][1]}")
    every = tuple(m.folder for m in HYPERVISOR) + ("kernel/abi",)
    fuzz_modes = ("asan",)
    for module in HYPERVISOR:
        name = module.folder.split("/")[-1]
        flags = host_flags(n, mode, module, every)
        tests = sorted((n.root / module.folder).rglob("test/*.cpp"))
        objs = [n.compile(f"obj/{mode}/host/{s.relative_to(n.root)}.o", s, flags + ' -DBARYON_SOURCE_DIR=\'"' + str(n.root) + "\"'", precompiled=catch)
                for s in tests]
        if objs:
            target = f"{mode}/test/host_{name}"
            n.build(target, "link_host", " ".join(objs + [main_obj, archive]), ldflags=MODES[mode][2], libs=host_libraries())
            outputs.append(target)
        if mode in fuzz_modes:
            for s in sorted((n.root / module.folder).rglob("fuzz/*.cpp")):
                obj = n.compile(f"obj/{mode}/host/{s.relative_to(n.root)}.o", s, flags + " -fsanitize=fuzzer-no-link")
                target = f"{mode}/fuzz/{s.stem}"
                n.build(target, "link_host", f"{obj} {archive}", ldflags=MODES[mode][2] + " -fsanitize=fuzzer", libs=host_libraries())
                outputs.append(target)
        if mode == "release":
            for s in sorted((n.root / module.folder).rglob("bench/*.cpp")):
                obj = n.compile(f"obj/{mode}/host/{s.relative_to(n.root)}.o", s, flags)
                target = f"{mode}/bench/{s.stem}"
                n.build(target, "link_host", f"{obj} {archive}", ldflags=MODES[mode][2], libs=host_libraries())
                outputs.append(target)
    return outputs


def kernel_tests(n: Ninja, mode: str, main_obj: str) -> list[str]:
    """Kernel subsystems compiled for the host, over kernel/arch/hosted."""
    hosted = n.root / "kernel/arch/hosted"
    main = n.root / "kernel/base/test/catch_main.cpp"
    if not hosted.exists() or not main.exists():
        return []
    arch_include = arch_view(n.out, n.root, "hosted")
    flags = f"{HOST_FLAGS} -fno-delete-null-pointer-checks -DBARYON_HOSTED {MODES[mode][1]} {WARNINGS}"
    every = tuple(m.folder for m in KERNEL) + ("kernel/abi", "kernel/arch/api", "kernel/arch/hosted", "kernel/arch/x86_64")
    test_view = make_view(n.out, n.root, "hosted-test", every)
    catch = precompile(n, f"{mode}-hosted-catch", "catch2/catch.hpp", flags)
    stand_ins = n.root / "kernel/base/test/stand_ins.cpp"
    stand_ins_obj = n.compile(f"obj/{mode}/hosted/stand_ins.o", stand_ins, f"{flags} -I{test_view}")
    outputs = []
    objects: list[str] = []
    seen: set[str] = set()
    tested = ("kernel/base", "kernel/mm", "kernel/sched", "kernel/fs", "kernel/net", "kernel/exec", "kernel/qcall", "kernel/syscall", "kernel/arch/x86_64")
    plain = ("kernel/base", "kernel/mm", "kernel/sched", "kernel/exec", "kernel/io", "kernel/fs", "kernel/net", "kernel/arch/hosted")
    for folder in plain:
        for s in sources(n.root, folder, ".cpp"):
            if str(s.relative_to(n.root)) in HOSTED_EXCLUDE or s.name.endswith("_guest.cpp"):
                continue
            obj = f"obj/{mode}/hosted/{s.relative_to(n.root)}.o"
            if obj not in seen:
                seen.add(obj)
                objects.append(n.compile(obj, s, f"{flags} -I{test_view} -I{arch_include}"))
    # Of the system calls only the pure parts: they need no task.
    for s in sorted((n.root / "kernel/syscall").glob("strace_format*.cpp")):
        objects.append(n.compile(f"obj/{mode}/hosted/{s.relative_to(n.root)}.o", s, f"{flags} -I{test_view} -I{arch_include}"))
    for s in (n.root / p for p in HOSTED_ARCH_SOURCES):
        if s.exists():
            objects.append(n.compile(f"obj/{mode}/hosted/{s.relative_to(n.root)}.o", s, f"{flags} -I{test_view} -I{arch_include}"))
    archive = f"obj/{mode}/libkernel_hosted.a"
    n.build(archive, "archive", " ".join(objects))
    for folder in tested:
        tests = [s for s in sorted((n.root / folder).rglob("test/*.cpp")) if s not in (main, stand_ins)]
        test_flags = f"{flags} -I{test_view} -I{arch_include}"
        # Not in the archive: the tests of others are its host, and answer its calls themselves.
        own = sources(n.root, folder, ".cpp") if folder == "kernel/qcall" else []
        objs = [n.compile(f"obj/{mode}/hosted/{s.relative_to(n.root)}.o", s, test_flags, precompiled=catch) for s in tests + own]
        if objs:
            target = f"{mode}/test/kernel_{folder.split('/')[-1]}"
            n.build(target, "link_host", " ".join(objs + [main_obj, stand_ins_obj, archive]), ldflags=MODES[mode][2], libs="")
            outputs.append(target)
        if mode == "asan":
            for s in sorted((n.root / folder).rglob("fuzz/*.cpp")):
                obj = n.compile(f"obj/{mode}/hosted/{s.relative_to(n.root)}.o", s, test_flags + " -fsanitize=fuzzer-no-link")
                target = f"{mode}/fuzz/{s.stem}"
                n.build(target, "link_host", f"{obj} {stand_ins_obj} {archive}", ldflags=MODES[mode][2] + " -fsanitize=fuzzer", libs="")
                outputs.append(target)
    # The page tables of aarch64, whose test is their TLB and cache; the general test of page tables over them, too.
    arm = "kernel/arch/aarch64"
    arm_view = make_view(n.out, n.root, "hosted-test-aarch64", (*every, arm))
    arm_flags = f"{flags} -I{arm_view} -I{arch_view(n.out, n.root, 'aarch64')}"
    parts = ("kernel/arch/common/page_table.cpp", f"{arm}/test/test_paging.cpp", "kernel/mm/test/test_page_table.cpp")
    objs = [n.compile(f"obj/{mode}/hosted-aarch64/{s}.o", n.root / s, arm_flags) for s in parts]
    outputs.append(f"{mode}/test/kernel_aarch64")
    n.build(outputs[-1], "link_host", " ".join(objs + [main_obj, stand_ins_obj, archive]), ldflags=MODES[mode][2], libs="")
    return outputs


# Kernel sources that only make sense in a guest.
HOSTED_EXCLUDE: set[str] = {"kernel/base/panic.cpp", "kernel/base/log.cpp"}
# x86-64 code without privileged parts that unit tests exercise on the host.
HOSTED_ARCH_SOURCES = ("kernel/arch/x86_64/linked/instruction_length.cpp", "kernel/arch/x86_64/linked/rewrite_plan.cpp")


@dataclass(frozen=True)
class UserProgram:
    """A source in userlib/; its first lines may say `// libc: <name>`, `// arch: <name>` and `// flags: <flags>`."""

    source: Path
    libc: str
    arch: str
    flags: str


def user_programs(base: Path) -> list[UserProgram]:
    found = []
    for s in sorted(base.rglob("*.c")) + sorted(base.rglob("*.cpp")):
        head = s.read_text(errors="replace").split("\n")[:12]
        words = {key: next((line.split()[2] for line in head if line.startswith(f"// {key}: ")), "") for key in ("libc", "arch")}
        flags = next((line.split("flags:")[1].strip() for line in head if "// flags:" in line), "")
        found.append(UserProgram(s, words["libc"], words["arch"], flags))
    return found


def userlib_aarch64(n: Ninja) -> list[str]:
    """The same programs for aarch64, by Debian's cross compiler: a group of its own, as ./run.sh does not need it."""
    outputs = []
    base = n.root / "userlib"
    for program in user_programs(base):
        if program.libc in ("", "glibc") and program.arch in ("", "aarch64"):
            target = f"user/glibc-aarch64/{program.source.relative_to(base).with_suffix('')}"
            rule = "user_glibc_aarch64" if program.source.suffix == ".c" else "user_glibc_cxx_aarch64"
            n.build(target, rule, n.rel(program.source), flags=f"-I{n.rel(base)} {program.flags}")
            outputs.append(target)
    return outputs


def userlib(n: Ninja) -> list[str]:
    """Guest-side programs: each .c against musl and glibc, each .cpp and .go against glibc / statically."""
    outputs = []
    base = n.root / "userlib"
    for program in user_programs(base):
        s = program.source
        for name, rule in (("musl", "user_musl"), ("glibc", "user_glibc")):
            if program.libc not in ("", name) or program.arch not in ("", "x86_64") or (s.suffix == ".cpp" and name == "musl"):
                continue
            target = f"user/{name}/{s.relative_to(base).with_suffix('')}"
            n.build(target, rule if s.suffix == ".c" else "user_glibc_cxx", n.rel(s), flags=f"-I{n.rel(base)} {program.flags}")
            outputs.append(target)
    for s in sorted(base.rglob("*.go")):
        target = f"user/go/{s.relative_to(base).with_suffix('')}"
        n.build(target, "user_go", n.rel(s))
        outputs.append(target)
    return outputs


def header_checks(n: Ninja) -> list[str]:
    """Each header alone, in each module's view: the kernel's for every architecture."""
    outputs = []

    def check(module: Module, view: str, flags: str, stamp_folder: str) -> None:
        foreign = foreign_folders(n)
        for header in sorted((n.root / module.folder).rglob("*.hpp")):
            if {"test", "vdso"}.intersection(header.relative_to(n.root / module.folder).parts):
                continue
            if any(header.is_relative_to(each) for each in foreign):
                continue
            stamp = f"obj/headers/{stamp_folder}/{header.relative_to(n.root)}.ok"
            n.build(stamp, "header", n.rel(header), flags=f"{flags} {WARNINGS} -I{view}")
            outputs.append(stamp)

    for architecture in guest_architectures(n.root):
        arch_dir = f"kernel/arch/{architecture.name}"
        arch_include = arch_view(n.out, n.root, architecture.name)
        flags = f"{architecture.target} {GUEST_FLAGS}{architecture.flags} {architecture.kernel_flags} -O1 -I{arch_include}"
        for module in KERNEL + (Module("kernel/abi"), Module("kernel/arch/api", ARCH_USES), Module(arch_dir, ARCH_USES)):
            extra = () if module.folder == "kernel/abi" else (arch_dir, "kernel/arch/api", "kernel/arch/common")
            view = make_view(n.out, n.root, f"guest-{architecture.name}-{module.folder}", module.uses + (module.folder,) + extra)
            check(module, view, flags, architecture.name)
    for module in HYPERVISOR:
        view = make_view(n.out, n.root, "host-" + module.folder, module.uses + (module.folder,))
        check(module, view, f"{HOST_FLAGS} {host_views(n)}", "host")
    return outputs


RULES = """
rule cxx
  command = {launcher}clang++-{v} $flags -MMD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
  description = CXX $out
rule cxx_header
  command = clang++-{v} $flags -MMD -MF $out.d -x c++-header $in -o $out
  depfile = $out.d
  deps = gcc
  description = PCH $out
rule as
  command = clang-{v} $flags -MMD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
  description = AS $out
rule header
  command = clang++-{v} $flags -fsyntax-only -x c++ $in && touch $out
  description = HEADER $in
rule archive
  command = rm -f $out && llvm-ar-{v} rcsT $out $in
  description = AR $out
rule link_kernel
  command = ld.lld-{v} -static -nostdlib --no-undefined -z max-page-size=4096 -z noexecstack --gc-sections -T $script $in -o $out
  description = LINK $out
rule link_firmware
  command = ld.lld-{v} --oformat binary -Ttext 0 -e 0 $in -o $out
  description = LINK $out
rule link_vdso
  command = ld.lld-{v} -shared -nostdlib --hash-style=both -Bsymbolic -soname linux-vdso.so.1 --eh-frame-hdr -z max-page-size=4096 -T $script $in -o $out
  description = LINK $out
rule link_host
  command = clang++-{v} -fuse-ld=lld-{v} $ldflags $in -o $out $libs -lpthread
  description = LINK $out
rule user_musl
  command = musl-gcc -static -O2 -w -pthread $flags $in -o $out
  description = MUSL $out
rule user_glibc
  command = gcc -static -O2 -w -pthread $flags $in -o $out -lm
  description = GLIBC $out
rule user_glibc_cxx
  command = g++ -static -O2 -w -std=c++20 -pthread $flags $in -o $out
  description = GLIBC $out
rule user_glibc_aarch64
  command = aarch64-linux-gnu-gcc -static -O2 -w -pthread $flags $in -o $out -lm
  description = AARCH64 $out
rule user_glibc_cxx_aarch64
  command = aarch64-linux-gnu-g++ -static -O2 -w -std=c++20 -pthread $flags $in -o $out
  description = AARCH64 $out
rule user_go
  command = CGO_ENABLED=0 GOFLAGS=-mod=mod GO111MODULE=off GOCACHE=$$PWD/obj/gocache go build -o $out $in
  description = GO $out
rule configure
  command = {configure}
  generator = 1
  description = CONFIGURE
rule fetch_arm64
  command = {root}/tools/fetch-arm64.sh $packages > $out
  description = FETCH $packages (arm64)
rule package
  command = {root}/tools/package.py --binary release/baryon $kernels --out . > $out
  description = PACKAGE
rule symlink
  command = ln -sfn $target $out
  description = LINK $out
rule format
  command = cd {root} && git ls-files 'kernel/*.hpp' 'kernel/*.cpp' 'hypervisor/*.hpp' 'hypervisor/*.cpp' | xargs clang-format-{v} {mode}
rule tidy
  command = cd {root} && run-clang-tidy-{v} -quiet -p {out} '(kernel|hypervisor)/.*\\.cpp$$'
"""


def generate(root: Path, out: Path, launcher: str, clang: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    n = Ninja(root, out, launcher, clang)
    arguments = f"--out {out}" + (f" --launcher {launcher}" if launcher else "") + f" --clang {clang}"
    n.line("ninja_required_version = 1.10")
    n.line("builddir = .")
    rules = RULES
    for key, value in {"{launcher}": n.launcher, "{v}": clang, "{configure}": f"{root}/configure.py {arguments}",
                       "{root}": str(root), "{out}": str(out)}.items():
        rules = rules.replace(key, value)
    first, rest = rules.split("rule format\n")
    command, tail = rest.split("rule tidy\n")
    n.line(first + "rule format\n" + command.replace("{mode}", "-i") + "rule format_check\n" + command.replace("{mode}", "--dry-run --Werror") + "rule tidy\n" + tail)

    groups: dict[str, list[str]] = {}
    main_obj = catch_main(n)
    for mode in MODES:
        kernels = [guest_kernel(n, mode, each) for each in guest_architectures(root)] if mode != "asan" else []
        binary, archive = hypervisor(n, mode, kernels)
        tests = host_tests(n, mode, archive, main_obj) + kernel_tests(n, mode, main_obj)
        groups[mode] = [*kernels, binary]
        groups[f"{mode}-tests"] = tests
        if mode == "release":
            groups[f"{mode}-tests"].append(jail_prober(n, mode, kernels, archive))
    if cross := cross_host(n):
        # Native kernels serve it as they are: an image beside the binary is found.
        kernels = [f"release/kernel-{each.name}.elf" for each in guest_architectures(root)]
        binary, _ = hypervisor(n, "release", kernels, cross)
        folder = os.path.dirname(binary)
        groups["arm64-host"] = [binary]
        for kernel in kernels:
            link = f"{folder}/{os.path.basename(kernel)}"
            n.build(link, "symlink", "", kernel, target=os.path.relpath(kernel, folder))
            groups["arm64-host"].append(link)
    groups["userlib"] = userlib(n)
    groups["userlib-aarch64"] = userlib_aarch64(n)
    groups["headers"] = header_checks(n)
    # The stamp holds the package's name, which has its version.
    n.build("deb.stamp", "package", " ".join(groups["release"]), f"{n.rel(root)}/tools/package.py",
            kernels=" ".join(f"--kernel {member}" for member in groups["release"] if member.endswith(".elf")))
    n.build("deb", "phony", "deb.stamp")
    n.build("baryon", "symlink", "", " ".join(groups["release"]), target="release/baryon")
    groups["run"] = ["baryon"]
    groups["tests"] = groups["release-tests"] + groups["asan-tests"] + groups["userlib"] + groups["userlib-aarch64"] + ["baryon"]
    for name, members in groups.items():
        n.build(name, "phony", " ".join(members))
    n.build("format", "format")
    n.build("format-check", "format_check")
    n.build("tidy", "tidy")

    # Regenerate when the generator or the set of files changes (a directory's mtime moves with it).
    directories = sorted({p for top in ("kernel", "hypervisor", "userlib") for p in [root / top, *(root / top).rglob("*")] if p.is_dir()})
    inputs = [root / "configure.py", *sorted((root / "tools/build").glob("*.py")), *directories]
    n.build("build.ninja", "configure", "", " ".join(n.rel(p) for p in inputs))
    for path in inputs:
        n.build(n.rel(path), "phony")  # one that is gone makes a new generation instead of an error
    n.line("default baryon")

    write_if_changed(out / "build.ninja", "\n".join(n.lines) + "\n")
    write_if_changed(out / "compile_commands.json", json.dumps(n.commands, indent=0) + "\n")


def write_if_changed(path: Path, text: str) -> None:
    # build.ninja's time must move even when its text does not, or ninja would regenerate for ever.
    if path.exists() and path.read_text() == text and path.name != "build.ninja":
        return
    path.write_text(text)

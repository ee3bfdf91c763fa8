"""The commands on a found guest: tasks, mappings, page tables, log, QCall queues."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import gdb
from baryon_guest import (
    PAGE, address_of, c_string, char_array, each, enum_name, follow, guest, kernel_type, plain, read, referenced, symbol, value_at, variable, word,
)  # fmt: skip

STACK_FRAMES = 32


def tasks() -> Iterator[gdb.Value]:
    storage = address_of("baryon::sched::(anonymous namespace)::table()::storage")
    table = value_at(storage, kernel_type("sched::(anonymous namespace)::Table"))
    task = kernel_type("sched::Task")
    buckets = table["buckets"]
    for bucket in range(buckets.type.range()[1] + 1):
        yield from each(buckets[bucket], task, "table_node")


def task_named(argument: str) -> gdb.Value:
    """The task with that tid; without one, the first of a program."""
    for task in sorted(tasks(), key=lambda task: int(task["tid_"])):
        if int(task["tid_"]) == int(argument, 0) if argument else referenced(task["process"]) is not None:
            return task
    raise gdb.GdbError(f"no task {argument}" if argument else "no program runs")


def space_of(task: gdb.Value) -> gdb.Value:
    process = referenced(task["process"])
    space = None if process is None else referenced(process["space_"])
    if space is None:
        raise gdb.GdbError(f"task {int(task['tid_'])} is the kernel's own and has no mappings")
    return space


def user_frame(task: gdb.Value) -> gdb.Value:
    """The registers with which the program entered the kernel, at the top of the kernel stack."""
    frame = kernel_type("arch::TrapFrame")
    size = int(variable("baryon::sched::kKernelStackSize"))
    return value_at(guest().host(int(task["stack"])) + size - frame.sizeof, frame)


def show_tasks(argument: str) -> None:
    """baryon-tasks: every thread with its state, CPU, and where the program entered the kernel."""
    print(f"{'TID':>5} {'PID':>5} {'NAME':16} {'STATE':10} {'CPU':>3} {'USER PC':>14} {'USER SP':>14} {'KERNEL STACK':>18}")
    for task in sorted(tasks(), key=lambda task: int(task["tid_"])):
        process = referenced(task["process"])
        pid = "-" if process is None else str(int(process["pid_"]))
        pc = sp = "-"
        if process is not None:
            frame = user_frame(task)
            pc, sp = f"{int(frame['rip']):#x}", f"{int(frame['rsp']):#x}"
        print(
            f"{int(task['tid_']):5} {pid:>5} {char_array(task['name']):16} {enum_name(task['state']):10} "
            f"{int(plain(task['cpu'])):3} {pc:>14} {sp:>14} {int(task['stack']):#18x}"
        )


def show_stack(argument: str) -> None:
    """baryon-bt [TID]: the kernel stack of a task that does not run, by frame pointers."""
    task = task_named(argument)
    low = int(task["stack"])
    high = low + int(variable("baryon::sched::kKernelStackSize"))
    state = enum_name(task["state"])
    if state == "running":
        raise gdb.GdbError("it runs: its registers are in a vCPU, not on its stack")
    # What baryon_context_switch pushed (kernel/arch/x86_64/context.cpp): r15 r14 r13 r12 rbp rbx, return address.
    sp = int(task["context"]["sp"])
    frame_pointer, pc = word(guest().host(sp + 4 * 8)), word(guest().host(sp + 6 * 8))
    print(f"task {int(task['tid_'])} {char_array(task['name'])}, {state}")
    for depth in range(STACK_FRAMES):
        print(f"#{depth:<2} {pc:#x} {symbol(guest().host(pc))}")
        if not low <= frame_pointer <= high - 16:
            return
        frame_pointer, pc = word(guest().host(frame_pointer)), word(guest().host(frame_pointer + 8))


def show_mappings(argument: str) -> None:
    """baryon-vmas [TID]: the mappings of a task's process, as /proc/PID/maps."""
    space = space_of(task_named(argument))
    vma = follow(space["vmas_"]["first_"])
    bits = {field.name.split("::")[-1]: field.enumval for field in kernel_type("mm::VmaFlags").fields()}
    while vma is not None:
        prot, flags = int(vma["prot"]), int(vma["flags"])
        rights = "".join(letter if prot & bit else "-" for letter, bit in (("r", 1), ("w", 2), ("x", 4)))
        rights += "s" if flags & bits["kVmaShared"] else "p"
        backing = referenced(vma["object"])
        what = c_string(vma["name"]) or ("anonymous" if backing is None else f"object {int(backing.address):#x}")
        down = " grows down" if flags & bits["kVmaGrowsDown"] else ""
        print(f"{int(vma['start']):012x}-{int(vma['end']):012x} {rights} {int(vma['offset']):08x} {what}{down}")
        vma = follow(vma["next"])
    pages = int(plain(space["resident_"]))
    print(f"{int(space['vmas_']['count_'])} mappings, {pages} pages ({pages * PAGE >> 10} KiB) resident")


ENTRY_BITS = ((0, "present"), (1, "write"), (2, "user"), (5, "accessed"), (6, "dirty"), (8, "global"), (63, "no-execute"))


def show_walk(argument: str) -> None:
    """baryon-pt ADDRESS [TID]: the walk through the page tables of a task's process (SDM volume 3, 4.5)."""
    words = gdb.string_to_argv(argument)
    if not words:
        raise gdb.GdbError("baryon-pt ADDRESS [TID]")
    address = int(gdb.parse_and_eval(words[0])) % 2**64
    table = referenced(space_of(task_named(words[1] if len(words) > 1 else ""))["table_"])
    at = int(table["root_"])
    for level, name, shift in ((4, "PML4", 39), (3, "PDPT", 30), (2, "PD", 21), (1, "PT", 12)):
        index = address >> shift & 511
        entry = word(guest().ram + at + index * 8)
        flags = " ".join(text for bit, text in ENTRY_BITS if entry >> bit & 1)
        large = level in (2, 3) and entry >> 7 & 1
        print(f"{name:4} {at:#012x}[{index:3}] = {entry:#018x}  {flags}{' large' if large else ''}")
        at = entry & 0x000F_FFFF_FFFF_F000
        if not entry & 1:
            print("not mapped" if entry == 0 else "not present; the frame is kept (PROT_NONE)")
            return
        if large or level == 1:
            physical = (at & ~((1 << shift) - 1)) | (address & ((1 << shift) - 1))
            inside = f", host {guest().ram + physical:#x}"
            print(f"{address:#x} -> guest-physical {physical:#x}{inside}")
            return


def show_log(argument: str) -> None:
    """baryon-log: records in the log ring that the host has not shown yet."""
    ring = follow(variable("baryon::log::(anonymous namespace)::ring"))
    if ring is None:
        raise gdb.GdbError("the kernel has not set up its log yet")
    record = kernel_type("abi::LogRecord")
    size = int(ring["bytes"].type.sizeof)
    reserved, consumed = int(plain(ring["reserved"])), int(plain(ring["consumed"]))
    base, at = int(ring["bytes"].address), consumed
    while at < reserved:
        room = size - at % size
        length = struct.unpack("<H", read(base + at % size, 2))[0]
        if length == 0:
            print(f"(a record at {at} is being written)")
            break
        elif length % 8 or length > room:
            raise gdb.GdbError(f"the record at {at} says it is {length} bytes long: the ring is damaged")
        else:
            show_record(value_at(base + at % size, record), length)
        at += length
    print(f"{reserved - consumed} of {size} bytes in use, {reserved} written so far, {int(plain(ring['dropped']))} records dropped")


def show_record(record: gdb.Value, length: int) -> None:
    text_length = int(record["text_length"])
    if text_length > length - record.type.sizeof:
        return  # the filler before the ring's end
    text = read(int(record.address) + record.type.sizeof, text_length).decode(errors="replace")
    kind = "strace" if enum_name(record["kind"]) == "strace" else f"level {int(record['level'])}"
    print(f"[{int(record['time_ns']) / 1e9:.6f}] {kind}: {text}")


def show_queues(argument: str) -> None:
    """baryon-queues: each vCPU's QCall rings and the requests in flight."""
    boot = follow(variable("baryon::init::(anonymous namespace)::boot_page"))
    queues = variable("baryon::qcall::(anonymous namespace)::queues")
    if boot is None or int(queues) == 0:
        raise gdb.GdbError("the kernel has not set up its queues yet")
    first, kind = guest().host(int(queues)), queues.type.target().strip_typedefs()
    for cpu in range(int(boot["vcpus"])):
        queue = value_at(first + cpu * kind.sizeof, kind)
        shared = follow(queue["shared"])
        positions = {
            f"{ring}.{end}": int(plain(shared[ring][end])) & 0xFFFFFFFF for ring in ("sq", "cq") for end in ("tail", "head")
        }
        free = int(queue["free_slots"])
        print(f"vCPU {cpu}: {' '.join(f'{name} {value}' for name, value in positions.items())}")
        slots = shared["slots"]
        for slot in range(slots.type.range()[1] + 1):
            if free >> slot & 1:
                continue
            descriptor = slots[slot]
            arguments = " ".join(f"{int(descriptor['arg'][i]):#x}" for i in range(5))
            print(f"  slot {slot:2} {enum_name(descriptor['op']):12} handle {int(descriptor['handle'])} "
                  f"args {arguments} segments {int(descriptor['segment_count'])}")  # fmt: skip


COMMANDS: dict[str, Callable[[str], None]] = {
    "baryon-tasks": show_tasks,
    "baryon-bt": show_stack,
    "baryon-vmas": show_mappings,
    "baryon-pt": show_walk,
    "baryon-log": show_log,
    "baryon-queues": show_queues,
}


def register() -> None:
    for name, show in COMMANDS.items():
        # GDB takes a command's help from its class.
        members = {
            "__doc__": show.__doc__,
            "__init__": lambda self, name=name: gdb.Command.__init__(self, name, gdb.COMMAND_DATA),
            "invoke": lambda self, argument, from_tty, show=show: show(argument.strip()),
        }
        type(name, (gdb.Command,), members)()

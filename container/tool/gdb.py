# SPDX-License-Identifier: MIT
"""What gdb knows about an image: its components, and the kernel's threads."""
import gdb

INNER = ("container/", "./container/", "drivers/", "./drivers/", "ipc/", "./ipc/")
SWITCHED = ("rip",)  # as thread_switch leaves them; the unwind tables have the rest


def text(value):
    return value.string() if value else ""


class Atoll(gdb.Command):
    """An image's components and threads.

atoll components   every component: runtime, core, heap quota, entry function
atoll threads      every thread of the container: state, core, where it is
atoll where NAME   backtrace of the thread with this name or number, running or not

Functions of a C component NAME are its own: `break NAME_main` stops at its main,
`break FILE.c:LINE` at a line. `info threads` lists cores, not threads."""

    def __init__(self):
        super().__init__("atoll", gdb.COMMAND_USER, prefix=True)


class Components(gdb.Command):
    """Every component: runtime, core, heap quota, entry function."""

    def __init__(self):
        super().__init__("atoll components", gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        image = gdb.parse_and_eval("image")
        for i in range(int(image["component_count"])):
            part = image["components"][i]
            name = part["name"].string()
            runtime = str(part["runtime"]).split("<")[-1].rstrip(">").replace("runtime_", "")
            entry = "  %s_main" % name if runtime == "c" else ""
            print("%-16s %-4s core %d  heap %d KiB%s" % (
                name, runtime, int(part["core"]), int(part["heap_bytes"]) >> 10, entry))


def threads():
    """The kernel's table, without its free slots."""
    table = gdb.parse_and_eval("'container/xen/thread.c'::threads")
    for i in range(table.type.range()[1] + 1):
        if str(table[i]["state"]) != "THREAD_FREE":
            yield table[i]


def core_thread(core):
    """gdb's thread for a core: they are numbered from 1."""
    for thread in gdb.selected_inferior().threads():
        if thread.num == core + 1:
            return thread
    raise gdb.GdbError("no core %d" % core)


class At:
    """Inside, the registers are those of one of the kernel's threads."""

    def __init__(self, thread):
        self.thread = thread
        self.core = int(thread["core"]["id"])
        self.saved = {}

    def __enter__(self):
        self.selected = gdb.selected_thread()
        core_thread(self.core).switch()
        gdb.newest_frame().select()
        if str(self.thread["state"]) == "THREAD_RUNNING":
            return
        word = gdb.lookup_type("unsigned long")
        stack = self.thread["rsp"].cast(word.pointer())
        values = {name: int(stack[i]) for i, name in enumerate(SWITCHED)}
        values["rsp"] = int(self.thread["rsp"]) + 8 * len(SWITCHED)
        for name in values:
            self.saved[name] = int(gdb.parse_and_eval("(unsigned long)$" + name))
        self.set(values)

    def set(self, values):
        for name, value in values.items():
            gdb.execute("set var $%s = %d" % (name, value))

    def __exit__(self, *unused):
        gdb.newest_frame().select()
        self.set(self.saved)
        self.selected.switch()


class Threads(gdb.Command):
    """Every thread of the container: number, name, state, core, where it is."""

    def __init__(self):
        super().__init__("atoll threads", gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        for thread in threads():
            with At(thread):
                where = place(gdb.newest_frame())
            print("%3d %-16s %-9s core %d  %s" % (
                int(thread["id"]), thread["name"].string(),
                str(thread["state"]).replace("THREAD_", "").lower(),
                int(thread["core"]["id"]), where))


def is_inner(frame):
    """A frame of a library, the kernel or the container, of which a component's author cares little."""
    table = frame.find_sal().symtab
    return table is None or table.filename.startswith(INNER)


def place(frame):
    """Where a component's author finds the thread: the first frame of the component's
    own, or else the last one that is known."""
    found, known = frame, frame
    while found and is_inner(found):
        known = found if found.find_sal().symtab else known
        found = found.older()
    found = found or known
    sal = found.find_sal()
    line = " at %s:%d" % (sal.symtab.filename, sal.line) if sal.symtab else ""
    return (found.name() or "?") + line


class Where(gdb.Command):
    """Backtrace of the thread with this name or number, running or not."""

    def __init__(self):
        super().__init__("atoll where", gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        for thread in threads():
            if argument in (thread["name"].string(), str(int(thread["id"]))):
                with At(thread):
                    gdb.execute("backtrace")
                return
        raise gdb.GdbError("no thread \"%s\"; `atoll threads` lists them" % argument)


Atoll()
Components()
Threads()
Where()

"""An allocator that keeps memory, and how often a call asks the system for more.

A step of training allocates tensors of many megabytes, which glibc asks the system for
and gives back each time: the pages are then cleared and mapped anew in every step, and
what that costs swings with the machine's memory rather than with the code.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Callable

VARIABLE = "GLIBC_TUNABLES"
#: Large tensors come from the heap too, which never shrinks and is one for all threads.
KEEP = (
    f"glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold={1 << 62}"
    ":glibc.malloc.arena_max=1"
)


def keep_memory() -> None:
    """Start this program again where its allocator does not yet keep what is freed."""
    found = os.environ.get(VARIABLE, "")
    if found.endswith(KEEP):
        return
    if platform.libc_ver()[0] != "glibc":
        raise SystemExit("--allocator keep: this Python does not use glibc's allocator")
    os.environ[VARIABLE] = f"{found}:{KEEP}" if found else KEEP
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def page_faults(call: Callable[[], object]) -> int:
    """Return how often one call touches a page that the system has to provide."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    call()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

"""What the tests have workers do. Functions of a module, as everything that travels."""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings

import numpy as np

from spinland.errors import ArgumentError

_inside = 0
_lock = threading.Lock()


def squares(about, rows, *more):
    return {"square": (about["scale"] * rows.astype(float)) ** 2, "rows": rows.copy()}


def canary(about):
    return [np.array([about["scale"] * 2.0])]


def canary_of_process(about):
    """Another number in every process but the one that gathers."""
    return [np.array([about["scale"], 0 if os.getpid() == about["pid"] else os.getpid()])]


def where(about, rows):
    """Process, threads of the kernels, and how many of us are in here at a time."""
    import numba

    global _inside
    with _lock:
        _inside += 1
        inside = _inside
    time.sleep(about.get("seconds", 0.02))
    with _lock:
        _inside -= 1
    return {"pid": os.getpid(), "threads": numba.get_num_threads(), "inside": inside}


def total(about, rows):
    return float(about["array"].sum()) + rows


def refuse(about, rows):
    raise ArgumentError("rows", "something else", "these")


def warn(about, rows):
    warnings.warn("it is late", UserWarning, stacklevel=1)
    return rows


def die(about, rows):
    """End the process, the first time it is asked; a file remembers."""
    path = about["path"] / f"died-{rows[0]}"
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), 9)
    return squares(about, rows)


def always_die(about, rows):
    os.kill(os.getpid(), 9)


def of_process(about, rows):
    """Not a pure function."""
    return rows + os.getpid()


def shout(about, rows):
    sys.stdout.write("what a worker prints is no answer\n")
    sys.stdout.flush()
    return rows

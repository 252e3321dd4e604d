"""``python -m spinland.compiling.worker HASH PARENT``: a process that compiles kernels for another.

Standard input is the pipe of tasks. Standard output gets a line for each kernel (``compiled NAME``) and each task
(``done FLOAT RECIPE`` or ``failed FLOAT RECIPE: WHY``).
"""

from __future__ import annotations

import os
import signal
import sys
import warnings

from .workers import RECORD

_OTHER_SOURCES = 3
"""Exit code of a worker that finds other kernels than its parent has: what it compiles, nobody would read."""


def main() -> None:
    """Take tasks until there are none, or the parent is gone."""
    wanted, parent = sys.argv[1], int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once and without a word

    from spinland_kernels import diskcache, jit

    if diskcache.source_hash() != wanted:
        sys.exit(_OTHER_SOURCES)

    def begun(name: str) -> None:
        if os.getppid() != parent:
            os._exit(0)

    jit.on_compile(begun, lambda name, seconds: _tell(f"compiled {name}"))
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", "compiled kernels cannot be kept")
    while os.getppid() == parent and (record := os.read(0, RECORD)):
        _cook(*record.decode().strip().split("\t"))


def _cook(dtype: str, name: str) -> None:
    from .recipes import RECIPES

    try:
        RECIPES[name](dtype)
    except Exception as error:  # noqa: BLE001 (told to the parent; the next may do)
        _tell(f"failed {dtype} {name}: {error}".replace("\n", " "))
    else:
        _tell(f"done {dtype} {name}")


def _tell(line: str) -> None:
    try:
        os.write(1, f"{line[:500]}\n".encode())  # whole: several workers write into one pipe
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()

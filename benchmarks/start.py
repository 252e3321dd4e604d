"""Cold start: importing, the command's help, and a first run for which every kernel must be compiled."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .compare import Contender, Operation, Scaling

_STUDY = (
    "study --epochs 2 --hidden 8 --widths 4,8 --width-replicas 3 --replicas 4 --batch-sizes 5,10 --batch-replicas 3 "
    "--batch-size 5 --sigmas 0.01,0.05 --walk-steps 5 --walkers 2 --walk-origins 2 --lines 2 --swap-origins 2 "
    "--swap-trials 2 --bootstrap 10 --null-draws 10 --directions 2 --grid 5 --line-points 5 --n-train 200 "
    "--n-test 50 --glass-replicas 0 --no-page"
)
_KERNEL = "import spinland as sl; points = sl.ReLUNetwork((20, 8, 2)).initialize({replicas})"
_DISTANCES = f"{_KERNEL}; sl.distances(points)"
_SHARE = re.compile(r"compiling kernels took ([0-9.]+) s of ([0-9.]+) s")


def operations(quick: bool) -> list[Operation]:
    """Imports, the help, and first runs; one small kernel in place of these where it must be quick."""
    numba = Contender("import numba", "benchmarks.start:python", {"script": "import numba"})
    bare = Contender("python", "benchmarks.start:python", {"script": "pass"})
    opened = [
        Operation(
            "start: import",
            "import spinland, in a fresh interpreter",
            Contender("spinland", "benchmarks.start:python", {"script": "import spinland"}),
            (numba, bare),
            {"import numba": 1 / 1.2},
        ),
        Operation(
            "start: help",
            "spinland --help",
            Contender("spinland", "benchmarks.start:command", {"words": "--help"}),
            (numba, bare),
            remark="to take at most 0.5 s",
        ),
    ]
    if quick:
        return [*opened, _first("one kernel", "benchmarks.start:python", {"script": _KERNEL.format(replicas=5)}, 2)]
    return [*opened, _first("spinland study, tiny", "benchmarks.start:command", {"words": _STUDY}, 1)]


def scaling(quick: bool) -> list[Scaling]:
    """A whole process with compiled kernels: what starting costs, until the work outweighs it."""
    sizes = (5, 10) if quick else (10, 100, 1000, 4000)
    return [Scaling("distances in a fresh process", "replicas", "benchmarks.start:distances", "replicas", sizes)]


def _first(work: str, factory: str, arguments: dict[str, Any], rounds: int) -> Operation:
    return Operation(
        "start: first run",
        f"{work}, empty kernel cache",
        Contender("spinland", factory, {**arguments, "cold": True}),
        (Contender("the second run", factory, arguments),),
        rounds=rounds,
        remark="cold: every kernel is compiled; the second run finds them",
    )


def _run(words: list[str], cache: str = "") -> str:
    """What a fresh interpreter writes to standard error."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    if cache:
        environment["NUMBA_CACHE_DIR"] = cache
    done = subprocess.run([sys.executable, *words], env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stderr


def python(script: str, cold: bool = False) -> Callable[[], None]:
    """A script in a fresh interpreter."""
    return _fresh(lambda folder: ["-c", script], cold)


def distances(replicas: int) -> Callable[[], None]:
    """A script that needs a few kernels, in a fresh interpreter."""
    return python(_DISTANCES.format(replicas=replicas))


def command(words: str, cold: bool = False) -> Callable[[], None]:
    """The command ``spinland`` with these words, its file in a folder that is removed."""

    def line(folder: str) -> list[str]:
        out = [] if words.startswith("-") else ["--out", str(Path(folder) / "out.h5")]
        return ["-m", "spinland", *words.split(), *out]

    return _fresh(line, cold)


def _fresh(line: Callable[[str], list[str]], cold: bool) -> Callable[[], None]:
    """Run what ``line(folder)`` says; ``cold`` without any kernel compiled before."""

    def call() -> None:
        with TemporaryDirectory() as folder:
            written = _run(line(folder), folder if cold else "")
        if found := _SHARE.search(written):
            compiling, whole = map(float, found.groups())
            notes["compiling, s"], notes["share of compiling"] = compiling, compiling / whole

    notes: dict[str, float] = {}
    call.notes = notes  # type: ignore[attr-defined]
    return call

"""Every twin on a card, for whoever has one: ``python -m spinland_kernels.selftest cuda``.

Each task runs on the cores and twice on the card: the answers have to agree, the two runs to the last bit. Then it is
timed, from arrays of the processor to arrays of the processor, and compared with what it needs at least:

    share = max(bytes / measured rate of a copy, operations / measured rate of a product) / time

The report is JSON: date, versions, card, rates, and a row for each task. It ends with 1 where a task fails.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from . import devices
from .tasks import Arrays, Task, tasks

_ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """How a task went. ``problem`` is empty where all is well."""

    name: str
    difference: float
    tolerance: float
    seconds: float
    share: float
    problem: str


def _difference(found: Arrays, wanted: Arrays) -> float:
    """Largest difference as a share of the largest number."""
    return max(float(np.abs(a - b).max() / max(1e-300, np.abs(b).max())) for a, b in zip(found, wanted, strict=True))


def judged(task: Task, device: str, rates: dict[str, float], rounds: int) -> Row:
    """Run one task and say how it went; it is timed ``rounds`` times."""
    kernel = devices.operation(task.operation, device)
    first, again = task.run(kernel), task.run(kernel)
    difference = _difference(first, task.run(devices.operation(task.operation, "cpu")))
    problem = "" if difference <= task.tolerance else "the answers differ"
    if any(a.tobytes() != b.tobytes() for a, b in zip(first, again, strict=True)):
        problem = "two runs have not the same bits"
    seconds = float(np.median(_timed(lambda: task.run(kernel), rounds)))
    least = max(task.bytes / rates["bytes"], task.operations / rates["float32"])
    return Row(task.name, difference, task.tolerance, seconds, least / seconds, problem)


def _timed(call: Callable[[], Any], rounds: int) -> list[float]:
    """Seconds of each of some calls."""
    times = []
    for _ in range(rounds):
        begin = perf_counter()
        call()
        times.append(perf_counter() - begin)
    return times


def measured_rates(side: int, rounds: int) -> dict[str, float]:
    """Bytes a second of a copy, read and written, and float32 operations a second of a product of ``side``."""
    from . import jit_cuda
    from .lanes import cuda as lanes
    from .lanes import tiles

    a, b, c = (jit_cuda.put(np.ones(side * side, np.float32)) for _ in range(3))
    one = np.empty(1, np.float32)
    left, right, out = (tiles.Matrices(x, 0, side, 1, 0) for x in (a, b, c))
    shape = tiles.Shape(side, side, side, side, 1)

    def product() -> None:
        lanes.multiply(left, right, out, shape, tiles.plain(out), 1)
        jit_cuda.get(c[:1], one)

    def copy() -> None:
        lanes.add_parts(a, 1, side * side, c.reshape((1, side * side)))
        jit_cuda.get(c[:1], one)

    product()
    copy()
    return {"float32": 2.0 * side**3 / min(_timed(product, rounds)), "bytes": 8.0 * side**2 / min(_timed(copy, rounds))}


def main(words: list[str] | None = None) -> int:
    """Run all tasks, write the report, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m spinland_kernels.selftest", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("device", help="cuda, or cuda:1 for the second card")
    parser.add_argument("--small", action="store_true", help="so small that Numba's simulator can do it")
    parser.add_argument("--out", type=Path, help="file for the report; it must not be there yet")
    chosen = parser.parse_args(words)
    if chosen.out is not None and chosen.out.exists():
        parser.error(f"--out: {chosen.out} is there already")
    if chosen.out is not None and not chosen.out.parent.is_dir():
        parser.error(f"--out: there is no folder {chosen.out.parent}")
    try:
        machine, index = devices.parted(chosen.device)
        if machine != "cuda":
            parser.error("device: the cores need no such test: choose cuda")
        cards = devices.cards()
    except (ValueError, devices.Unavailable) as problem:
        parser.error(f"device: {problem}")
    if index >= len(cards):
        parser.error(f"device: {chosen.device!r} is not there: the last card is 'cuda:{len(cards) - 1}'")
    rounds = 1 if chosen.small else _ROUNDS
    rates = measured_rates(64 if chosen.small else 8192, rounds)
    rows = []
    for task in tasks(chosen.small):
        if task.operation not in devices.operations("cuda"):
            _say(f"{task.name}: no twin yet")
            continue
        rows.append(judged(task, chosen.device, rates, rounds))
        row = rows[-1]
        _say(f"{row.name}: {row.problem or f'{row.difference:.1e}, {row.seconds:.3g} s, {row.share:.0%}'}")
    versions = {name: metadata.version(name) for name in ("numba-cuda", "numba", "numpy")}
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "card": cards[index],
        "python": platform.python_version(),
        "versions": versions,
        "rates": rates,
        "tasks": [asdict(row) for row in rows],
    }
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(any(row.problem for row in rows))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

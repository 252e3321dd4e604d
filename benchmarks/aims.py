"""What a call costs on a card, on paper: ``python -m benchmarks.aims``. Needs no card, and no figure is a measurement.

The calls are those that the card's kernels were designed for, each with the time that is aimed at on an H200. They run
on paper (``spinland_kernels.paper``); what each launch computes and moves is counted by :mod:`.counts`, and divided by
what the data sheet of the card promises.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import spinland as sl
from spinland_kernels import jit_cuda
from spinland_kernels.devices import operation
from spinland_kernels.networks import CROSS_ENTROPY, Samples, Stream, Walkers, network_of
from spinland_kernels.paper import Launch, Notes
from spinland_kernels.types import Couplings

from .counts import Count, count
from .table import seconds

FLOAT32, FLOAT64, COPY = 67e12, 34e12, 4.3e12
"""Of an H200: operations a second by its data sheet, a fused one being two; bytes a second of a copy, measured."""

RATES = {
    "float32": FLOAT32,
    "float64": FLOAT64,
    "whole numbers": FLOAT32 / 4,  # 64 of them where 128 fused ones of float32 are done
    "memory": COPY,
    "shared memory": FLOAT32 / 2,  # 128 bytes where 128 fused ones are done
}
"""What each number of a :class:`.counts.Count` is divided by."""

CAPABILITY = 9, 0
"""Of that card."""

LAUNCH = 20e-6
"""Seconds that a launch takes Numba, at least; to be measured."""

HEADING = "## What a call costs"

_NOTE = f"""{HEADING}

**No figure is a measurement.** On paper, for an H200: {FLOAT32 / 1e12:.0f} TFLOP/s in float32, {FLOAT64 / 1e12:.0f} in
float64, {COPY / 1e12:.1f} TB/s of memory; whole numbers at a quarter of float32's operations, shared memory at half as
many bytes. Launches and copies, between the card and the processor, are those of the call; a launch is reckoned at
{seconds(LAUNCH)}, and in brackets stands what all take of one unit. Operations, whole numbers and bytes are those of
`benchmarks/counts.py`, of one unit, bytes of shared memory those that threads read in the innermost loop. The floor is
what the slowest of these takes, launch after launch; the bound is what takes most of it, or launches if they take more.
"""

_COLUMNS = (
    "call",
    "type",
    "launches",
    "copies",
    "operations",
    "whole",
    "bytes",
    "shared bytes",
    "bound",
    "floor",
    "aim",
)


@dataclass(frozen=True)
class Aim:
    """A call, what it is made of, and how long one of these shall take.

    ``make`` runs on paper and returns the call, which is noted when it is called for the second time.
    """

    name: str
    dtype: str
    make: Callable[[], Callable[[], Any]]
    unit: str
    units: int
    low: float
    high: float


@dataclass(frozen=True)
class Reckoned:
    """What a call comes to; times in seconds, of one unit."""

    launches: int
    copies: int
    copied: int
    counted: Count
    bound: str
    floor: float
    launching: float


def _zeros(*shape: int) -> Any:
    return np.zeros(shape, np.float32)  # no page of it is ever touched


def plane() -> Callable[[], Any]:
    """51 × 51 points of 784-512-10 with 10,000 images, the first layer's products included."""
    network = sl.ReLUNetwork((784, 512, 10))
    draw = np.random.default_rng(0)
    landscape = sl.NetworkLandscape(
        network, draw.random((10_000, 784), np.float32), draw.integers(0, 10, 10_000), device="cuda"
    )
    points = draw.random((3, network.n_params), np.float32)
    return lambda: landscape.slice(points[0], points[1:]).value(np.zeros((51 * 51, 2)))


def walk(walkers: int) -> Callable[[], Any]:
    """A step of walkers of 784-512-10 from one start, and their losses over 10,000 images."""
    kernel, mlp, dim = operation("walk", "cuda"), operation("mlp", "cuda"), 784 * 512 + 512 + 5130
    network = network_of((784, 512, 10), True)
    samples = Samples(_zeros(10_000, 784), np.zeros(10_000, np.int64), _zeros(0, 10), CROSS_ENTROPY)
    prepared = mlp.prepare(samples)
    start, numbers = _zeros(1, dim), np.arange(walkers)
    held = kernel.hold(Walkers(_zeros(walkers, dim), start, np.zeros(walkers, int), numbers, np.empty(0)))

    def call() -> None:
        kernel.advance(held, 0.003, Stream(np.uint64(0), 1, 1))
        mlp.losses(held.points, network, prepared)

    return call


def gradient(n: int, dtype: str, stored: bool) -> Callable[[], Any]:
    """The gradient of a glass of order 3 at one point, with couplings that are stored or drawn."""
    kernel = operation("pspin", "cuda")
    values = np.empty(kernel.n_couplings(n, 3) if stored else 0, dtype)
    couplings = Couplings(values, n, 3, 5, 7, 0)
    prepared, point = kernel.prepare(couplings), np.zeros((1, n), dtype)
    return lambda: kernel.values_and_gradients(point, couplings, prepared)


def training(widths: tuple[int, ...], replicas: int, samples: int) -> Callable[[], Any]:
    """An epoch with Adam of replicas in step, batches of 32."""
    draw = np.random.default_rng(0)
    x, y = draw.random((samples, widths[0]), np.float32), draw.integers(0, widths[-1], samples)
    network, adam = sl.ReLUNetwork(widths), sl.Adam(1e-3)
    start = np.zeros((replicas, network.n_params), np.float32)

    def call() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sl.DivergenceWarning)  # on paper nothing is alive
            sl.train(
                network,
                (x, y, x[:2], y[:2]),
                replicas,
                adam,
                32,
                1,
                initial=start,
                evaluate="none",
                device="cuda",
                group_size=replicas,
            )

    return call


def pairs(samples: int) -> Callable[[], Any]:
    """Inner products of the gradients of all pairs of so many samples of 784-512-10."""
    network = sl.ReLUNetwork((784, 512, 10))
    draw = np.random.default_rng(0)
    x, y = draw.random((samples, 784), np.float32), draw.integers(0, 10, samples)
    landscape = sl.NetworkLandscape(network, x, y, device="cuda")
    return lambda: landscape.gradient_products(_zeros(network.n_params))


few_walkers, all_pairs = partial(walk, 16), partial(pairs, 2000)
small_glass, large_glass = partial(gradient, 400, "f8", True), partial(gradient, 2000, "f4", True)
drawn_glass = partial(gradient, 2000, "f8", False)
wide, many = partial(training, (784, 512, 10), 64, 6400), partial(training, (64, 32, 10), 528, 1408)

AIMS = (
    Aim("plane 784-512-10, 10,000 images, 51 × 51 points", "float32", plane, "point", 51 * 51, 4e-6, 6e-6),
    Aim("walk step 784-512-10, 10,000 images, 16 walkers", "float32", few_walkers, "walker", 16, 200e-6, 270e-6),
    Aim("gradient of order 3, N = 400, stored", "float64", small_glass, "call", 1, 25e-6, 25e-6),
    Aim("gradient of order 3, N = 2,000, stored", "float32", large_glass, "call", 1, 1.6e-3, 1.6e-3),
    Aim("gradient of order 3, N = 2,000, drawn", "float64", drawn_glass, "call", 1, 10e-3, 20e-3),
    Aim("epoch 784-512-10, 64 replicas, 200 batches of 32", "float32", wide, "replica step", 12_800, 8e-6, 12e-6),
    Aim("epoch 64-32-10, 528 replicas, 44 batches of 32", "float32", many, "replica step", 528 * 44, 30e-9, 50e-9),
    Aim("products of gradients 784-512-10, 2,000 images", "float32", all_pairs, "call", 1, 0.5e-3, 1e-3),
)


def noted(make: Callable[[], Callable[[], Any]]) -> Notes:
    """What the second call launches and copies."""
    with jit_cuda.on_paper():
        call = make()
        call()
        with jit_cuda.on_paper() as notes:
            call()
    return notes


def _slowest(launch: Launch) -> tuple[str, float]:
    """What takes a launch longest, and how long."""
    times = {name: number / rate for (name, rate), number in zip(RATES.items(), count(launch), strict=True)}
    return max(times.items(), key=lambda item: item[1])


def reckon(aim: Aim) -> Reckoned:
    """A call of an aim."""
    notes = noted(aim.make)
    taken: dict[str, float] = {}
    for name, time in map(_slowest, notes):
        taken[name] = taken.get(name, 0.0) + time
    floor, launching = sum(taken.values()), LAUNCH * len(notes)
    bound = "launches" if launching > floor else max(taken, key=lambda name: taken[name])
    whole = sum(map(count, notes), Count())
    return Reckoned(
        len(notes), len(notes.copied), sum(notes.copied), whole, bound, floor / aim.units, launching / aim.units
    )


def held_by_walkers(walkers: int = 10_000) -> int:
    """Bytes of the card that so many walkers of 784-512-10 take in one call, all that is asked for being kept."""
    with jit_cuda.on_paper() as notes:
        walk(walkers)()
    return notes.asked


def _number(value: float) -> str:
    """Three digits and the letter of a power of a thousand."""
    for letter, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"


def _row(aim: Aim) -> str:
    found = reckon(aim)
    operations, double, whole, far, near = (number / aim.units for number in found.counted)
    span = seconds(aim.low) if aim.low == aim.high else f"{seconds(aim.low)} – {seconds(aim.high)}"
    each = "" if aim.unit == "call" else f" a {aim.unit}"
    mixed = f" + {_number(double)} of float64" if operations and double else ""
    cells = (
        aim.name,
        aim.dtype,
        f"{found.launches} ({seconds(found.launching)})",
        f"{found.copies}, {_number(found.copied)}B",
        _number(operations or double) + mixed,
        _number(whole),
        _number(far),
        _number(near),
        found.bound,
        seconds(found.floor),
        span + each,
    )
    return "| " + " | ".join(cells) + " |"


def page() -> str:
    """The note and the table."""
    head = ["| " + " | ".join(_COLUMNS) + " |", "|---" * len(_COLUMNS) + "|"]
    held = f"10,000 walkers of 784-512-10 take {held_by_walkers() / 1e9:.1f} GB of the card in one call.\n"
    return "\n".join([_NOTE, *head, *map(_row, AIMS), "", held])


def placed(text: str) -> str:
    """A page with the table in place of that at its end, or after it."""
    return text.partition(HEADING)[0].rstrip() + "\n\n" + page()


def main() -> int:
    """Print the table, or write it into a page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.aims", description="what a call costs on a card, on paper"
    )
    parser.add_argument("--page", type=Path, help="page of kernels to put it at the end of")
    chosen = parser.parse_args()
    if jit_cuda.SIMULATED:
        parser.error("kernels are simulated, and nothing is on paper: NUMBA_ENABLE_CUDASIM is set")
    if chosen.page is None:
        print(page(), end="")
        return 0
    try:
        text = chosen.page.read_text(encoding="utf-8")
    except OSError as problem:
        parser.error(f"--page: {problem}")
    chosen.page.write_text(placed(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

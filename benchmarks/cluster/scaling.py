"""Up to how many workers one coordinator keeps them busy: the simulation against their number, and its picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from .simulation import Costs, Workers, run

BUSY = 0.9
REPLIES = ((4_000, 1), (200_000, 20), (1_600_000, 10), (1_600_000, 40))
"""Bytes of a row, and rows of a task."""

NUMBERS = 10, 100, 200, 500, 1_000, 2_000, 5_000, 10_000
_MOST_TASKS = 20_000
_FAR_BELOW = 0.6
"""Where a curve ends: with more workers, all that is seen in some minutes is how the first tasks pile up."""

Found = dict[str, Any]


def costs_of(found: Found, row_bytes: int) -> Costs:
    """What was measured of Dask, and of the file."""
    dask = next(engine for engine in found["engines"] if engine["name"] == "Dask")
    file = next(one for one in found["files"] if one["bytes"] == row_bytes)
    return Costs(
        dask["coordinator"],
        dask["coordinator_byte"],
        dask["scheduler"],
        dask["scheduler_byte"],
        file["one"],
        file["more"],
    )


def simulated(found: Found, quick: bool, say: Callable[[str], None]) -> list[Found]:
    """Busy shares of all numbers of workers, for replies of several sizes."""
    curves = []
    for row_bytes, rows in REPLIES[:2] if quick else REPLIES:
        costs, points = costs_of(found, row_bytes), []
        for n in NUMBERS[:2] if quick else NUMBERS:
            say(f"{n} workers, {rows} rows of {row_bytes} bytes")
            minutes = min(60.0, max(3.0, _MOST_TASKS / n))
            points.append({"workers": n, **asdict(run(Workers(n), costs, row_bytes, rows, 150.0, 60 * minutes))})
            if points[-1]["share"] < _FAR_BELOW:
                break
        curves.append({"bytes": row_bytes, "rows": rows, "points": points, "limit": limit(points)})
    return curves


def limit(points: list[Found]) -> float | None:
    """The number of workers at which the busy share falls below 90 %, None where it does not."""
    n, shares = np.array([point["workers"] for point in points], float), [point["share"] for point in points]
    below = [i for i, share in enumerate(shares) if share < BUSY]
    if not below or below[0] == 0:
        return None
    i = below[0]
    part = (shares[i - 1] - BUSY) / (shares[i - 1] - shares[i])
    return float(np.exp(np.log(n[i - 1]) + part * np.log(n[i] / n[i - 1])))


def reply(curve: Found) -> str:
    """The size of a reply in words."""
    whole = curve["bytes"] * curve["rows"]
    size = f"{whole / 1e6:.3g} MB" if whole >= 1e6 else f"{whole / 1e3:.3g} kB"
    each = f"{curve['bytes'] / 1e6:.3g} MB" if curve["bytes"] >= 1e6 else f"{curve['bytes'] / 1e3:.3g} kB"
    return f"{size} ({curve['rows']} row{'s' * (curve['rows'] > 1)} of {each})"


def limit_words(curve: Found) -> str:
    """The limit in words."""
    if curve["limit"] is None:
        return f"above {curve['points'][-1]['workers']:,}"
    return f"{float('{:.2g}'.format(curve['limit'])):,.0f}"


def draw(found: Found) -> Any:
    """Busy share against the number of workers, a curve for each size of a reply."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for i, curve in enumerate(found["curves"]):
        n = [point["workers"] for point in curve["points"]]
        ax.plot(n, [100 * point["share"] for point in curve["points"]], "o-", ms=4, color=f"C{i}", label=_label(curve))
        if curve["limit"] is not None:
            ax.plot([curve["limit"]] * 2, [0, 100 * BUSY], ":", color=f"C{i}", lw=1)
    ax.axhline(100 * BUSY, color="0.4", lw=1, ls="--")
    ax.text(n[0], 100 * BUSY - 2, "90 %", color="0.4", va="top")
    ax.set(xscale="log", ylim=(0, 102), xlabel="workers", ylabel="time spent on tasks that came back (%)")
    ax.set_title("One coordinator with Dask, tasks of one minute, workers that die")
    ax.grid(alpha=0.3)
    ax.legend(title="a reply: 90 % busy up to", fontsize=8, loc="lower left")
    return figure


def _label(curve: Found) -> str:
    return f"{reply(curve)}: {limit_words(curve)}"

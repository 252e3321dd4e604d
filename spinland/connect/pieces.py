"""Paths from straight pieces: what becomes of some of many pairs of ends, whichever are trained together."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..landscape.protocol import Landscape
from ..progress import Advance
from .bases import displaced
from .curves import Curve
from .descent import Plan, train_controls


class Pairs(NamedTuple):
    """Ends (B, dim) and what is between them (B, W, dim), how paths are trained, and how many steps at a time."""

    starts: NDArray[Any]
    between: NDArray[Any]
    ends: NDArray[Any]
    n_bends: int
    plan: Plan
    portion: int


def trained(
    landscape: Landscape, rows: NDArray[np.int64], pairs: Pairs, *, advance: Advance
) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.int64]]:
    """Control vectors (R, V, dim) of some paths, whether they have not diverged, and the steps of each."""
    controls = _straight(pairs, rows)
    return controls, *train_controls(landscape, controls, rows, pairs.plan, pairs.portion, advance)


def fixed_places(n_between: int, n_bends: int) -> tuple[int, NDArray[np.int64]]:
    """Number of control vectors, and which of them stay."""
    places = np.arange(n_between + 2) * (n_bends + 1)
    return int(places[-1]) + 1, places


def _straight(pairs: Pairs, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Control vectors (R, V, dim) of straight pieces."""
    stay = pairs.starts[rows, None], pairs.between[rows], pairs.ends[rows, None]
    n_controls, places = fixed_places(pairs.between.shape[1], pairs.n_bends)
    controls = np.zeros((len(rows), n_controls, pairs.starts.shape[1]), pairs.starts.dtype)
    controls[:, places] = np.concatenate(stay, axis=1)
    if displaced(pairs.plan.basis):
        return controls
    inner = np.arange(1, pairs.n_bends + 1) / (pairs.n_bends + 1)
    for path in controls:
        for piece in places[:-1]:
            curve = Curve(path[[piece, piece + pairs.n_bends + 1]], "chain", pairs.plan.radius)
            path[piece + 1 : piece + 1 + pairs.n_bends] = curve.points(curve.at(inner))
    return controls

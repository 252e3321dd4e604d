"""Two hidden units become one: the lowest network for each distance of them, followed step by step.

    λ = 0                                        λ = 1
    ●──●──●─●─●──●──┤ break ├─●──●──●──●──●──●──●
     each the minimum that a descent from the one before finds; a step is halved until the network moves little

Slow motion follows one branch, whatever the steps, as long as there is no break: where the minimum ceases to be one, at
a fold or where a kink lets it go, the smallest step moves the network far. It goes on at a minimum below, and which one
that is may depend on the steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..landscape.network_landscape import NetworkLandscape
from ..machines import single_threaded
from ..progress import track
from .kinks import Pairs, Rest, descend

Array = NDArray[np.float64]

_LONGEST, _SHORTEST = 1 / 16, 2.0**-13
"""Steps of λ. Below the shortest a move is taken as it comes."""

_MOVE = 0.05
"""Share of the distance of the two units that the network moves in a step; more in the shortest is a break."""

_MOST = 1500
"""Descents of one way with steps of its own. A loss with its infimum at infinity would ask for steps without end; from
there on steps are long, and what they move too far counts as broken."""


@dataclass(frozen=True)
class Way:
    """Networks whose two units come together.

    Attributes
    ----------
    points : (n, dim)
        At the places that were asked for.
    end : Rest
        The merged network.
    breaks : (K, 3)
        λ, how far the network moved there, and by how much the loss fell.
    """

    points: Array
    end: Rest
    breaks: Array


def apart(dim: int, pair: NDArray[np.int64]) -> Array:
    """Orthonormal basis (dim, K) of the directions that move the weights ``pair`` (2, K) of two units apart."""
    basis, column = np.zeros((dim, pair.shape[1])), np.arange(pair.shape[1])
    basis[pair[0], column], basis[pair[1], column] = np.sqrt(0.5), -np.sqrt(0.5)
    return basis


class _Pair:
    """Two units that come together: what is held of them, and what is free.

    Held are the differences of their weights, and the part of the mean incoming weights along that of the start.
    """

    def __init__(self, start: Array, ins: NDArray[np.int64], outs: NDArray[np.int64]):
        self.places = np.concatenate([ins, outs], axis=1)
        self.difference = start[self.places[0]] - start[self.places[1]]
        mean = np.zeros(len(start))
        mean[ins] = (start[ins[0]] + start[ins[1]]) / 2
        held = apart(len(start), self.places)
        if mean.any():
            held = np.column_stack([held, mean / np.linalg.norm(mean)])
        with single_threaded():
            whole, _ = np.linalg.qr(held, mode="complete")
        self.free = np.ascontiguousarray(whole[:, held.shape[1] :])
        self.distance = float(np.linalg.norm(self.difference)) / np.sqrt(2)

    def at(self, point: Array, place: float) -> Array:
        """The point (dim,) with the two units as far apart as they are to be at λ = ``place``."""
        out, half = point.copy(), (1 - place) * self.difference / 2
        mean = (point[self.places[0]] + point[self.places[1]]) / 2
        out[self.places[0]], out[self.places[1]] = mean + half, mean - half
        return out


def merge(
    landscape: NetworkLandscape,
    start: Array,
    units: tuple[NDArray[np.int64], NDArray[np.int64]],
    places: Array,
    tolerance: float,
    most: int,
) -> Way:
    """Follow the minimum from λ = 0 to 1 by steps of its own, and find the networks at ``places`` (n,) from there.

    ``units`` are the places of the incoming (2, K) and outgoing (2, K') weights of the two.
    """
    pair = _Pair(start, *units)

    def settle(near: Array, place: float, kinks: Pairs | None) -> Rest:
        rest = descend(landscape, pair.at(near, place), pair.free, tolerance, most, kinks)
        return replace(rest, point=pair.at(rest.point, place))  # what is held is so to the last bit

    lambdas, rests, breaks = [0.0], [settle(start, 0.0, None)], []
    longest, step, speed, tried = _MOVE * pair.distance, _LONGEST, np.zeros_like(start), 0
    with track(1000, "merging two units") as advance:
        while lambdas[-1] < 1:
            here, rest = lambdas[-1], rests[-1]
            there = 1.0 if here + step > 1 - _SHORTEST / 2 else here + step
            still = pair.at(rest.point, there)
            ahead = pair.at(rest.point + (there - here) * speed, there)
            before, guess = landscape.value(np.stack([still, ahead]))
            found = settle(ahead if guess < before else still, there, rest.kinks)
            distance, tried = float(np.linalg.norm(found.point - still)), tried + 1
            if distance > longest and step > _SHORTEST and tried < _MOST:
                step = max(step / 2, _SHORTEST)
                continue
            speed = (found.point - still) / (there - here)
            if distance > longest:
                breaks.append((there, distance, float(before) - found.value))
                speed = np.zeros_like(start)
            advance(round(1000 * there) - round(1000 * here))
            lambdas.append(there)
            rests.append(found)
            step = min(2 * step, _LONGEST) if distance < longest / 3 else step
            step = _LONGEST if tried >= _MOST else step
    points = [rests[0].point]
    for place in places[1:-1]:
        k = int(np.searchsorted(lambdas, place, "right")) - 1
        points.append(settle(rests[k].point, float(place), rests[k].kinks).point)
    points.append(rests[-1].point)
    return Way(np.array(points), rests[-1], np.array(breaks).reshape(-1, 3))

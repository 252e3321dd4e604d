r"""Minima of a loss with kinks: where a unit's input is 0 at a sample, a ReLU network has two gradients.

In the first hidden layer the input of unit j at sample i is linear in the weights, z = w_j·x_i + b_j, so that a kink is
a hyperplane. A minimum may lie on several of them: there the loss is smooth along them, and rises on both sides.

    off  │  on                 gradient along y (which crosses this kink alone):
      \  │  /                      before   s_off ≤ 0
       \_│_/       minimum         behind   s_on ≥ 0
      ────┼────► y               otherwise the way down leaves the kink: it is let go

To first order the loss at such a point is a sum over kinks, so that these signs and a gradient of zero along the kinks
are all that a minimum needs. Kinks of later layers are curved and are not followed: a descent stops at them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from ..landscape.network_landscape import NetworkLandscape
from ..machines import single_threaded
from .hessians import Bend, bend

Array = NDArray[np.float64]
Pairs = NDArray[np.int64]

_ASIDE = 1e-7  # how far beside a kink its slopes are taken, over the size of the weights
_SLACK = 1e-7  # slopes that count as zero there
_TRUST = 0.1  # first longest step, over the size of the weights
_FLAT = 1e-10  # share of the largest eigenvalue up to which a direction counts as flat
_PUSH = 1e-4  # by which a descent leaves a saddle, over the size of the weights
_SAME = 1e-9  # share that is left of a normal whose direction others have


@dataclass(frozen=True)
class Rest:
    """Where a descent came to rest.

    Attributes
    ----------
    point : (dim,)
        The point.
    value : float
        Loss there.
    slope : float
        Gradient norm along the directions that were free, and along the kinks.
    kinks : (A, 2)
        Sample and unit of the kinks that it lies on.
    settled : bool
        Whether the slope is below the tolerance and the loss rises on both sides of each kink.
    """

    point: Array
    value: float
    slope: float
    kinks: Pairs
    settled: bool


class Kinks:
    """Kinks of the first hidden layer of a network at its samples, in coordinates of its points."""

    def __init__(self, landscape: NetworkLandscape):
        samples = landscape.samples
        span = samples.network.spans[0]
        rows = np.arange(span.weight.start, span.weight.stop).reshape(span.shape)
        x = np.asarray(samples.x, np.float64)
        if span.bias is not None:
            rows = np.hstack([rows, np.arange(span.bias.start, span.bias.stop)[:, None]])
            x = np.hstack([x, np.ones((len(x), 1))])
        self.places = rows if samples.keep is None else samples.keep[rows]
        self.x, self.lengths = x, np.linalg.norm(x, axis=1)

    def normals(self, kinks: Pairs, dim: int) -> Array:
        """Unit normals (A, dim)."""
        out = np.zeros((len(kinks), dim))
        samples, units = kinks.T
        out[np.arange(len(kinks))[:, None], self.places[units]] = self.x[samples] / self.lengths[samples, None]
        return out

    def distances(self, point: Array) -> Array:
        """Distance of a point from every kink, (samples, units), with a sign: positive where the unit is active."""
        inputs, lengths = np.asarray(self.x @ point[self.places].T), self.lengths[:, None]
        return np.divide(inputs, lengths, out=np.full_like(inputs, np.inf), where=lengths > 0)

    def twins(self, kinks: Pairs, ins: NDArray[np.int64]) -> Pairs:
        """Kinks of the same samples at the other of two merged units, ``ins`` (2, K) being their weights."""
        numbers = [int(np.flatnonzero(self.places[:, 0] == places[0])[0]) for places in ins if places[0] in self.places]
        out = [(i, sum(numbers) - j) for i, j in kinks if j in numbers]
        return np.array(out, np.int64).reshape(-1, 2)


def descend(
    landscape: NetworkLandscape, point: Array, basis: Array, tolerance: float, most: int, kinks: Pairs | None = None
) -> Rest:
    """Go down from a point along directions ``basis`` (dim, K), orthonormal, to a minimum, which may lie on kinks.

    ``kinks`` are those that the minimum probably lies on. Newton's steps along the kinks, negative curvature turned
    round, and along each step the first minimum: where that is a kink, it is held from then on.
    """
    of, held = Kinks(landscape), np.empty((0, 2), np.int64) if kinks is None else kinks
    scale = max(1.0, float(np.linalg.norm(point)))
    trust, rest = _TRUST * scale, Rest(point, np.nan, np.inf, held, False)
    for _ in range(most):
        held, across = _independent(of, held, basis, len(point))
        point = point - across @ of.distances(point)[tuple(held.T)]
        model = _Model(**vars(bend(landscape, point, along(basis, across))))
        rest = Rest(point, model.value, float(np.linalg.norm(model.slopes)), held, False)
        step, promised = model.step(trust)
        if rest.slope < tolerance:
            if not model.unstable:
                leave = _way_off(landscape, point, across)
                if leave is None:
                    return Rest(point, rest.value, rest.slope, held, True)
                point, held = point + leave.step, np.delete(held, leave.kink, axis=0)
                continue
            step, promised = model.push(landscape, point, _PUSH * scale), 0.0
        share, new = _first_minimum(landscape, of, _Line(point, step, model.value, promised), held)
        if share == 0:
            return rest
        length = float(np.linalg.norm(step))
        trust = min(2 * trust, scale) if share == 1 and length > 0.9 * trust else max(trust, 2 * share * length)
        point = point + share * step
        held = held if new is None else np.concatenate([held, new[None]])
    return rest


class _Model(Bend):
    """The loss about a point, to second order along some directions."""

    @property
    def flat(self) -> float:
        """Size below which an eigenvalue counts as flat."""
        return _FLAT * float(np.abs(self.eigenvalues).max(initial=0.0))

    @property
    def unstable(self) -> bool:
        """Whether the loss is bent down along some direction."""
        return bool(self.eigenvalues.min(initial=0.0) < -100 * self.flat)

    def step(self, trust: float) -> tuple[Array, float]:
        """Newton's step (dim,) with the sizes of the eigenvalues, cut to ``trust``, and the slope along it."""
        size = np.abs(self.eigenvalues)
        inner = -np.where(size > self.flat, self.slopes / np.maximum(size, max(self.flat, 1e-300)), 0.0)
        inner *= min(1.0, trust / max(float(np.linalg.norm(inner)), 1e-300))
        return np.asarray(self.vectors @ inner), float(inner @ self.slopes)

    def push(self, landscape: NetworkLandscape, point: Array, length: float) -> Array:
        """A step along the lowest eigenvector, to the lower side."""
        sides = length * np.stack([self.vectors[:, 0], -self.vectors[:, 0]])
        return np.asarray(sides[int(np.argmin(landscape.value(point + sides)))])


@dataclass(frozen=True)
class _Line:
    """A step (dim,) from a point, the loss at its start and the slope along it there."""

    point: Array
    step: Array
    value: float
    slope: float

    def slopes(self, landscape: NetworkLandscape, shares: Array) -> Array:
        """Slopes at shares (n,) of the step."""
        points = self.point + shares[:, None] * self.step
        return np.asarray(landscape.gradient(np.ascontiguousarray(points)) @ self.step)


def _first_minimum(
    landscape: NetworkLandscape, of: Kinks, line: _Line, held: Pairs
) -> tuple[float, NDArray[np.int64] | None]:
    """Share of a step at which the loss is lowest first, and the kink (2,) there; 0 where it does not fall."""
    whole = float(landscape.value(line.point + line.step))
    if whole <= line.value + 1e-4 * line.slope and whole < line.value:
        return 1.0, None
    rounding = 1e-14 * max(abs(line.value), 1e-300)
    if -line.slope < rounding:  # a difference of losses says nothing here; the slopes do
        return float(abs(line.slopes(landscape, np.ones(1))[0]) < 0.5 * abs(line.slope)), None
    crossed, shares = _crossings(of, line, held)
    aside = 1e-9
    after = line.slopes(landscape, np.append(shares + aside, 1.0)) >= 0
    if not after.any():
        return 0.0, None
    k = int(np.argmax(after))
    if k < len(shares) and line.slopes(landscape, shares[k : k + 1] - aside)[0] < 0:
        return float(shares[k]), crossed[k]
    low, high = (float(shares[k - 1]) if k else 0.0), (float(shares[k]) if k < len(shares) else 1.0)
    for _ in range(60):
        middle = (low + high) / 2
        slope = float(line.slopes(landscape, np.array([middle]))[0])
        low, high = (middle, high) if slope < 0 else (low, middle)
        if abs(slope) < 0.3 * abs(line.slope) or high - low < 1e-12:
            break
    return float(middle), None


def _crossings(of: Kinks, line: _Line, held: Pairs) -> tuple[Pairs, Array]:
    """Kinks (C, 2) that a step crosses, in order, and at which shares (C,) of it."""
    before, behind = of.distances(line.point), of.distances(line.point + line.step)
    held_too = np.zeros(before.shape, bool)
    held_too[tuple(held.T)] = True
    noise = 1e-13 * max(1.0, float(np.linalg.norm(line.point)))  # twins of held ones: units that are one
    crossed = (before * behind < 0) & ~held_too & ((np.abs(before) > noise) | (np.abs(behind) > noise))
    kinks = np.argwhere(crossed)
    shares = before[crossed] / (before[crossed] - behind[crossed])
    order = np.argsort(shares, kind="stable")
    return kinks[order], shares[order]


@dataclass(frozen=True)
class _Way:
    """A step off one kink, down."""

    kink: int
    step: Array


def _independent(of: Kinks, kinks: Pairs, basis: Array, dim: int) -> tuple[Pairs, Array]:
    """Kinks whose normals in the directions (dim, K) are independent, and the moves (dim, A) that cross one alone.

    Two units that are one have their kinks together: to keep one of them is to keep both.
    """
    if not len(kinks):
        return kinks, np.empty((dim, 0))
    inner = of.normals(kinks, dim) @ basis
    with single_threaded():
        _, triangle, order = qr(inner.T, mode="economic", pivoting=True)
        size = np.abs(np.diag(triangle))
        keep = np.sort(order[: int(np.sum(size > _SAME))])
        return kinks[keep], basis @ np.linalg.pinv(inner[keep])


def along(basis: Array, across: Array) -> Array:
    """Orthonormal basis (dim, L) of those directions of ``basis`` (dim, K) that have no part in ``across`` (dim, A)."""
    if not across.shape[1]:
        return basis
    with single_threaded():
        inner, sizes, _ = np.linalg.svd(basis.T @ across)
        rank = int(np.sum(sizes > _SAME * max(float(sizes.max(initial=0.0)), 1e-300)))
        return np.ascontiguousarray(basis @ inner[:, rank:])


def _way_off(landscape: NetworkLandscape, point: Array, across: Array) -> _Way | None:
    """The step off a single kink along which the loss falls most steeply, None where it rises on both sides of all."""
    if not across.shape[1]:
        return None
    ways = across.T / np.linalg.norm(across, axis=0)[:, None]
    aside = _ASIDE * max(1.0, float(np.linalg.norm(point)))
    before, behind = (
        np.sum(landscape.gradient(np.ascontiguousarray(point + side * aside * ways)) * ways, axis=1) for side in (-1, 1)
    )
    rates = np.concatenate([before, -behind])  # of descent to the one side, and to the other
    steepest = int(np.argmax(rates))
    if rates[steepest] <= _SLACK:
        return None
    return _Way(steepest % len(ways), np.concatenate([-aside * ways, aside * ways])[steepest])

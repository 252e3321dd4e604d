"""The H-spin spherical glass as a landscape."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import permutations
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spinland_kernels.pspin import cpu as kernel
from spinland_kernels.pspin.rows import GAUSSIAN, SIGNS

from .. import checks, rng
from ..errors import ArgumentError
from ..provenance import fingerprint
from .affine import EvaluatedSlice
from .geometry import Sphere

_DISORDER = {"gaussian": GAUSSIAN, "signs": SIGNS}
_OFF_SPHERE = {np.dtype(np.float64): 1e-5, np.dtype(np.float32): 1e-3}
_MOST_COUPLINGS = 2**34  # numbers in one random stream


class SphericalSpinGlass:
    """One instance of the spherical H-spin glass, H being ``order``.

    H(σ) = Σ_p β_p N^{-(p−1)/2} Σ J_{i1…ip} σ_{i1} … σ_{ip} over all ordered p-tuples, J independent standard
    normal numbers, |σ|² = N: so E[H(σ) H(σ')] = N Σ_p β_p² q^p at overlap q = σ·σ'/N (Auffinger, Ben Arous
    and Černý, arXiv:1003.1129, eq. 1.1–1.2). Energies of the other common convention (Crisanti and Sommers
    1992) are smaller by √2.

    The value is the energy per spin, H/N. Gradient and Hessian are those of the value on the sphere.
    A coupling is stored once for each unordered index set: p! times less than the full tensor.

    Parameters
    ----------
    n_spins : int
        Number of spins N, at least 2.
    order : int or dict
        Order p of the interaction, at least 2; or a mixture {p: β_p}.
    seed : int
        64-bit seed. A coupling is a function of (seed, n_spins, p, index set).
    dtype : "float64" or "float32"
        Type of couplings and points.
    disorder : "gaussian" or "signs"
        Normal couplings, or those of two values of the same variance: equivalent for many spins, quicker to draw.
    generated : bool
        Store nothing and draw the couplings anew in each evaluation: time instead of memory. The instance is
        the same as the stored one.
    device : "cpu"
        Where to compute.

    Raises
    ------
    ArgumentError
        Fewer than two spins, an order below 2, an instance that does not fit into memory.

    Examples
    --------
    >>> import spinland as sl
    >>> glass = sl.SphericalSpinGlass(20, 3, seed=1)
    >>> points = glass.random_points(4)
    >>> glass.value(points).shape
    (4,)
    """

    def __init__(
        self,
        n_spins: int,
        order: int | Mapping[int, float],
        seed: int = 0,
        dtype: DTypeLike = "float64",
        *,
        disorder: str = "gaussian",
        generated: bool = False,
        device: str = "cpu",
    ):
        self.n_spins = checks.integer("n_spins", n_spins, minimum=2)
        self.mixture = _mixture(order)
        self.seed = rng.seed64("seed", seed)
        self.dtype = checks.float_type("dtype", dtype)
        self.device = checks.device(device)
        self.disorder = checks.choice("disorder", disorder, tuple(_DISORDER))
        self.generated = bool(checks.choice("generated", generated, (True, False)))
        self._couplings: dict[int, NDArray[Any]] = {}
        self._room()
        for p in self.mixture:
            out = np.empty(0 if self.generated else kernel.n_couplings(self.n_spins, p), self.dtype)
            if not self.generated:
                kernel.fill_couplings(
                    out, self.n_spins, p, self._key(p), int(rng.Purpose.COUPLINGS), _DISORDER[disorder]
                )
            self._couplings[p] = out
        name = f"glass {self.n_spins} {self.mixture} {self.seed} {self.disorder}"
        self.fingerprint = fingerprint(np.frombuffer(name.encode(), np.uint8))

    @classmethod
    def from_couplings(
        cls, couplings: ArrayLike | Mapping[int, ArrayLike], dtype: DTypeLike = "float64"
    ) -> SphericalSpinGlass:
        """Glass with given couplings J (N, …, N), or a mixture {p: J_p}; β is 1 and may be put into J.

        Only the symmetric part of a tensor enters the energy.

        Raises
        ------
        ArgumentError
            A tensor that is not a hypercube of two dimensions or more, not finite, or of another N.
        """
        given = couplings if isinstance(couplings, Mapping) else {np.ndim(couplings): couplings}
        if not given:
            raise ArgumentError("couplings", "one tensor or more", "none")
        tensors = {}
        for p, tensor in given.items():
            array = checks.float_array("couplings", tensor)
            if array.ndim < 2 or len(set(array.shape)) != 1 or array.shape[0] < 2 or array.ndim != p:
                raise ArgumentError(
                    "couplings", f"a hypercube of {p} dimensions, two or more, and two spins or more",
                    f"shape {array.shape}",
                )  # fmt: skip
            tensors[int(p)] = array
        sizes = {tensor.shape[0] for tensor in tensors.values()}
        if len(sizes) != 1:
            raise ArgumentError("couplings", "tensors of one number of spins", f"{sorted(sizes)}")
        self = cls.__new__(cls)
        self.n_spins, self.seed, self.disorder, self.generated = sizes.pop(), 0, "given", False
        self.mixture = dict.fromkeys(sorted(tensors), 1.0)
        self.dtype, self.device = checks.float_type("dtype", dtype), "cpu"
        self._couplings = {p: _packed(tensors[p]).astype(self.dtype) for p in self.mixture}
        self.fingerprint = fingerprint(*self._couplings.values())
        return self

    def __repr__(self) -> str:
        return f"SphericalSpinGlass(n_spins={self.n_spins}, order={self.order}, seed={self.seed})"

    @property
    def order(self) -> int | dict[int, float]:
        """The order p, or the mixture {p: β_p}."""
        only = next(iter(self.mixture))
        return only if self.mixture == {only: 1.0} else dict(self.mixture)

    @property
    def dim(self) -> int:
        """Length of a point: the number of spins."""
        return self.n_spins

    @property
    def geometry(self) -> Sphere:
        """The sphere |σ|² = N."""
        return Sphere(float(np.sqrt(self.n_spins)))

    @property
    def n_couplings(self) -> int:
        """Number of couplings, one for each unordered index set."""
        return sum(kernel.n_couplings(self.n_spins, p) for p in self.mixture)

    @property
    def nbytes(self) -> int:
        """Memory of the stored couplings; 0 where they are generated."""
        return sum(part.nbytes for part in self._couplings.values())

    def covariance(self, q: ArrayLike) -> Any:
        """ξ(q) = Σ β_p² q^p: the covariance of H at overlap q over the disorder, divided by N."""
        overlap = np.asarray(q, np.float64)
        return sum(beta**2 * overlap**p for p, beta in self.mixture.items())

    def random_points(self, n: int, seed: int = 0) -> NDArray[Any]:
        """Points (n, N) uniform on the sphere; point i is a function of (seed, i)."""
        n = checks.integer("n", n, minimum=1)
        points = np.empty((n, self.n_spins))
        for i in range(n):
            points[i] = rng.normals(seed, rng.Purpose.SPINS, i, 0, self.n_spins)
        return self.geometry.retract(points).astype(self.dtype)

    def couplings(self) -> Any:
        """The symmetric tensor (N, …, N) in float64, or {p: tensor}; ``from_couplings`` takes it back."""
        tensors = {p: self.mixture[p] * _unpacked(self._stored(p), self.n_spins, p) for p in self.mixture}
        return next(iter(tensors.values())) if len(tensors) == 1 else tensors

    def value(self, points: ArrayLike) -> Any:
        """Energies per spin (B,) of points (B, N) on the sphere; a float for one point."""
        batch, single = self._on_sphere("points", points)
        values = self._polynomial(batch)[0]
        return float(values[0]) if single else values

    def evaluate(self, points: ArrayLike) -> tuple[Any, Any]:
        """Values, and NaN for the accuracy, which a glass does not have."""
        values = self.value(points)
        return (values, float("nan")) if np.ndim(values) == 0 else (values, np.full(len(values), np.nan))

    def gradient(self, points: ArrayLike) -> NDArray[Any]:
        """Gradients of the value on the sphere, tangential, shaped like the points."""
        return self.value_and_gradient(points)[1]

    def value_and_gradient(self, points: ArrayLike) -> tuple[Any, NDArray[Any]]:
        """Values and their gradients on the sphere, in one pass over the couplings."""
        batch, single = self._on_sphere("points", points)
        values, gradients = self._polynomial(batch)
        gradients = self.geometry.tangent(batch, gradients)
        return (float(values[0]), gradients[0]) if single else (values, gradients)

    def hessian_product(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian of the value on the sphere, P(∇²H − σ·∇H/N)P / N, at one point (N,), times vectors."""
        at, _ = self._on_sphere("point", checks.float_array("point", point, shape=(self.dim,)))
        batch, single = checks.point_batch("vectors", vectors, self.dim, dtype=self.dtype)
        products = self.hessian_products(np.repeat(at, len(batch), axis=0), batch)
        return products[0] if single else products

    def hessian_products(self, points: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian of the value on the sphere at point b times vector b, both (B, N)."""
        batch, _ = self._on_sphere("points", points)
        along, _ = checks.point_batch("vectors", vectors, self.dim, dtype=self.dtype)
        if batch.shape != along.shape:
            raise ArgumentError("vectors", f"shape {batch.shape}", f"shape {along.shape}")
        along = self.geometry.tangent(batch, along)
        # The gradient is a polynomial in the step: its derivative from as many points as it has coefficients.
        nodes = np.arange(max(self.mixture)) - (max(self.mixture) - 1) / 2
        inverse = np.linalg.inv(np.vander(nodes, increasing=True))
        product = sum(
            weight * self._polynomial(batch + node * along)[1]
            for weight, node in zip(inverse[1], nodes, strict=True)
        )
        radial = np.sum(batch * self._polynomial(batch)[1], axis=1, keepdims=True) / self.n_spins
        return np.asarray(self.geometry.tangent(batch, product - radial * along), self.dtype)

    def hessians(self, points: ArrayLike) -> NDArray[Any]:
        """Hessians (B, N, N) of the value on the sphere; the direction of the point has eigenvalue 0."""
        batch, _ = self._on_sphere("points", points)
        unit = np.eye(self.dim, dtype=self.dtype)
        columns = [self.hessian_products(batch, np.repeat(e[None], len(batch), axis=0)) for e in unit]
        return np.stack(columns, axis=2)

    def polynomial(self, points: ArrayLike) -> Any:
        """H/N as a polynomial at any points (B, N), on the sphere or not; homogeneous for a pure glass."""
        batch, single = checks.point_batch("points", points, self.dim, dtype=self.dtype)
        values = self._polynomial(batch)[0]
        return float(values[0]) if single else values

    def slice(self, origin: ArrayLike, directions: ArrayLike) -> Any:
        """Values on the radial projection of origin + Σ c_k directions (K, N) onto the sphere."""
        at = checks.float_array("origin", origin, shape=(self.dim,), dtype=self.dtype)
        along, _ = checks.point_batch("directions", directions, self.dim, dtype=self.dtype)
        return EvaluatedSlice(_Projected(self), at, along)  # type: ignore[arg-type]

    def _polynomial(self, batch: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """H/N and its gradient in R^N."""
        values, gradients = np.zeros(len(batch)), np.zeros_like(batch)
        for p, beta in self.mixture.items():
            energy, gradient = kernel.energy_gradient(
                self._couplings[p], self.n_spins, p, self._key(p), int(rng.Purpose.COUPLINGS),
                _DISORDER.get(self.disorder, GAUSSIAN), batch,
            )  # fmt: skip
            scale = beta * self.n_spins ** (-(p + 1) / 2)
            values += scale * energy
            gradients += self.dtype.type(scale) * gradient
        return values, gradients

    def _on_sphere(self, name: str, points: ArrayLike) -> tuple[NDArray[Any], bool]:
        batch, single = checks.point_batch(name, points, self.dim, dtype=self.dtype)
        square = np.sum(batch.astype(np.float64) ** 2, axis=1) / self.n_spins
        off = np.abs(square - 1)
        if len(off) and off.max() > _OFF_SPHERE[self.dtype]:
            raise ArgumentError(
                name, f"points on the sphere |σ|² = {self.n_spins}; glass.geometry.retract brings them there",
                f"|σ|²/N = {square[off.argmax()]:.6g}",
            )  # fmt: skip
        return (batch / np.sqrt(square)[:, None]).astype(self.dtype), single

    def _key(self, order: int) -> int:
        return rng.derive_seed(self.seed, self.n_spins, order)

    def _stored(self, order: int) -> NDArray[Any]:
        if not self.generated:
            return self._couplings[order]
        return type(self)(self.n_spins, order, self.seed, self.dtype, disorder=self.disorder)._couplings[
            order
        ]

    def _room(self) -> None:
        """Refuse what does not fit into memory."""
        if any(kernel.n_couplings(self.n_spins, p) > _MOST_COUPLINGS for p in self.mixture):
            raise ArgumentError(
                "n_spins", f"at most {_MOST_COUPLINGS} couplings of one order", self.n_couplings
            )
        need = self.n_couplings * self.dtype.itemsize
        have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if not self.generated and need > 0.8 * have:
            raise ArgumentError(
                "n_spins", f"couplings that fit into memory ({have / 1e9:.1f} GB); generated=True stores none",
                f"{self.n_couplings} couplings of {need / 1e9:.1f} GB",
            )  # fmt: skip


class _Projected:
    """The glass at the radial projection of any point."""

    def __init__(self, glass: SphericalSpinGlass):
        self._glass = glass

    def evaluate(self, points: NDArray[Any]) -> tuple[Any, Any]:
        return self._glass.evaluate(self._glass.geometry.retract(points))


def _mixture(order: Any) -> dict[int, float]:
    """Orders and their β, orders rising."""
    if not isinstance(order, Mapping):
        return {checks.integer("order", order, minimum=2): 1.0}
    if not order:
        raise ArgumentError("order", "an order of at least 2, or a mixture {order: β}", "{}")
    pairs = {checks.integer("order", p, minimum=2): checks.real("order", beta) for p, beta in order.items()}
    if not any(pairs.values()):
        raise ArgumentError("order", "a mixture with a β other than 0", order)
    return {p: pairs[p] for p in sorted(pairs) if pairs[p] != 0}


def _falling(n: int, order: int) -> NDArray[np.int64]:
    """All index sets with falling indices by rank, (n_couplings, order)."""
    sets = np.arange(n)[:, None]
    for _ in range(order - 1):
        # For each first index i the sets of the next lower order below i + 1, which come first in rank.
        count = np.searchsorted(sets[:, 0], np.arange(n), side="right")
        first = np.repeat(np.arange(n), count)
        sets = np.column_stack([first, np.concatenate([sets[:c] for c in count])])
    return sets


def _packed(tensor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of a tensor over the orderings of each index set."""
    n, p = tensor.shape[0], tensor.ndim
    symmetric = np.zeros_like(tensor)
    for axes in permutations(range(p)):
        symmetric += np.transpose(tensor, axes)
    symmetric /= factorial(p)
    sets = _falling(n, p)
    return np.asarray(symmetric[tuple(sets.T)] * _orderings(sets))


def _unpacked(packed: NDArray[Any], n: int, order: int) -> NDArray[np.float64]:
    """The symmetric tensor whose sums over orderings are given."""
    sets = _falling(n, order)
    tensor = np.empty((n,) * order)
    values = packed.astype(np.float64) / _orderings(sets)
    for axes in permutations(range(order)):
        tensor[tuple(sets[:, axes].T)] = values
    return tensor


def _orderings(sets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Number of ordered tuples with the indices of each set, (n_couplings,)."""
    result = np.ones(len(sets))
    run = np.ones(len(sets))
    for a in range(1, sets.shape[1]):
        run = np.where(sets[:, a] == sets[:, a - 1], run + 1, 1)
        result *= (a + 1) / run
    return result

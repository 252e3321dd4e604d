"""The H-spin spherical glass as a landscape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..provenance import fingerprint
from .base import BaseLandscape, point_pairs
from .couplings import DISORDER, Couplings, given_couplings, mixture_of
from .geometry import Sphere
from .glass_slice import GlassSlice
from .spaces import refuse_ratios


class SphericalSpinGlass(BaseLandscape):
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
        Normal couplings, or those of two values of the same variance: equivalent for many spins (the covariance
        is the same for any number), and several times quicker to draw.
    generated : bool
        Store nothing and draw the couplings anew in each evaluation: time instead of memory. The instance is
        the same as the stored one.
    device : "cpu", "cuda" or "cuda:1"
        Where to compute. A card keeps stored couplings in its memory; generated ones are drawn there.

    Raises
    ------
    ArgumentError
        Fewer than two spins, an order below 2, an instance that does not fit into memory.
    DeviceUnavailable, DeviceMemoryError
        The card is not there, or is too small for the couplings: ``generated=True`` stores none.

    Examples
    --------
    >>> import spinland as sl
    >>> glass = sl.SphericalSpinGlass(20, 3, seed=1)
    >>> points = glass.random_points(4)
    >>> glass.value(points).shape
    (4,)
    """

    quantity = "energy per spin"
    unit = ""

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
        n_spins = checks.integer("n_spins", n_spins, minimum=2)
        mixture = mixture_of(order)
        seed = rng.seed64("seed", seed)
        dtype, device = checks.float_type("dtype", dtype), checks.device(device)
        checks.choice("disorder", disorder, tuple(DISORDER))
        generated = checks.boolean("generated", generated)
        self._take(Couplings(n_spins, mixture, dtype, device, seed=seed, disorder=disorder, generated=generated))

    @classmethod
    def from_couplings(
        cls, couplings: ArrayLike | Mapping[int, ArrayLike], dtype: DTypeLike = "float64", *, device: str = "cpu"
    ) -> SphericalSpinGlass:
        """Glass with given couplings J (N, …, N), or a mixture {p: J_p}; β is 1 and may be put into J.

        Only the symmetric part of a tensor enters the energy.

        Raises
        ------
        ArgumentError
            A tensor that is not a hypercube of two dimensions or more, not finite, or of another N.
        """
        return cls._of(given_couplings(couplings, checks.float_type("dtype", dtype), checks.device(device)))

    @classmethod
    def _of(cls, couplings: Couplings) -> SphericalSpinGlass:
        """The glass of these couplings."""
        self = cls.__new__(cls)
        self._take(couplings)
        return self

    def _take(self, couplings: Couplings) -> None:
        self._couplings = couplings
        self.n_spins, self.mixture, self.seed = couplings.n_spins, couplings.mixture, couplings.seed
        self.dtype, self.device = couplings.dtype, couplings.device
        self.disorder, self.generated = couplings.disorder, couplings.generated
        given = couplings.arrays() if self.disorder == "given" else ()
        self.fingerprint = fingerprint(self._title(), *given)

    def _title(self) -> str:
        """All that defines the instance but couplings that were given."""
        return f"glass {self.n_spins} {self.mixture} {self.seed} {self.disorder} {self.dtype}"

    def __repr__(self) -> str:
        source = "given couplings" if self.disorder == "given" else f"seed={self.seed}, disorder={self.disorder!r}"
        kept = ", generated=True" if self.generated else ""
        return f"SphericalSpinGlass(n_spins={self.n_spins}, order={self.order}, {source}, dtype='{self.dtype}'{kept})"

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
    def extent(self) -> int:
        """Number of spins: the value is the energy per spin, H/N."""
        return self.n_spins

    @property
    def symmetric(self) -> bool:
        """Whether H(−σ) = H(σ): all orders are even."""
        return all(p % 2 == 0 for p in self.mixture)

    @property
    def n_couplings(self) -> int:
        """Number of couplings, one for each unordered index set."""
        return self._couplings.count

    @property
    def nbytes(self) -> int:
        """Memory of the stored couplings; 0 where they are generated."""
        return self._couplings.nbytes

    def covariance(self, q: ArrayLike) -> Any:
        """ξ(q) = Σ β_p² q^p: the covariance of H at overlap q over the disorder, divided by N."""
        overlap = checks.float_array("q", q)
        if np.abs(overlap).max(initial=0.0) > 1 + 1e-9:
            raise ArgumentError("q", "overlaps in [-1, 1]", float(np.abs(overlap).max()))
        return sum(beta**2 * overlap**p for p, beta in self.mixture.items())

    def random_points(self, n: int, seed: int = 0) -> NDArray[Any]:
        """Points (n, N) uniform on the sphere; point i is a function of (seed, i)."""
        n = checks.integer("n", n, minimum=1)
        checks.room("n", n, 2 * 8 * n * self.n_spins)
        points = np.empty((n, self.n_spins))
        rng.fill_normals(points, seed, rng.Purpose.SPINS, np.arange(n), 0)
        return self.geometry.retract(points).astype(self.dtype)

    def couplings(self) -> Any:
        """The symmetric tensor (N, …, N) in float64, or {p: tensor}, β in it; ``from_couplings`` takes it back.

        Raises
        ------
        ArgumentError
            N^p numbers do not fit into memory.
        """
        tensors = self._couplings.tensors()
        return next(iter(tensors.values())) if len(tensors) == 1 else tensors

    def value(self, points: ArrayLike) -> Any:
        """Energies per spin (B,) of points (B, N) on the sphere; a float for one point."""
        batch, single = self._on_sphere("points", points)
        values = self._polynomial(batch)[0]
        return float(values[0]) if single else values

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
        products = self._hessian(at, batch)
        return products[0] if single else products

    def hessian_products(self, points: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian of the value on the sphere at point b times vector b, both (B, N)."""
        batch, along = point_pairs(self, points, vectors)
        batch, _ = self._on_sphere("points", batch)
        return self._hessian(batch, along)

    def hessians(self, points: ArrayLike) -> NDArray[Any]:
        """Hessians (B, N, N) of the value on the sphere; the direction of the point has eigenvalue 0.

        P(∇²H − (σ·∇H/N))P / N as matrices: N² numbers for each point, so for many points of a small glass or
        a few of a larger one.
        """
        batch, _ = self._on_sphere("points", points)
        total = np.zeros((len(batch), self.dim, self.dim), self.dtype)
        radial = np.zeros(len(batch))
        for p, scale, glass in self._couplings.parts():
            energy, matrix = self._couplings.kernel.hessians(batch, *glass)
            radial += p * scale * energy / self.n_spins
            total += self.dtype.type(scale) * matrix
        unit = batch / np.sqrt(np.sum(batch * batch, axis=1, keepdims=True))
        along = np.einsum("bij,bj->bi", total, unit)
        twice = np.einsum("bi,bi->b", unit, along)
        total -= unit[:, :, None] * along[:, None, :] + along[:, :, None] * unit[:, None, :]
        total += (twice + radial.astype(self.dtype))[:, None, None] * unit[:, :, None] * unit[:, None, :]
        diagonal = np.arange(self.dim)
        total[:, diagonal, diagonal] -= radial.astype(self.dtype)[:, None]
        return total

    def polynomial(self, points: ArrayLike) -> Any:
        """H/N as a polynomial at any points (B, N), on the sphere or not; homogeneous for a pure glass."""
        batch, single = checks.point_batch("points", points, self.dim, dtype=self.dtype)
        values = self._polynomial(batch)[0]
        return float(values[0]) if single else values

    def slice(self, origin: ArrayLike, directions: ArrayLike) -> Any:
        """Values on the radial projection of origin + Σ c_k directions (K, N) onto the sphere.

        The couplings are contracted once, at the price of about one gradient for each vector; then no point costs
        anything that depends on N. At the centre of the sphere the value is NaN.
        """
        at = checks.float_array("origin", origin, shape=(self.dim,), dtype=self.dtype)
        along, _ = checks.point_batch("directions", directions, self.dim, dtype=self.dtype)
        vectors = np.concatenate([at[None], along])
        wide = vectors.astype(np.float64)
        tables = {
            p: scale * self._couplings.kernel.table(vectors, *glass) for p, scale, glass in self._couplings.parts()
        }
        return GlassSlice(tables, wide @ wide.T / self.n_spins, self.device)

    # What the kernel needs, and what comes out of it

    def _polynomial(self, batch: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """H/N and its gradient in R^N."""
        values, gradients = np.zeros(len(batch)), np.zeros_like(batch)
        for _, scale, glass in self._couplings.parts() if len(batch) else ():
            energy, gradient = self._couplings.kernel.values_and_gradients(batch, *glass)
            values += scale * energy
            gradients += self.dtype.type(scale) * gradient
        return values, gradients

    def _hessian(self, points: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any]:
        """Hessian on the sphere times vectors (B, N) at points (B, N), or at one point (1, N)."""
        along = np.asarray(self.geometry.tangent(points, vectors), self.dtype)
        product, radial = np.zeros_like(along), np.zeros(len(points))
        for p, scale, glass in self._couplings.parts() if len(along) else ():
            energy, _, curvature = self._couplings.kernel.hessian_products(points, along, *glass)
            product += self.dtype.type(scale) * curvature
            radial += p * scale * energy / self.n_spins  # σ·∇H = p H
        product -= radial.astype(self.dtype)[:, None] * along
        return np.asarray(self.geometry.tangent(points, product), self.dtype)

    def _on_sphere(self, name: str, points: ArrayLike) -> tuple[NDArray[Any], bool]:
        batch, single = checks.point_batch(name, points, self.dim, dtype=self.dtype)
        square = np.sum(batch.astype(np.float64) ** 2, axis=1) / self.n_spins
        refuse_ratios(name, square, float(np.sqrt(self.n_spins)), self.dtype)
        return (batch / np.sqrt(square)[:, None]).astype(self.dtype), single

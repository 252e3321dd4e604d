"""Couplings of a spin glass: drawn, given or generated anew whenever they are needed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spinland_kernels.types import GAUSSIAN, SIGNS
from spinland_kernels.types import Couplings as OneOrder

from .. import checks, rng
from ..errors import ArgumentError
from ..machines import operation
from .index_sets import packed, unpacked

DISORDER = {"gaussian": GAUSSIAN, "signs": SIGNS}
_MOST_COUPLINGS = 2**34  # numbers in one random stream


class Couplings:
    """One number for each order p and each unordered index set, of one instance.

    Parameters
    ----------
    n_spins : int
        Number of spins N.
    mixture : dict
        β_p for each order p, orders rising.
    dtype : dtype
        Their float type.
    device : str
        Where they are.
    seed : int
        A coupling is a function of (seed, n_spins, p, index set).
    disorder : "gaussian", "signs" or "given"
        Their law.
    generated : bool
        Store none of them.
    given : dict, optional
        The numbers for each order, by rank; they are drawn, or generated, without it.

    Raises
    ------
    ArgumentError
        More couplings than can be counted, or than fit into memory.
    """

    def __init__(
        self,
        n_spins: int,
        mixture: Mapping[int, float],
        dtype: np.dtype[Any],
        device: str,
        *,
        seed: int = 0,
        disorder: str = "given",
        generated: bool = False,
        given: Mapping[int, NDArray[Any]] | None = None,
    ):
        self.n_spins, self.mixture, self.dtype, self.device = n_spins, dict(mixture), dtype, device
        self.seed, self.disorder, self.generated = seed, disorder, generated
        self._refuse_too_many()
        self._keys = {p: rng.derive_seed(seed, n_spins, p) for p in self.mixture}
        if given is not None:
            self._orders = {p: self._one_order(p, given[p].astype(dtype)) for p in self.mixture}
        elif generated:
            self._orders = {p: self._one_order(p, np.empty(0, dtype)) for p in self.mixture}
        else:
            self._orders = {p: self._drawn(p) for p in self.mixture}
        self._prepared: dict[int, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        """All but what the kernels have made ready: that lies on a device, and is made again."""
        return {**self.__dict__, "_prepared": {}}

    @property
    def kernel(self) -> ModuleType:
        """The kernels of the glass for the device."""
        return operation("pspin", self.device)

    @property
    def count(self) -> int:
        """Number of couplings of all orders."""
        return sum(self.kernel.n_couplings(self.n_spins, p) for p in self.mixture)

    @property
    def nbytes(self) -> int:
        """Memory that they take; 0 where they are generated."""
        return sum(part.values.nbytes for part in self._orders.values())

    def arrays(self) -> Iterator[NDArray[Any]]:
        """The stored numbers, orders rising."""
        return (part.values for part in self._orders.values())

    def parts(self) -> Iterator[tuple[int, float, tuple[OneOrder, Any]]]:
        """For each order p: p, the factor of the sum over index sets in H/N, and what the kernel takes behind points.

        These are the couplings and what the kernel has prepared of them, once.
        """
        for p, beta in self.mixture.items():
            if p not in self._prepared:
                self._prepared[p] = self.kernel.prepare(self._orders[p])
            yield p, beta * self.n_spins ** (-(p + 1) / 2), (self._orders[p], self._prepared[p])

    def tensors(self) -> dict[int, NDArray[np.float64]]:
        """For each order the symmetric tensor (N, …, N), β in it.

        Raises
        ------
        ArgumentError
            N^p numbers do not fit into memory.
        """
        need = sum(2 * 8 * self.n_spins**p for p in self.mixture)  # and as much again for the indices
        if need > checks.free_memory():
            raise ArgumentError(
                "n_spins",
                f"full tensors that fit into the memory that is free ({checks.free_memory() / 1e9:.1f} GB)",
                f"{self.n_spins} spins, which take {need / 1e9:.1f} GB",
            )
        whole = {p: self._drawn(p) if self.generated else self._orders[p] for p in self.mixture}
        return {p: self.mixture[p] * unpacked(whole[p].values, self.n_spins, p) for p in self.mixture}

    def _one_order(self, order: int, values: NDArray[Any]) -> OneOrder:
        law = DISORDER.get(self.disorder, GAUSSIAN)
        return OneOrder(values, self.n_spins, order, self._keys[order], int(rng.Purpose.COUPLINGS), law)

    def _drawn(self, order: int) -> OneOrder:
        count = self.kernel.n_couplings(self.n_spins, order)
        couplings = self._one_order(order, np.empty(count, self.dtype))
        self.kernel.fill_couplings(couplings)
        return couplings

    def _refuse_too_many(self) -> None:
        if self.disorder == "given":
            return
        for p in self.mixture:
            count = math.comb(self.n_spins + p - 1, p)
            if count > _MOST_COUPLINGS:
                raise ArgumentError("n_spins", f"at most {_MOST_COUPLINGS} couplings of one order", count)
            # The kernel counts index sets with 64-bit products: C(N + p, j) (N + p), j ≤ p.
            if max(math.comb(self.n_spins + p, j) for j in range(p + 1)) * (self.n_spins + p) >= 2**63:
                raise ArgumentError("order", f"an order whose index sets of {self.n_spins} spins can be counted", p)
        need = self.count * self.dtype.itemsize
        have = checks.free_memory()
        if not self.generated and need > have:
            raise ArgumentError(
                "n_spins",
                f"couplings that fit into the memory that is free ({have / 1e9:.1f} GB); generated=True stores none",
                f"{self.count} couplings of {need / 1e9:.1f} GB",
            )


def mixture_of(order: Any) -> dict[int, float]:
    """Orders and their β, orders rising, from an order or a mixture {order: β}.

    Raises
    ------
    ArgumentError
        An order below 2, or nothing but zeros.
    """
    if not isinstance(order, Mapping):
        return {checks.integer("order", order, minimum=2): 1.0}
    if not order:
        raise ArgumentError("order", "an order of at least 2, or a mixture {order: β}", "{}")
    pairs = {checks.integer("order", p, minimum=2): checks.real("order", beta) for p, beta in order.items()}
    if not any(pairs.values()):
        raise ArgumentError("order", "a mixture with a β other than 0", order)
    return {p: pairs[p] for p in sorted(pairs) if pairs[p] != 0}


def given_couplings(couplings: ArrayLike | Mapping[int, ArrayLike], dtype: np.dtype[Any], device: str) -> Couplings:
    """Those of a tensor J (N, …, N), or of a mixture {p: J_p}; only the symmetric part of a tensor enters.

    Raises
    ------
    ArgumentError
        A tensor that is not a hypercube of two dimensions or more, not finite, or of another N.
    """
    given: Mapping[int, ArrayLike]
    if isinstance(couplings, Mapping):
        given = couplings
    else:
        whole = checks.float_array("couplings", couplings)
        given = {whole.ndim: whole}
    if not given:
        raise ArgumentError("couplings", "one tensor or more", "none")
    tensors = {}
    for key, tensor in given.items():
        p = checks.integer("couplings", key)
        array = checks.float_array("couplings", tensor)
        if array.ndim < 2 or len(set(array.shape)) != 1 or array.shape[0] < 2 or array.ndim != p:
            raise ArgumentError(
                "couplings",
                "a hypercube (N, …, N) of two dimensions or more, as many as its order, and two spins or more",
                f"shape {array.shape}",
            )
        tensors[p] = array
    sizes = {tensor.shape[0] for tensor in tensors.values()}
    if len(sizes) != 1:
        raise ArgumentError("couplings", "tensors of one number of spins", f"{sorted(sizes)}")
    mixture = dict.fromkeys(sorted(tensors), 1.0)
    return Couplings(sizes.pop(), mixture, dtype, device, given={p: packed(tensors[p]) for p in mixture})

"""How permutations of two networks are looked for: what is compared, from which starts, and which is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..arrays import Owner
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from .balance import Balanced, balanced, rows_of
from .matching import Pairing, Permutations
from .starts import starts
from .transformation import a_network

METHODS = ("weights", "activations", "both")


class Seen(NamedTuple):
    """A balanced network, and the outputs (n, M_l) of its hidden neurons on the samples; none where nobody asks."""

    network: Balanced
    activations: list[NDArray[np.float64]]


@dataclass(frozen=True)
class Search(Owner):
    """How permutations are looked for, checked."""

    network: ReLUNetwork
    method: str
    n_starts: int
    seed: int
    x: NDArray[np.float64] | None

    @classmethod
    def checked(cls, network: ReLUNetwork, method: str, n_starts: int, seed: int, x: ArrayLike | None) -> Search:
        """From arguments of a public function."""
        checks.choice("method", method, METHODS)
        n_starts = checks.integer("n_starts", n_starts, minimum=1, maximum=2**32 - 1)
        if (x is None) != (method == "weights"):
            expected = f"samples (n, {network.widths[0]}) whose activations are compared" if x is None else "none"
            raise ArgumentError("x", f"{expected} for the method {method!r}", "nothing" if x is None else "samples")
        samples = None if x is None else checks.float_array("x", x, shape=(None, network.widths[0]))
        if samples is not None and not len(samples):
            raise ArgumentError("x", "at least one sample", "none")
        return cls(a_network(network), method, n_starts, rng.seed64("seed", seed), samples)

    @property
    def exact(self) -> bool:
        """Whether what it finds is proven to be nearest."""
        return self.method == "weights" and self.network.n_hidden_layers <= 1

    def seen(self, point: NDArray[Any]) -> Seen:
        """A point (dim,) made ready to be compared."""
        one = balanced(rows_of(self.network, point, point.dtype))
        outputs: list[NDArray[np.float64]] = []
        if self.x is None:
            return Seen(one, outputs)
        value = self.x
        for matrix in one.rows[:-1]:
            width = value.shape[1]
            value = np.maximum(value @ matrix[:, :width].T + matrix[:, width:].sum(axis=1), 0.0)
            outputs.append(value)
        return Seen(one, outputs)

    def pairing(self, reference: Seen, other: Seen) -> Pairing:
        """Reference and network, with what is to be made large."""
        mine, yours = reference.network.rows, other.network.rows
        if self.method == "weights":
            return Pairing(mine, yours)
        similar = [a.T @ b for a, b in zip(reference.activations, other.activations, strict=True)]
        if self.method == "activations":
            return Pairing(mine, yours, 0.0, similar)
        unit = _norm(reference.activations) * _norm(other.activations) or 1.0
        return Pairing(mine, yours, 1 / (_norm(mine) * _norm(yours) or 1.0), [part / unit for part in similar])

    def best(self, pairing: Pairing) -> tuple[Permutations, float, float, float]:
        """Permutations, the distance before and with them, and the spread of distances over starts."""
        identity = pairing.identity()
        before = pairing.distance(identity)
        if pairing.hidden <= 1 or self.method == "activations":
            tried = [pairing.improve(identity, range(pairing.hidden))]
        else:
            tried = [pairing.improve(*start) for start in starts(pairing, self.n_starts, self.seed)]
        distances = [pairing.distance(permutations) for permutations in tried]
        nearest = int(np.argmin(distances))
        spread = max(distances) - distances[nearest]
        if distances[nearest] >= before:
            return identity, before, before, spread
        return tried[nearest], before, distances[nearest], spread


def _norm(matrices: list[NDArray[np.float64]]) -> float:
    return float(np.sqrt(sum(float(np.vdot(matrix, matrix)) for matrix in matrices)))

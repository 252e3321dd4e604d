r"""Which neuron of one network is which of another: permutations that bring two networks together.

With the permutations p_l of the hidden layers, the neurons of layer l of the second network stand in the order
p_l. What is made as large as possible is a sum over layers of ⟨A_l, P_l B_l P_{l-1}ᵀ⟩, the inner product of the two
networks as vectors (of their rows, biases included), to which a similarity of activations may be added, linear in P_l:

    A_0 ──── A_1 ──── A_2        rows of the reference, layer by layer
     │        │        │         in each layer one permutation; a matrix in the middle has one on either side
    B_0 ──── B_1 ──── B_2        rows of the network

As \|a − Pb\|² = \|a\|² + \|b\|² − 2 a·Pb and no permutation changes \|b\|, that is the smallest distance.

*One hidden layer.* a·Pb = Σ_j (in_a[j]·in_b[p(j)] + out_a[j]·out_b[p(j)]) + output biases: a sum over assigned pairs of
neurons, in which nothing but the assignment enters. Its largest value is one linear assignment problem, which
SciPy's algorithm (D. Crouse, IEEE Trans. Aerosp. Electron. Syst. 52, 1679, 2016) solves exactly; its matrix is
rounded as the points are, to their float type.

*More hidden layers.* Matrices in the middle couple two permutations, and the problem is hard. Each permutation
is assigned exactly with the others fixed, layer after layer, until nothing changes (weight matching; Ainsworth, Hayase
and Srinivasa, arXiv:2209.04836): the sum never falls, and ends in a maximum that depends on where it starts.
`spinland.symmetry.starts` gives starts that differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from .balance import Rows, columns

Permutations = list[NDArray[np.int64]]

_SWEEPS = 1000  # five to fifteen are common
_ROUNDING = 8  # roundings of the largest sum that is possible: a gain below is none, or ties would go round in circles


class Pairing(NamedTuple):
    """Two networks to be brought together.

    Attributes
    ----------
    reference, rows : Rows
        Rows of both.
    weight : float
        Factor of the inner product of the rows; 0 leaves them out.
    activations : sequence of (M_l, M_l), optional
        Similarity of each neuron of the reference with each of the network, one matrix for each hidden layer.
    """

    reference: Rows
    rows: Rows
    weight: float = 1.0
    activations: Sequence[NDArray[Any]] | None = None

    @property
    def hidden(self) -> int:
        """Number of hidden layers."""
        return len(self.rows) - 1

    def identity(self) -> Permutations:
        """The order as it is."""
        return [np.arange(len(matrix)) for matrix in self.rows[:-1]]

    def entering(self, permutations: Permutations, layer: int) -> NDArray[Any]:
        """Inner products (M, M) of incoming weights and biases, given the layer before."""
        matrix = self.rows[layer]
        if layer:
            matrix = reordered(matrix, permutations[layer - 1])
        return np.asarray(self.reference[layer] @ matrix.T)

    def leaving(self, permutations: Permutations, layer: int) -> NDArray[Any]:
        """Inner products (M, M) of outgoing weights, given the layer after."""
        matrix = columns(self.rows, layer)
        if layer < self.hidden - 1:
            matrix = matrix[permutations[layer + 1]]
        return np.asarray(columns(self.reference, layer).T @ matrix)

    def beside(self) -> float:
        """Inner product of the output biases, which no permutation moves."""
        width = len(self.rows[-2]) if self.hidden else self.rows[-1].shape[1]
        return float(np.vdot(self.reference[-1][:, width:], self.rows[-1][:, width:]))

    def similarity(self, permutations: Permutations, layer: int) -> NDArray[Any]:
        """What each pair of neurons of a layer adds to the sum, (M, M), given the other layers."""
        if not self.weight:
            assert self.activations is not None
            return self.activations[layer]
        found = self.entering(permutations, layer)
        found += self.leaving(permutations, layer)
        if self.activations is not None:
            found *= self.weight
            found += self.activations[layer]
        return found

    def improve(self, permutations: Permutations, order: Sequence[int]) -> Permutations:
        """Assign layers in turn, each as well as the others allow, until none can be bettered.

        Parameters
        ----------
        permutations : list of (M_l,)
            Where to start.
        order : sequence of int
            In which the layers are visited.
        """
        if self.hidden == 1 or not self.weight:  # nothing depends on another layer
            return [assigned(self.similarity(permutations, layer)) for layer in range(self.hidden)]
        permutations, due = list(permutations), set(order)  # a layer is due again once one beside it has changed
        for _ in range(_SWEEPS):
            for layer in [layer for layer in order if layer in due]:
                due.discard(layer)
                similarity = self.similarity(permutations, layer)
                best = assigned(similarity)
                if total(similarity, best) > total(similarity, permutations[layer]) + _slack(similarity):
                    permutations[layer] = best
                    due |= {layer - 1, layer + 1}.intersection(order)
            if not due:
                break
        return permutations

    def distance(self, permutations: Permutations) -> float:
        """Euclidean distance of the reference and the reordered network, from their differences."""
        pairs = zip(self.reference, moved(self.rows, permutations), strict=True)
        return float(np.sqrt(sum(float(np.sum(np.square(a - b, dtype=np.float64))) for a, b in pairs)))


def assigned(similarity: NDArray[Any]) -> NDArray[np.int64]:
    """The column of each row in the assignment of greatest sum."""
    return np.asarray(scipy.optimize.linear_sum_assignment(similarity, maximize=True)[1], np.int64)


def reordered(matrix: NDArray[Any], permutation: NDArray[np.int64]) -> NDArray[Any]:
    """Rows of a layer whose inputs stand in another order; a column of biases stays last."""
    biases = np.arange(len(permutation), matrix.shape[1])
    return matrix[:, np.concatenate([permutation, biases])]


def moved(rows: Rows, permutations: Permutations) -> Rows:
    """Rows of the network whose hidden neurons stand in another order."""
    found = []
    for layer, matrix in enumerate(rows):
        if layer < len(permutations):
            matrix = matrix[permutations[layer]]
        found.append(reordered(matrix, permutations[layer - 1]) if layer else matrix)
    return found


def total(similarity: NDArray[Any], permutation: NDArray[np.int64]) -> float:
    """The sum over assigned pairs, in float64."""
    return float(similarity[np.arange(len(permutation)), permutation].sum(dtype=np.float64))


def _slack(similarity: NDArray[Any]) -> float:
    largest = np.abs(similarity).max(axis=1, initial=0.0).sum(dtype=np.float64)
    return _ROUNDING * float(np.finfo(similarity.dtype).eps * largest)

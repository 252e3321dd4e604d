"""One point for all relabelled and rescaled copies of a network."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..landscape.network import ReLUNetwork
from .balance import Rows, balanced, columns, reformed, silence


def canonical(network: ReLUNetwork, points: ArrayLike) -> NDArray[Any]:
    """The representative of each point's class under permutation and rescaling of hidden neurons.

    Every hidden neuron is balanced: its incoming weights and bias together are as long as its outgoing weights, which
    makes the form the shortest vector of its class (:func:`balance`). Neurons are sorted by the direction of their
    incoming weights and bias, the first entry that differs deciding, from the first hidden layer to the last, with the
    layers before scaled to incoming norm one. A neuron with nothing coming in, or nothing going out, is dead: it comes
    last and all its weights are zero. Neurons whose incoming directions agree to rounding fire together; each gets the
    mean of their outgoing weights.

    The function of the network stays the same. Copies that differ by permutation alone get the same bits;
    rescaled ones the same numbers to rounding, unless the first weights of two different neurons agree to
    rounding.
    Norms agree to 1e-13 in float64, in which all is computed.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    points : array (B, dim) or (dim,)
        Its parameters.

    Returns
    -------
    array
        Shaped like ``points``; float32 stays, all else is float64.

    Raises
    ------
    ArgumentError
        Points of another length, or with NaN.
    """
    return reformed(network, points, lambda rows, eps: balanced(_normal_form(rows, 64 * eps)).rows)


def _normal_form(rows: Rows, tolerance: float) -> Rows:
    """Sorted, every living hidden neuron with incoming norm one, the dead last.

    Neurons that fire together may cancel, which may leave others without anything to do: then it is sorted once more.
    """
    dead = silence(rows)
    while True:
        for layer in range(len(dead)):
            _sort(rows, layer, dead[layer], tolerance)
        still = [np.sort(these) for these in dead]
        dead = silence(rows)
        for now, before in zip(dead, still, strict=True):
            now |= before
        if all(map(np.array_equal, dead, still)):
            return rows


def _sort(rows: Rows, layer: int, dead: NDArray[np.bool_], tolerance: float) -> None:
    """Scale the neurons of a layer to incoming norm one and sort them, in place; columns are in their order by now."""
    incoming, outgoing = rows[layer], columns(rows, layer)
    norm = np.where(dead, 1.0, np.linalg.norm(incoming, axis=1))
    incoming /= norm[:, None]
    order = np.lexsort((*incoming.T[::-1], dead))
    incoming[:] = incoming[order]
    outgoing[:] = (outgoing * norm)[:, order]
    living = len(dead) - int(dead.sum())
    _share_among_twins(incoming[:living], outgoing[:, :living], tolerance)


def _share_among_twins(incoming: NDArray[np.float64], outgoing: NDArray[np.float64], tolerance: float) -> None:
    """Average the outgoing columns of neurons whose sorted unit incoming rows agree, in place; 0 where they cancel."""
    starts = np.flatnonzero(np.any(np.abs(np.diff(incoming, axis=0)) > tolerance, axis=1)) + 1
    bounds = np.concatenate([[0], starts, [len(incoming)]])
    for low, high in itertools.pairwise(bounds):
        if high - low > 1:
            # Sorted, so that the sum does not depend on the order in which the twins came.
            shares = np.sort(outgoing[:, low:high], axis=1)
            mean = shares.mean(axis=1, keepdims=True)
            outgoing[:, low:high] = mean if np.abs(mean).max() > tolerance * np.abs(shares).max() else 0.0

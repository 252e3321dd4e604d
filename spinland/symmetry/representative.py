"""One point for all relabelled and rescaled copies of a network."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..landscape.network import ReLUNetwork
from .transformation import floating_points


def canonical(network: ReLUNetwork, points: ArrayLike) -> NDArray[Any]:
    """The representative of each point's class under permutation and rescaling of hidden neurons.

    From the first hidden layer to the last: each neuron is scaled so that its incoming weights and bias
    together have norm one, the scale goes into its outgoing weights, and the neurons are sorted by their
    incoming weights and bias, the first that differs deciding. The last layer ends up with all the scale.
    A neuron with nothing coming in is always silent; its outgoing weights become zero. Neurons whose
    scaled incoming weights agree to rounding fire together; each gets the mean of their outgoing weights.

    The function of the network stays the same. Copies that differ by permutation alone get the same bits;
    rescaled ones the same numbers to rounding, unless the first weights of two different neurons agree to
    rounding.
    Computed in float64.

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
    batch, single = floating_points(network, points)
    tolerance = 64 * float(np.finfo(batch.dtype).eps)
    forms = (
        np.stack([_normal_form(network, point.astype(np.float64), tolerance) for point in batch])
        if len(batch)
        else batch
    )
    forms = forms.astype(batch.dtype)
    return forms[0] if single else forms


def _normal_form(network: ReLUNetwork, point: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    layers = [(weight.copy(), None if bias is None else bias.copy()) for weight, bias in network.layers(point)]
    for layer in range(network.n_layers - 1):
        weight, bias = layers[layer]
        following, following_bias = layers[layer + 1]
        incoming = weight if bias is None else np.column_stack([weight, bias])
        # Columns are in canonical order by now, so that permuted copies sum in one order.
        norm = np.linalg.norm(incoming, axis=1)
        incoming = incoming / np.where(norm > 0, norm, 1)[:, None]
        order = np.lexsort(incoming.T[::-1])
        incoming = incoming[order]
        columns = weight.shape[1]
        layers[layer] = (np.ascontiguousarray(incoming[:, :columns]), None if bias is None else incoming[:, columns])
        outgoing = np.ascontiguousarray((following * norm)[:, order])
        _share_among_twins(incoming, outgoing, tolerance)
        layers[layer + 1] = (outgoing, following_bias)
    return network.flatten(layers)


def _share_among_twins(incoming: NDArray[np.float64], outgoing: NDArray[np.float64], tolerance: float) -> None:
    """Average the outgoing columns of neurons whose sorted unit incoming rows agree, in place."""
    starts = np.flatnonzero(np.any(np.abs(np.diff(incoming, axis=0)) > tolerance, axis=1)) + 1
    bounds = np.concatenate([[0], starts, [len(incoming)]])
    for low, high in itertools.pairwise(bounds):
        if high - low > 1:
            # Sorted, so that the sum does not depend on the order in which the twins came.
            outgoing[:, low:high] = np.sort(outgoing[:, low:high], axis=1).mean(axis=1, keepdims=True)

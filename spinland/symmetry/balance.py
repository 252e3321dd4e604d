r"""The balanced representative of a network: what enters each hidden neuron is as long as what leaves it.

Rescaling neuron j by a_j multiplies the norm of its incoming weights and bias by a_j and divides that of its outgoing
weights by it, so the scales trade one for the other:

    in a_j  |  out / a_j          balanced where both are √(in · out), their geometric mean

Of all rescaled copies of a network this is the shortest vector. \|w\|² is a sum of exponentials of linear functions of
the logarithms of the scales, hence convex, and once silent neurons are gone it grows in every direction: the balanced
copy exists and is the only one. Gradient flow keeps in² − out² of every neuron (Du, Hu and Lee, arXiv:1806.00900), so
training from a balanced start stays near to it. Permutations neither change a norm nor the balance.

A neuron into which nothing comes, or out of which nothing goes, has no scale; it is *dead*, and all its weights become
zero, which changes no output. With one hidden layer the scales are a formula. With more, what leaves a neuron enters
others: layers are balanced in turn until no neuron is off by more than `TOLERANCE`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import checks
from ..landscape.network import ReLUNetwork
from ..machines import side_by_side
from .transformation import floating_points

TOLERANCE = 1e-13
"""Largest |log(in/out)| of a balanced neuron."""

_ROUNDS = 10_000  # layers in turn; some fifty are common
_NOTHING = 1e-300  # a squared norm below this counts as zero: it has no digits
_SMALL = 1e-100  # parameters below this, all of them, are taken in another unit: their squares have few digits or none

Rows = list[NDArray[Any]]
"""One matrix for each weight layer, (out, in + 1): what enters each neuron, its bias last; (out, in) without biases.

In the float type of the points or in float64; norms are summed in float64.
"""


class Balanced(NamedTuple):
    """A balanced network: its ``rows``, and for each hidden layer ``scales`` (M,) and who is ``dead`` (M,)."""

    rows: Rows
    scales: list[NDArray[np.float64]]
    dead: list[NDArray[np.bool_]]


def balance(network: ReLUNetwork, points: ArrayLike) -> NDArray[Any]:
    """The balanced copy of each point: incoming weights and bias of every hidden neuron as long as its outgoing ones.

    It is the shortest of all rescaled copies and the only balanced one. The order of the neurons stays; dead ones, with
    nothing coming in or nothing going out, lose all their weights. The function of the network stays the same. Norms
    agree to 1e-13; computed in float64.

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
    return reformed(network, points, lambda rows, eps: balanced(rows).rows)


def reformed(network: ReLUNetwork, points: ArrayLike, form: Callable[[Rows, float], Rows]) -> NDArray[Any]:
    """Points with their rows in another form, in float64; ``form`` is told the rounding of the points' float type."""
    batch, single = floating_points(network, points)
    checks.squarable("points", batch, network.n_params)
    eps, found = float(np.finfo(batch.dtype).eps), np.empty_like(batch)

    def one(index: int) -> None:
        unit = unit_of(batch[index])
        found[index] = unit * point_of(network, form(rows_of(network, batch[index] / unit), eps))

    for _ in side_by_side(one, range(len(batch))):
        pass
    return found[0] if single else found


def unit_of(*points: NDArray[Any]) -> float:
    """The power of two in which very small parameters are numbers about 1; 1 for all others.

    The scales that balance a network and the order of its neurons are the same in any unit.
    """
    largest = max(float(np.abs(array).max(initial=0.0)) for array in points)
    return float(2.0 ** np.floor(np.log2(largest))) if 0 < largest < _SMALL else 1.0


def rows_of(network: ReLUNetwork, point: NDArray[Any], dtype: DTypeLike = np.float64) -> Rows:
    """The rows of a point (dim,), copies."""
    rows = []
    for weight, bias, shape in network.spans:
        matrix = np.empty((shape[0], shape[1] + (bias is not None)), dtype)
        matrix[:, : shape[1]] = point[weight].reshape(shape)
        if bias is not None:
            matrix[:, -1] = point[bias]
        rows.append(matrix)
    return rows


def point_of(network: ReLUNetwork, rows: Rows) -> NDArray[Any]:
    """The point (dim,) of rows."""
    point = np.empty(network.n_params, rows[0].dtype)
    for (weight, bias, shape), matrix in zip(network.spans, rows, strict=True):
        point[weight].reshape(shape)[:] = matrix[:, : shape[1]]
        if bias is not None:
            point[bias] = matrix[:, -1]
    return point


def columns(rows: Rows, layer: int) -> NDArray[Any]:
    """What leaves the neurons of a hidden layer, a view (M_{l+1}, M_l): the next rows without their bias."""
    return rows[layer + 1][:, : len(rows[layer])]


def silence(rows: Rows) -> list[NDArray[np.bool_]]:
    """Take all weights of dead neurons, in place; for each hidden layer, which they are.

    Once from the outputs and once from the inputs is enough: what dies for want of input had fed none.
    """
    dead = [np.zeros(len(matrix), bool) for matrix in rows[:-1]]
    for layer in reversed(range(len(dead))):
        _silence(rows, dead, layer, _squares(columns(rows, layer), "j") <= _NOTHING)
    for layer in range(len(dead)):
        _silence(rows, dead, layer, _squares(rows[layer], "i") <= _NOTHING)
    return dead


def _silence(rows: Rows, dead: list[NDArray[np.bool_]], layer: int, these: NDArray[np.bool_]) -> None:
    if these.any():
        rows[layer][these] = 0
        columns(rows, layer)[:, these] = 0
        dead[layer] |= these


def balanced(rows: Rows) -> Balanced:
    """Balance rows, in place; dead neurons keep the scale 1."""
    dead = silence(rows)
    scales = [np.sqrt(square) for square in _square_scales(rows, dead)]
    for layer, scale in enumerate(scales):
        rows[layer] *= scale[:, None]
        columns(rows, layer)[:] /= scale
    return Balanced(rows, scales, dead)


def _square_scales(rows: Rows, dead: list[NDArray[np.bool_]]) -> list[NDArray[np.float64]]:
    """Squares of the scales that balance, one vector for each hidden layer.

    With u the squares of the scales and S those of the weights, |in|² = u_l (S_l u_{l-1}⁻¹ + bias²) and
    |out|² = (u_{l+1} S_{l+1}) / u_l, of which the best u_l is the root of the ratio.
    """
    hidden = len(dead)
    if hidden == 0:
        return []
    first, last = _squares(rows[0], "i"), _squares(columns(rows, hidden - 1), "j")
    if hidden == 1:
        return [_root(last, first, dead[0])]
    inner = [np.square(columns(rows, layer), dtype=np.float64) for layer in range(hidden - 1)]
    biases = [_squares(rows[layer][:, len(rows[layer - 1]) :], "i") for layer in range(1, hidden)]
    u = [np.ones(len(these)) for these in dead]
    for _ in range(_ROUNDS):
        worst = 0.0
        for layer in range(hidden):
            into = inner[layer - 1] @ (1 / u[layer - 1]) + biases[layer - 1] if layer else first
            out = u[layer + 1] @ inner[layer] if layer < hidden - 1 else last
            better = _root(out, into, dead[layer])
            worst = max(worst, float(np.abs(np.log(better / u[layer])).max(initial=0.0)))
            u[layer] = better
        if worst <= TOLERANCE:
            break
    return u


def _squares(matrix: NDArray[Any], axis: str) -> NDArray[np.float64]:
    """Squared norms of the rows, ``"i"``, or of the columns, ``"j"``, in float64."""
    return np.asarray(np.einsum(f"ij,ij->{axis}", matrix, matrix, dtype=np.float64))


def _root(out: NDArray[np.float64], into: NDArray[np.float64], dead: NDArray[np.bool_]) -> NDArray[np.float64]:
    """√(out/into) of squared norms, 1 for dead neurons."""
    return np.asarray(np.sqrt(np.where(dead, 1.0, out)) / np.sqrt(np.where(dead, 1.0, into)))

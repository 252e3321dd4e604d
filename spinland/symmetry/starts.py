r"""Where the search for permutations of several hidden layers begins.

In this order, the first ``n`` of them:

1. from the inputs: neurons are assigned by what enters them, layer after layer. The inputs have no symmetry, so the
   first layer is certain where networks are relabelled copies, and with it every other one.
2. Frank and Wolfe's: permutations are relaxed to doubly stochastic matrices, from the one that takes every pair of
   neurons for equally likely. All layers go at once towards their best assignments, as far as pays; the sum is a
   polynomial of second degree in the step, whose maximum is exact. What comes out is rounded by an assignment.
   Crisostomi et al., arXiv:2405.17897.
3. from the outputs: by what leaves the neurons, from the last layer to the first.
4. on: random permutations, the same for every network.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .. import rng
from .matching import Pairing, Permutations, assigned, columns

_STEPS = 50
_CONVERGED = 1e-6  # of the sum: what another step must bring


def starts(pairing: Pairing, n: int, seed: int) -> Iterator[tuple[Permutations, list[int]]]:
    """Permutations to start from, and the order in which the layers are visited from there."""
    layers = list(range(pairing.hidden))
    known = (_from_inputs, _relaxed, _from_outputs)
    for number in range(n):
        if number < len(known):
            yield known[number](pairing), layers[::-1] if known[number] is _from_outputs else layers
        else:
            stream = (seed, rng.Purpose.ALIGNMENT, number)
            order = rng.permutation(*stream, 0, pairing.hidden).tolist()
            sizes = [len(matrix) for matrix in pairing.rows[:-1]]
            yield [rng.permutation(*stream, layer + 1, m) for layer, m in enumerate(sizes)], order


def _from_inputs(pairing: Pairing) -> Permutations:
    found: Permutations = []
    for layer in range(pairing.hidden):
        found.append(assigned(_with_activations(pairing, pairing.entering(found, layer), layer)))
    return found


def _from_outputs(pairing: Pairing) -> Permutations:
    found = pairing.identity()
    for layer in reversed(range(pairing.hidden)):
        found[layer] = assigned(_with_activations(pairing, pairing.leaving(found, layer), layer))
    return found


def _with_activations(pairing: Pairing, similarity: NDArray[np.float64], layer: int) -> NDArray[np.float64]:
    if pairing.activations is None:
        return similarity
    return pairing.weight * similarity + pairing.activations[layer]


def _relaxed(pairing: Pairing) -> Permutations:
    """Frank and Wolfe's steps from the centre of the doubly stochastic matrices, rounded."""
    sizes = [len(matrix) for matrix in pairing.rows[:-1]]
    here = [np.full((m, m), 1 / m) for m in sizes]
    value, gradient = _value_and_gradient(pairing, here)
    for _ in range(_STEPS):
        corner = [np.eye(m)[assigned(slope)] for m, slope in zip(sizes, gradient, strict=True)]
        middle = [(p + q) / 2 for p, q in zip(here, corner, strict=True)]
        end, halfway = (_value_and_gradient(pairing, there)[0] for there in (corner, middle))
        bend = 2 * (value + end - 2 * halfway)  # value + slope · step + bend · step²
        slope = end - value - bend
        step = 1.0 if bend >= 0 else float(np.clip(-slope / (2 * bend), 0.0, 1.0))
        here = [p + step * (q - p) for p, q in zip(here, corner, strict=True)]
        before = value
        value, gradient = _value_and_gradient(pairing, here)
        if value - before <= _CONVERGED * abs(value):
            break
    return [assigned(p) for p in here]


def _value_and_gradient(
    pairing: Pairing, relaxed: list[NDArray[np.float64]]
) -> tuple[float, list[NDArray[np.float64]]]:
    """The sum at doubly stochastic matrices, and its slope in each of them.

    Every matrix in the middle stands in the sum with two of them, and in the slope of both.
    """
    slopes = [
        np.zeros_like(p) if pairing.activations is None else pairing.activations[k] for k, p in enumerate(relaxed)
    ]
    value = sum(float(np.vdot(p, slope)) for p, slope in zip(relaxed, slopes, strict=True))
    for layer, (a, b) in enumerate(zip(pairing.reference, pairing.rows, strict=True)):
        if layer:  # neurons of the layer before mixed as the reference has them; biases as they are
            width = len(relaxed[layer - 1])
            b = np.column_stack([b[:, :width] @ relaxed[layer - 1].T, b[:, width:]])
        if layer < pairing.hidden:
            slope = pairing.weight * (a @ b.T)
            slopes[layer] = slopes[layer] + slope
            value += float(np.vdot(relaxed[layer], slope))
        else:
            value += pairing.weight * float(np.vdot(a, b))
        if layer:
            mixed = columns(pairing.rows, layer - 1)
            if layer < pairing.hidden:
                mixed = relaxed[layer] @ mixed
            slopes[layer - 1] = slopes[layer - 1] + pairing.weight * (columns(pairing.reference, layer - 1).T @ mixed)
    return value, slopes

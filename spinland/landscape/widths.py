"""Widths of networks that have equally many parameters at different depths."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from .. import checks
from ..errors import ArgumentError


class EqualWidths(NamedTuple):
    """Widths of a network, and how many parameters it has more than it should.

    Attributes
    ----------
    widths : tuple of int
        Inputs, hidden layers, outputs, as :class:`~spinland.ReLUNetwork` takes them.
    residue : int
        Parameters of that network less those asked for.
    """

    widths: tuple[int, ...]
    residue: int


def equal_parameter_widths(n_inputs: int, n_outputs: int, n_params: int, depth: int, bias: bool = True) -> EqualWidths:
    """Widths of the network of a depth whose number of parameters is nearest to a given one.

    Hidden layers have w + 1 or w neurons, the wider ones first: so there is one network for each number of hidden
    neurons, and one neuron more is always more parameters::

        hidden neurons    7        8        9        10
        depth 3           3 2 2    3 3 2    3 3 3    4 3 3

    Of these the one with the nearest number of parameters is taken, of two equally near the smaller: widths of hidden
    layers never rise with depth and differ by one at most, more parameters never make a layer narrower, and the residue
    is at most half of what one neuron more costs.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Inputs and outputs, at least 1.
    n_params : int
        Parameters P that the network should have.
    depth : int
        Hidden layers, at least 1.
    bias : bool
        Whether layers have biases, which count.

    Returns
    -------
    EqualWidths
        ``widths``, ``residue``.

    Raises
    ------
    ArgumentError
        A number that is not whole or too small; fewer parameters than one neuron a layer has.

    Examples
    --------
    >>> equal_parameter_widths(64, 10, 2410, 1)
    EqualWidths(widths=(64, 32, 10), residue=0)
    >>> equal_parameter_widths(64, 10, 2410, 5)
    EqualWidths(widths=(64, 17, 17, 16, 16, 16, 10), residue=3)
    """
    ends = checks.integer("n_inputs", n_inputs, minimum=1), checks.integer("n_outputs", n_outputs, minimum=1)
    wanted = checks.integer("n_params", n_params, minimum=1, maximum=10**12)
    layers = checks.integer("depth", depth, minimum=1, maximum=10_000)
    biased = checks.boolean("bias", bias)

    def excess(neurons: int) -> int:
        return _n_params(_widths(ends, neurons, layers), biased) - wanted

    least = excess(layers)
    if least > 0:
        raise ArgumentError(
            "n_params", f"at least {wanted + least}, those of {layers} hidden layers of one neuron", wanted
        )
    low, high = layers, 2 * layers
    while excess(high) <= 0:
        low, high = high, 2 * high
    while high - low > 1:  # excess(low) <= 0 < excess(high)
        middle = (low + high) // 2
        low, high = (middle, high) if excess(middle) <= 0 else (low, middle)
    nearest = min((low, high), key=lambda neurons: abs(excess(neurons)))
    return EqualWidths(_widths(ends, nearest, layers), excess(nearest))


def _widths(ends: tuple[int, int], neurons: int, layers: int) -> tuple[int, ...]:
    """So many hidden neurons in so many layers, as evenly as they go, the wider layers first."""
    width, more = divmod(neurons, layers)
    return ends[0], *[width + 1] * more, *[width] * (layers - more), ends[1]


def _n_params(widths: tuple[int, ...], bias: bool) -> int:
    return sum((below + bias) * above for below, above in pairwise(widths))

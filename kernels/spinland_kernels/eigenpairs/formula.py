"""Scalar mathematics of following an eigenpair, and how a path is told to have ended.

    F_i(x, λ; t) = (1 − t) γ x_i^{p−1} + t (J x^{p−1})_i − λ x_i        i < n
    F_n          = a·x − 1

The unknowns are z = (x, λ). The chart a is the conjugate of the point where a step began, of norm 1 there. The matrix
of derivatives is

    F_z    (p−1) [(1 − t) γ diag(x^{p−2}) + t J x^{p−2}] − λ  |  −x
           a                                                  |   0
"""

import math

from ..jit import formula

FOLLOWED, LOST, SINGULAR = 0, 1, 2
"""The end of a path: reached, step too short or too many steps, no regular solution at its end."""

MOST_STEPS = 100_000
FIRST = 0.02
SHORTEST = 1e-13
CONVERGED = 1e-8
"""Second correction of a step that counts as followed."""

POLISHING = 12
"""Newton steps at the end, at most."""

NEAR, ROUNDED, ENDED = 1e-3, 1e-14, 1e-9
"""Of the Newton steps at the end: the longest, one that is rounding alone, and the last, at most."""

PIVOT = 1e-280
"""Square of the least pivot that is no zero."""


@formula
def square(z):
    """|z|²."""
    return z.real**2 + z.imag**2


@formula
def row(image, x, value, t, gamma, order):
    """What stands on the diagonal of row i < n of F_z beside (p−1) t J x^{p−2}; −F_i; −∂F_i/∂t.

    ``image`` is (J x^{p−1})_i, ``x`` is x_i and ``value`` is λ.
    """
    power = gamma
    for _ in range(order - 2):
        power *= x
    diagonal = (order - 1) * (1 - t) * power - value
    return diagonal, value * x - t * image - (1 - t) * power * x, power * x - image


@formula
def stage(number, h):
    """Of a stage of the classical Runge–Kutta step: where it looks, its weight, how far ahead the next one looks."""
    offset = 0.0 if number == 0 else (h if number == 3 else 0.5 * h)
    weight = h / 6 if number == 0 or number == 3 else h / 3
    return offset, weight, h if number == 2 else 0.5 * h


@formula
def change(off, tolerance):
    """By what the step is multiplied after a first correction of length ``off``: its error goes as h^5."""
    if not off < math.inf:
        return 0.2
    return min(2.0, max(0.2, 0.9 * (tolerance / max(off, 1e-300)) ** 0.2))


@formula
def shrinks(length, before):
    """Whether a Newton step at the end still makes the next one shorter."""
    return not (length < ROUNDED or length > 0.5 * before)

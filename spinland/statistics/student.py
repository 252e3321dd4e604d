"""Student's t by the function that scipy.stats calls too, which takes longer to import than a small study to run."""

from __future__ import annotations

import scipy


def two_sided(t: float, freedom: float) -> float:
    """Probability that Student's t with this freedom is at least ``t`` ≥ 0 away from 0."""
    return float(2 * scipy.special.stdtr(freedom, -t))

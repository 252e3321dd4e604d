"""Words and symbols on the axes, those of arXiv:2407.20724, and numbers with their errors."""

from __future__ import annotations

import math

LOSS = r"training loss $L$ (nats)"
"""Value of a network under cross-entropy."""

SQUARED_ERROR = r"training loss $L$ (mean squared error)"
"""Value of a network under mean squared error."""

ENERGY = r"energy per spin $H/N$"
"""Value of a spin glass."""

ACCURACY = r"training accuracy"

WIDTH = r"hidden neurons $M$"
SWAPS = r"swapped pairs $S$"
ALPHA = r"position $\alpha$"
OVERLAP = r"overlap $q$"
DISTANCE = r"distance $d_{ab} = |w_a - w_b|$"


def plus_minus(value: float, error: float) -> str:
    """``"12.3 ± 0.5"``: as many digits as two digits of the error carry; no error where it is NaN."""
    if not math.isfinite(value):
        return "not determined"
    if not math.isfinite(error) or error <= 0:
        return f"{value:.3g}".replace("-", "−")
    digits = 1 - math.floor(math.log10(error))
    if digits < 0 or digits > 6:
        return f"{value:.3g} ± {error:.2g}".replace("-", "−")
    return f"{value:.{digits}f} ± {error:.{digits}f}".replace("-", "−")

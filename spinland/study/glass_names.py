"""Where ``spinland glass`` keeps each result in its file; the report finds them by the same names."""

from __future__ import annotations

CARD = "theory/card"
DEPTH = "theory/depth"
QUENCH = "theory/quench"
COUNTS = "theory/counts"
EQUILIBRIUM = "theory/equilibrium"
AGEING_THEORY = "theory/ageing"

SCALING = "descent/scaling"
LAYERS = "critical/layers"
EXCHANGE = "temperatures/exchange"
AGEING = "ageing/langevin"

CORRELATION = "probes/correlation"
PROFILE = "probes/walks"
LINES = "probes/lines"
PLANE_RANDOM = "probes/plane-random"
PLANE_MINIMA = "probes/plane-three-minima"
PAIRS = "probes/pairs"
OVERLAPS = "probes/overlap-distribution"
TREE = "probes/tree"
ULTRAMETRICITY = "probes/ultrametricity"


def minima(n_spins: int) -> str:
    """Minima of one instance of this size."""
    return f"descent/minima/{n_spins}"


def critical(n_spins: int) -> str:
    """Numbers of critical points of instances of this size."""
    return f"critical/counts/{n_spins}"

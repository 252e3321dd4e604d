"""Where a study keeps each result in its file; the report finds them by the same names."""

from __future__ import annotations

ENSEMBLE = "ensemble"
TRAJECTORY = "trajectory"
LINE_SOLUTIONS = "lines/initialisation-to-solution"
LINE_PAIRS = "lines/solution-to-solution"
PLANE_RANDOM = "planes/random"
PLANE_SOLUTIONS = "planes/three-solutions"
PLANE_TRAJECTORY = "planes/trajectory"
SWAPS = "swaps/first-layer"
PAIRS = "hierarchy/pairs"
OVERLAPS = "hierarchy/overlap-distribution"
TREE = "hierarchy/tree"
ULTRAMETRICITY = "hierarchy/ultrametricity"
BATCHES = "batches/comparison"

GLASS_MINIMA = "glass/minima"
INITIAL_CORRELATION = "glass/correlation-network-initial"
GLASS_PAIRS = "glass/pairs"
GLASS_OVERLAPS = "glass/overlap-distribution"
GLASS_TREE = "glass/tree"
GLASS_ULTRAMETRICITY = "glass/ultrametricity"
GLASS_PLANE_RANDOM = "glass/plane-random"
GLASS_PLANE_MINIMA = "glass/plane-three-minima"


def of_both(part: str, landscape: str) -> str:
    """``part`` ("profile", "correlation", "line") of ``landscape`` "network" or "glass"."""
    return f"glass/{part}-{landscape}"


def walk(constraint: str, index: int) -> str:
    """Walks of the index-th σ, ``constraint`` "none" or "sphere"."""
    return f"walks/{constraint}/{index}"


def ruggedness(constraint: str, index: int) -> str:
    """Ruggedness of the walks of the same name."""
    return f"ruggedness/{constraint}/{index}"


def swaps(layer: int) -> str:
    """Swaps in one hidden layer of the main network."""
    return SWAPS if layer == 0 else f"swaps/layer-{layer}"


def width(width: int, part: str) -> str:
    """``part`` ("ensemble", "swaps", "pairs", "correlation-initial", "correlation") for networks whose first hidden layer has this width."""
    return f"widths/{width}/{part}"


def batch(batch_size: int, part: str) -> str:
    """``part`` ("ensemble", "filter", "walk", "rescaled") for networks trained with this batch size."""
    return f"batches/{batch_size}/{part}"

"""What is measured around networks of one depth, and how the depths are set beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..provenance import record_on
from ..quantities import quantity_of
from .depth_results import DepthComparison, DepthMeasures

_REACH = 0.5
"""Root mean square distance of the end of a walk from its start, relative to the norm of the start."""

_ALPHAS = 11
_PARTS = 7


def measures(
    subject: Any, found: Any, *, radius: float, directions: int, steps: int, walkers: int, seed: int
) -> DepthMeasures:
    """Flatness, roughness and curvature at every network that reached the common loss."""
    landscape, points = subject.landscape, np.asarray(subject.points(found))
    alive = ~found.diverged

    def all_rows(values: Any) -> NDArray[np.float64]:
        rows = np.full(len(alive), np.nan)
        rows[alive] = values
        return rows

    flat = sl.flatness(landscape, points, [radius], directions, seed)
    rough = [_roughness(landscape, point, steps, walkers, seed) for point in points]
    pairs = [sl.eigenpairs(landscape, point, 1, seed=seed) for point in points]
    traces = sl.sharpness(landscape, points, "trace")  # exact for a network
    far = np.array([_far(subject, point, directions, seed) for point in points])
    return DepthMeasures(
        radius=radius,
        rise=all_rows(flat.rise[:, 0]),
        roughness=all_rows([r.increment_std for r in rough]),
        correlation_length=all_rows([r.correlation_length for r in rough]),
        largest=all_rows([pair.values[0] if pair.converged[0] else np.nan for pair in pairs]),
        trace=all_rows(traces.value),
        trace_error=all_rows(traces.error),
        rise_far=all_rows(far[:, 0]),
        rise_ends=all_rows(far[:, 1]),
        rise_double=all_rows(far[:, 2]),
        provenance=record_on(landscape, "depth_measures", {"points": points, "radius": radius}, seed=seed),
        **quantity_of(landscape),
    )


def _roughness(landscape: Any, point: NDArray[Any], steps: int, walkers: int, seed: int) -> sl.Ruggedness:
    """Of walks from one network, whose steps are in proportion to its norm."""
    sigma = _REACH * float(np.linalg.norm(point)) / np.sqrt(landscape.dim * steps)
    return sl.ruggedness(sl.random_walk(landscape, point[None], sigma, steps, walkers, seed))


def ends_of(network: Any, directions: NDArray[Any]) -> NDArray[Any]:
    """Directions (K, dim) with nothing in the layers between the first and the last."""
    kept = np.zeros_like(directions)
    for weight, bias, _ in (network.spans[0], network.spans[-1]):
        for part in (weight, bias):
            if part is not None:
                kept[:, part] = directions[:, part]
    return kept


def double_softmax(subject: Any) -> sl.FunctionLandscape:
    """Cross-entropy of the softmax of the probabilities: of a softmax layer under a loss that has one of its own.

    Probabilities lie between 0 and 1, so with c classes it stays between log(1 + (c−1)/e) and log(e + c − 1).
    """
    landscape = subject.landscape
    samples = landscape.samples  # without the inputs that are always zero
    rows = np.arange(len(samples.x))

    def one(point: NDArray[Any]) -> float:
        kept = point.astype(landscape.dtype) if samples.keep is None else point[samples.keep].astype(landscape.dtype)
        once = sl.ensemble_predictions(samples.network, kept, samples.x)
        return float(np.mean(np.log(np.exp(once).sum(axis=1)) - once[rows, samples.labels]))

    return sl.FunctionLandscape(
        lambda points: np.array([one(point) for point in points]),
        landscape.dim,
        name=f"double softmax {landscape.fingerprint}",
        quantity="loss of a double softmax",
        unit="nats",
    )


def _far(subject: Any, point: NDArray[Any], n: int, seed: int) -> tuple[float, float, float]:
    """Mean rise at relative distance 1: in all layers, in the first and last, in these for the double softmax."""
    landscape = subject.landscape
    directions = sl.random_directions(landscape, point, n, seed, normalize="filter")
    ends = ends_of(subject.network, directions)

    def rise(of: Any, steps: NDArray[Any]) -> float:
        return float(np.mean(of.value(point + steps)) - of.value(point))

    twice = rise(double_softmax(subject), ends) if subject.classifies else np.nan
    return rise(landscape, directions), rise(landscape, ends), twice


def correlation(subject: Any, found: Any, *, initial: bool, n_pairs: int, seed: int) -> sl.Correlation:
    """On the sphere of the mean norm of the networks, or of the norm at the start."""
    norms = np.linalg.norm(np.asarray(subject.points(found), np.float64), axis=1)
    # weights uniform on ±sqrt(6/fan_in) have squares of 2/fan_in on average, and a layer fan_in · fan_out of them
    begun = np.sqrt(sum(2 * rows for _, _, (rows, _) in subject.network.spans))
    return sl.correlation(subject.landscape, None, n_pairs, seed, radius=float(begun if initial else norms.mean()))


def barriers(subject: Any, found: Any, *, seed: int) -> sl.AlignedLines:
    """On the lines between disjoint pairs of networks, so that they are independent."""
    points = np.asarray(subject.points(found))
    half = len(points) // 2
    pairs = points[:half], points[half : 2 * half]
    return sl.aligned_lines(subject.landscape, *pairs, np.linspace(0, 1, _ALPHAS), seed=seed)


def _directions(subject: Any, found: Any, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The first network that reached the common loss, and two filter-normalised directions."""
    origin = np.asarray(subject.points(found, 1)[0])
    return origin, sl.random_directions(subject.landscape, origin, 2, seed, normalize="filter")


def plane(subject: Any, found: Any, *, grid: int, seed: int) -> sl.Plane:
    """Of two random directions in all layers."""
    origin, directions = _directions(subject, found, seed)
    axis = np.linspace(-1, 1, grid)
    return sl.plane(subject.landscape, origin, directions, axis, axis)


def first_and_last(subject: Any, found: Any, *, grid: int, seed: int) -> sl.Plane:
    """Of the same directions in the first and the last layer, for the double softmax."""
    origin, directions = _directions(subject, found, seed)
    axis = np.linspace(-1, 1, grid)
    return sl.plane(double_softmax(subject), origin, ends_of(subject.network, directions), axis, axis)


def ageing(curves: sl.TwoTimeCorrelation) -> tuple[float, float]:
    """Exponent of ageing and its error; NaN where fewer than two waiting times or three times were in reach."""
    if np.count_nonzero(curves.waiting_times) < 2 or len(curves.times) < 3:
        return np.nan, np.nan
    return curves.ageing_exponent()


def gathered(
    subject: Any,
    *found: Any,
    depths: tuple[int, ...],
    shapes: tuple[str, ...],
    residues: tuple[int, ...],
    n_parameters: int,
    seed: int,
) -> DepthComparison:
    """All depths beside each other.

    Parameters
    ----------
    subject : Subject
        The first of them.
    found : results
        Rates, networks at equal loss, measures, correlation there and at the start, lines, and two times of the first
        depth; those of the second; and so on.
    depths, shapes, residues, n_parameters, seed
        Of the networks.
    """
    sweeps, matched, measured, orders, first_orders, lines, trained = (found[k::_PARTS] for k in range(_PARTS))

    def column(results: Any, name: str) -> Any:
        return np.array([getattr(result, name) for result in results], np.float64)

    most = max(len(line.barrier) for line in lines)
    heights: dict[str, Any] = {
        name: np.stack([np.pad(h, (0, most - len(h)), constant_values=np.nan) for h in column_of(lines, name)])
        for name in ("barrier_before", "barrier")
    }
    ages = np.array([ageing(curves) for curves in trained])
    theory = sl.theory.critical_points_by_depth(n_parameters, [depth + 1 for depth in depths])
    there = ("train_loss", "test_loss", "test_accuracy", "epochs")
    around = ("rise", "roughness", "correlation_length", "largest", "trace", "rise_far", "rise_ends", "rise_double")
    return DepthComparison(
        depths=np.array(depths),
        n_parameters=n_parameters,
        shapes=shapes,
        residues=np.array(residues),
        rates=column(sweeps, "best"),
        level=matched[0].level,
        radius=measured[0].radius,
        **{name: column(matched, name) for name in there},
        **{name: column(measured, name) for name in around},
        **heights,
        order=column(orders, "effective_order"),
        order_error=column(orders, "effective_order_error"),
        order_initial=column(first_orders, "effective_order"),
        order_initial_error=column(first_orders, "effective_order_error"),
        log_complex=theory.log_complex,
        ageing=ages[:, 0],
        ageing_error=ages[:, 1],
        provenance=record_on(subject.landscape, "compare_depths", {"depths": depths}, seed=seed),
        **quantity_of(subject.landscape),
    )


def column_of(results: Any, name: str) -> list[NDArray[np.float64]]:
    """One field of several results."""
    return [np.asarray(getattr(result, name), np.float64) for result in results]

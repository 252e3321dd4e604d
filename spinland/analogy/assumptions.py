r"""The assumptions that turn a ReLU network into a spherical spin glass, measured on networks.

A. Choromanska, M. Henaff, M. Mathieu, G. Ben Arous and Y. LeCun, arXiv:1412.0233, section 3, assume

- **variable independence**: the inputs X of the paths are independent Gaussian variables;
- **redundancy**: the N weights take few different values, Λ = Ψ^{1/H} of them, with nearly the same predictions;
- **uniformity**: every choice of H of these values lies on equally many paths;
- **random activity**: a path is active with one probability ρ, whatever its weights and its input, so that the
  activity averages to the factor ρ;
- **the sphere**: Σ w² is fixed.

Each gets one or more numbers with 0 = holds and 1 = fails. Where the assumption is about all Ψ paths, the number
is computed by masked matrix products, without a list of paths.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from ..machines import single_threaded
from ..progress import track
from ..provenance import fingerprint, record
from ..statistics.uncertainty import jackknife_error
from ..training.ensemble import Ensemble
from . import activities, paths
from .mapping import MappingAssumptions
from .reduction import fewest_values
from .spread import effective_dimension, excess_kurtosis, gaussian_distance, gini

_FEWEST_SAMPLES = 20
_BLOCKS = 10


def mapping_assumptions(
    network: ReLUNetwork,
    points: ArrayLike | Ensemble,
    x: ArrayLike,
    initial: ArrayLike | None = None,
    tolerance: float = 0.01,
    n_samples: int = 1000,
    seed: int = 0,
) -> MappingAssumptions:
    """Measure how far networks are from the assumptions of their mapping to the spherical spin glass.

    Parameters
    ----------
    network : ReLUNetwork
        A network without biases.
    points : Ensemble or array (R, dim) or (dim,)
        Replicas. Those of an ensemble that diverged are left out.
    x : array (n, n_0)
        Inputs, at least 20, that differ.
    initial : array (R, dim), optional
        Where the replicas started from, for the drift of their norm. Default: that of the ensemble, if kept.
    tolerance : float
        Share ε of predictions that may change when the weights are reduced to few values.
    n_samples : int
        Most inputs that are used, drawn without replacement. The time grows with their square.
    seed : int
        Seed of the choice of inputs.

    Returns
    -------
    MappingAssumptions

    Raises
    ------
    ArgumentError
        A network with biases, wrong shapes, NaN, too few inputs, or inputs that are all the same.
    """
    network = paths.bias_free(network)
    batch, start = _replicas(network, points, initial)
    tolerance = checks.real("tolerance", tolerance, minimum=0, maximum=1)
    x = _samples(network, x, checks.integer("n_samples", n_samples, minimum=_FEWEST_SAMPLES), seed)
    norms = np.linalg.norm(batch, axis=1)
    with single_threaded():  # the same bits on any number of cores
        inputs, input_errors = _input_measures(x)
        rows = []
        with track(len(batch), "assumptions") as advance:
            for point in batch:
                rows.append(_replica_measures(network, point, x, tolerance))
                advance()
    drift = np.full(len(batch), np.nan) if start is None else (norms / np.linalg.norm(start, axis=1)) ** 2
    names = rows[0]
    arguments = {"tolerance": tolerance, "n_samples": len(x), "widths": network.widths}
    return MappingAssumptions(
        widths=network.widths,
        n_samples=len(x),
        tolerance=tolerance,
        n_paths=float(paths.path_count(network)),
        effective_inputs=inputs[0],
        effective_inputs_error=input_errors[0],
        input_gaussian_distance=inputs[1],
        input_gaussian_distance_error=input_errors[1],
        input_kurtosis=inputs[2],
        input_kurtosis_error=input_errors[2],
        input_mean_share=inputs[3],
        input_mean_share_error=input_errors[3],
        usage_gini_by_design=_usage_by_design(network),
        norms=norms,
        norm_drift=drift,
        **{name: np.array([row[name] for row in rows]) for name in names},
        provenance=record("mapping_assumptions", arguments, seed=seed, data=fingerprint(batch, x), dtype=np.float64),
    )


def _replicas(
    network: ReLUNetwork, points: Any, initial: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Points (R, dim) and their starts, if known."""
    if isinstance(points, Ensemble):
        if points.network != network:
            raise ArgumentError("points", f"an ensemble of {network}", f"one of {points.network}")
        there = ~points.diverged
        initial = points.initial[there] if initial is None and points.initial is not None else initial
        points = points.params[there]
    batch, _ = checks.point_batch("points", points, network.n_params)
    if len(batch) == 0:
        raise ArgumentError("points", "at least one replica that did not diverge", "none")
    if initial is None:
        return batch, None
    start, _ = checks.point_batch("initial", initial, network.n_params)
    if len(start) != len(batch) or np.any(np.all(start == 0, axis=1)):
        raise ArgumentError("initial", f"{len(batch)} points other than 0", f"shape {start.shape}")
    return batch, start


def _samples(network: ReLUNetwork, x: ArrayLike, most: int, seed: int) -> NDArray[np.float64]:
    inputs = checks.float_array("x", x, shape=(None, network.widths[0]))
    if len(inputs) < _FEWEST_SAMPLES or np.all(inputs == inputs[0]):
        raise ArgumentError("x", f"at least {_FEWEST_SAMPLES} inputs that differ", f"shape {inputs.shape}")
    seed = rng.seed64("seed", seed)
    if len(inputs) <= most:
        return inputs
    return inputs[np.sort(rng.permutation(seed, rng.Purpose.BOOTSTRAP, 0, 0, len(inputs))[:most])]


def _input_measures(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effective inputs, Gaussian distance, kurtosis, share of the mean; their jackknife errors over samples."""

    def of(part: NDArray[np.float64]) -> list[float]:
        mean = part.mean(axis=0)
        return [
            min(effective_dimension(part @ part.T), part.shape[1]),
            gaussian_distance(part),
            excess_kurtosis(part),
            float(mean @ mean / np.mean(np.sum(part * part, axis=1))),
        ]

    block = np.arange(len(x)) * _BLOCKS // len(x)
    return np.array(of(x)), jackknife_error([of(x[block != b]) for b in range(_BLOCKS)])


def _replica_measures(
    network: ReLUNetwork, point: NDArray[np.float64], x: NDArray[np.float64], tolerance: float
) -> dict[str, Any]:
    """What is measured on one network, by the name of its field."""
    weights = paths.weights_of(network, point)
    output, masks = paths.forward(weights, x)
    both = activities.shared_paths(masks, len(x))
    usage = paths.path_usage(masks, x, network.widths[-1])
    pooled = np.concatenate([layer.ravel() for layer in usage])
    share = np.array([np.sum(w * w) for w in weights])

    def predictions(w: NDArray[np.float64]) -> NDArray[np.int64]:
        z = paths.forward(paths.weights_of(network, w), x)[0]
        return np.argmax(z, axis=1) if z.shape[1] > 1 else (z[:, 0] > 0).astype(np.int64)

    return {
        # Inner products of the variables x_i A of all paths: those of the inputs times the shared paths.
        "effective_paths": min(effective_dimension(x @ x.T * both), paths.path_count(network)),
        "distinct_values": fewest_values(point, predictions, tolerance),
        "usage_gini": gini(pooled),
        "usage_gini_in_layer": [gini(layer) for layer in usage],
        "unused_share": float(np.mean(pooled == 0)),
        **activities.measure(weights, masks, x, output, both)._asdict(),
        "layer_shares": share / share.sum() if share.sum() > 0 else np.full(len(share), np.nan),
        "weight_kurtosis": excess_kurtosis(point),
        "weight_gaussian_distance": gaussian_distance(point),
    }


def _usage_by_design(network: ReLUNetwork) -> float:
    """Gini's coefficient of path usage where all neurons are active: layers differ in their number of weights."""
    sizes = [float(out * fan_in) for _, _, (out, fan_in) in network.spans]
    return gini(np.concatenate([np.full(int(n), max(sizes) / n) for n in sizes]))

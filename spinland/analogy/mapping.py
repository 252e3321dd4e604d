"""What was measured of the assumptions of the mapping from network to glass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..landscape.network import ReLUNetwork
from ..results import Result
from ..statistics.uncertainty import jackknife_error, standard_error


class Measure(NamedTuple):
    """One number about one assumption: 0 if it holds, 1 if it fails.

    Attributes
    ----------
    assumption : str
        Which of the five.
    statement : str
        What would have to be true.
    value, error : float
        The number and its standard error.
    detail : str
        The same in plain quantities.
    """

    assumption: str
    statement: str
    value: float
    error: float
    detail: str


@dataclass(frozen=True, eq=False, kw_only=True)
class MappingAssumptions(Result):
    r"""How wrong the assumptions of the mapping to the spherical spin glass are; see :attr:`measures`.

    Arrays (R,) have one number per replica; standard errors of their means are over replicas, at the given inputs.

    Attributes
    ----------
    widths : tuple of int
        The network.
    n_samples : int
        Inputs used.
    tolerance : float
        Share ε of predictions that reduced weights may change.
    n_paths : float
        Ψ, paths to one output.
    effective_inputs, effective_inputs_error : float
        Participation ratio (tr C)²/tr C² of the covariance C of the inputs, without bias from the number of samples.
        Errors of this and the next three numbers are by the jackknife over ten blocks of samples.
    input_gaussian_distance, input_gaussian_distance_error : float
        Kolmogorov's distance of all entries of x from the normal distribution of their mean and variance.
    input_kurtosis, input_kurtosis_error : float
        Excess kurtosis of all entries of x; 0 for a normal distribution.
    input_mean_share, input_mean_share_error : float
        \|mean of x\|² over the mean of \|x\|²: 0 for inputs of mean 0.
    effective_paths : (R,) float64
        Participation ratio of the covariance of the Ψ variables X A, at most Ψ.
    distinct_values : (R,) int64
        Number s of different values of the weights that keeps a share 1 − ε of the predictions.
    usage_gini : (R,) float64
        Gini's coefficient, over all weights, of the mean number of active paths from non-zero inputs through a weight.
    usage_gini_in_layer : (R, H) float64
        The same over the weights of each layer.
    usage_gini_by_design : float
        The same over all weights if all neurons were active: layers differ in size.
    unused_share : (R,) float64
        Share of the weights on no active path from a non-zero input, for any sample.
    active_share : (R,) float64
        ρ, share of the paths that is active.
    activity_by_path, activity_by_sample : (R,) float64
        Share of the variance ρ(1 − ρ) of A that lies between paths (1: each path is always on or always off, the
        network is linear), and between samples. Independent activity has 0 and 0.
    activity_weight_correlation : (R,) float64
        Correlation of A with \|Π w\| over samples and paths.
    active_weight_ratio : (R,) float64
        Mean \|Π w\| of active paths over that of all; 1 if independent.
    output_unexplained : (R,) float64
        1 − r², r being the correlation over samples of the output with ρ Σ X Π w over all paths.
    output_unexplained_if_random : (R,) float64
        The same if each path were active by a coin of its own, with probability ρ.
    norms : (R,) float64
        \|w\|.
    norm_drift : (R,) float64
        \|w\|² over its value before training; NaN where that is not known.
    layer_shares : (R, H) float64
        Share of each layer in \|w\|².
    weight_kurtosis, weight_gaussian_distance : (R,) float64
        Excess kurtosis of all weights, and Kolmogorov's distance from a normal distribution; both are 0 for a
        random point of a large sphere.
    """

    widths: tuple[int, ...]
    n_samples: int
    tolerance: float
    n_paths: float
    effective_inputs: float
    effective_inputs_error: float
    input_gaussian_distance: float
    input_gaussian_distance_error: float
    input_kurtosis: float
    input_kurtosis_error: float
    input_mean_share: float
    input_mean_share_error: float
    effective_paths: NDArray[np.float64]
    distinct_values: NDArray[np.int64]
    usage_gini: NDArray[np.float64]
    usage_gini_in_layer: NDArray[np.float64]
    usage_gini_by_design: float
    unused_share: NDArray[np.float64]
    active_share: NDArray[np.float64]
    activity_by_path: NDArray[np.float64]
    activity_by_sample: NDArray[np.float64]
    activity_weight_correlation: NDArray[np.float64]
    active_weight_ratio: NDArray[np.float64]
    output_unexplained: NDArray[np.float64]
    output_unexplained_if_random: NDArray[np.float64]
    norms: NDArray[np.float64]
    norm_drift: NDArray[np.float64]
    layer_shares: NDArray[np.float64]
    weight_kurtosis: NDArray[np.float64]
    weight_gaussian_distance: NDArray[np.float64]

    @property
    def network(self) -> ReLUNetwork:
        """The architecture."""
        return ReLUNetwork(self.widths, bias=False)

    @property
    def n_replicas(self) -> int:
        """Number of replicas."""
        return len(self.norms)

    @property
    def n_weights(self) -> int:
        """Number of weights N."""
        return self.network.n_params

    @property
    def n_unique(self) -> float:
        """Λ = Ψ^{1/H}, the number of different weights that the mapping wants."""
        return float(self.n_paths ** (1 / (len(self.widths) - 1)))

    @property
    def independence_gap(self) -> NDArray[np.float64]:
        """1 − ln(effective paths)/ln Ψ, (R,): share of the orders of magnitude of independence that is missing."""
        return _gap(self.effective_paths, self.n_paths)

    @property
    def redundancy_gap(self) -> NDArray[np.float64]:
        """ln(s/Λ)/ln(N/Λ), (R,), at least 0: 0 where Λ values suffice, 1 where all N must differ.

        NaN where N = Λ, a single layer with one output: nothing can be redundant.
        """
        room = np.log(self.n_weights / self.n_unique)
        if room <= 1e-12:
            return np.full(self.n_replicas, np.nan)
        return np.maximum(0.0, np.log(self.distinct_values / self.n_unique) / room)

    @property
    def norm_spread(self) -> float:
        r"""Standard deviation of \|w\|² over replicas over its mean; NaN for one replica."""
        return float(_relative_spread(self.norms**2))

    @property
    def norm_spread_error(self) -> float:
        """Jackknife error of :attr:`norm_spread`, NaN below three replicas."""
        square = self.norms**2
        if len(square) < 3:
            return float("nan")
        return float(jackknife_error([_relative_spread(np.delete(square, r)) for r in range(len(square))]))

    @property
    def layer_distance(self) -> NDArray[np.float64]:
        r"""Half of Σ \|share of \|w\|² − share of the weights\| over layers, (R,): 0 on average over a sphere."""
        sizes = [out * fan_in for _, _, (out, fan_in) in self.network.spans]
        return np.asarray(np.abs(self.layer_shares - np.array(sizes) / sum(sizes)).sum(axis=1) / 2)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All numbers, 0 = holds and 1 = fails, assumption by assumption; NaN where one has no meaning."""
        return (*self._of_inputs(), *self._of_weights(), *self._of_activity(), *self._of_sphere())

    @property
    def table(self) -> str:
        """The measures as lines of text."""
        return "\n".join(
            f"{m.assumption:22} {m.statement:42} {m.value:6.3f} ± {m.error:.3f}   {m.detail}" for m in self.measures
        )

    def _of_inputs(self) -> list[Measure]:
        name, n = "variable independence", self.widths[0]
        gap = float(_gap(np.array(self.effective_inputs), n))
        gap_error = self.effective_inputs_error / (self.effective_inputs * np.log(n)) if n > 1 else np.nan
        return [
            _over_replicas(
                name,
                "the inputs of all paths are independent",
                self.independence_gap,
                f"{_count(self.effective_paths.mean())} effective of {_count(self.n_paths)} paths",
            ),
            Measure(
                name,
                "the components of x are independent",
                gap,
                float(gap_error),
                f"{_count(self.effective_inputs)} effective of {n} inputs",
            ),
            Measure(
                name,
                "they are Gaussian",
                self.input_gaussian_distance,
                self.input_gaussian_distance_error,
                f"excess kurtosis {_signed(self.input_kurtosis)}",
            ),
            Measure(
                name, "their mean is 0", self.input_mean_share, self.input_mean_share_error, "share of the mean in |x|²"
            ),
        ]

    def _of_weights(self) -> list[Measure]:
        s = self.distinct_values.mean()
        return [
            _over_replicas(
                "redundancy",
                "Λ values of the weights suffice",
                self.redundancy_gap,
                f"{_count(s)} suffice, Λ = {_count(self.n_unique)}, N = {_count(self.n_weights)}",
            ),
            _over_replicas(
                "uniformity",
                "every weight is on as many active paths",
                self.usage_gini,
                f"by design {self.usage_gini_by_design:.2f}; {100 * self.unused_share.mean():.2g} % on none",
            ),
        ]

    def _of_activity(self) -> list[Measure]:
        name = "random activity"
        # The sign is taken off the mean: replicas whose correlations differ in sign have none in common.
        weights = _over_replicas(
            name,
            "activity is independent of the weights",
            self.activity_weight_correlation,
            f"active paths have {self.active_weight_ratio.mean():.3g} times the mean |Πw|",
        )
        return [
            _over_replicas(
                name,
                "all paths are active equally often",
                self.activity_by_path,
                f"share ρ = {self.active_share.mean():.3g} active",
            ),
            _over_replicas(
                name, "all inputs activate as many paths", self.activity_by_sample, "share of the variance of A"
            ),
            weights._replace(value=abs(weights.value)),
            _over_replicas(
                name,
                "output = ρ · sum over all paths",
                self.output_unexplained,
                f"variance left; {self.output_unexplained_if_random.mean():.2g} if activity were random",
            ),
        ]

    def _of_sphere(self) -> list[Measure]:
        name, ratio = "sphere", self.norm_drift
        return [
            Measure(
                name,
                "|w|² is the same for all replicas",
                self.norm_spread,
                self.norm_spread_error,
                f"|w| = {self.norms.mean():.4g}",
            ),
            _over_replicas(
                name,
                "|w|² stays in training",
                1 - np.minimum(ratio, 1 / ratio),
                f"grows {ratio.mean():.3g} times" if np.isfinite(ratio).all() else "start not known",
            ),
            _over_replicas(
                name,
                "layers share |w|² by their size",
                self.layer_distance,
                "shares " + ", ".join(f"{v:.2f}" for v in self.layer_shares.mean(axis=0)),
            ),
            _over_replicas(
                name,
                "weights are Gaussian",
                self.weight_gaussian_distance,
                f"excess kurtosis {_signed(self.weight_kurtosis.mean())}",
            ),
        ]


def _count(number: float) -> str:
    """A count to read: "12.3", "25,088", "2.6e+07"."""
    return f"{number:.3g}" if number < 100 else f"{number:,.0f}" if number < 1e7 else f"{number:.2g}"


def _signed(number: float) -> str:
    return f"{number:.2g}".replace("-", "−")


def _gap(effective: NDArray[np.float64], n: float) -> NDArray[np.float64]:
    if n <= 1:
        return np.full_like(effective, np.nan)
    return np.asarray(1 - np.log(effective) / np.log(n))


def _relative_spread(values: NDArray[np.float64]) -> Any:
    return values.std(ddof=1) / values.mean() if len(values) > 1 else np.nan


def _over_replicas(assumption: str, statement: str, values: NDArray[np.float64], detail: str) -> Measure:
    return Measure(assumption, statement, float(values.mean()), float(standard_error(values)), detail)

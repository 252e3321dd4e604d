"""The sentences of a glass's page say what the numbers say, whichever way they come out."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from spinland.critical.counts import CriticalCounts
from spinland.provenance import Provenance
from spinland.report import hierarchy
from spinland.report.spherical import ageing, critical, descent, probes, temperatures, theory
from spinland.statistics import judging
from spinland.statistics.judging import Judged
from spinland.study.glass_theory import counts_theory, equilibrium_theory, theory_card
from spinland.theory.finite_size import second_moment_temperature

NONE = Provenance("made up")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (-1.55, "short of −E_inf = −1.633 by 0.083 ± 0.010"),
        (-1.634, "not significantly different"),
        (-1.70, "overshoot"),
    ],
)
def test_which_side_of_the_threshold(value, said):
    text = descent._against_threshold(Judged(value, 0.01, 9), -1.633, 3)
    assert said in text
    assert "(p " in text


@pytest.mark.parametrize(
    ("last", "verb"), [(-1.60, "shrinks"), (-1.40, "grows"), (-1.505, "does not significantly change")]
)
def test_how_the_distance_depends_on_size(last, verb):
    class Scaling:
        sizes, minima, minima_error = np.array([10, 20]), np.array([-1.50, last]), np.array([0.01, 0.01])
        n_instances = 10

    assert f"from it {verb} with N" in descent._with_size(Scaling, -1.633)


def test_descents_that_pass_the_threshold_are_counted():
    class Minima:
        values, params = np.array([-1.7, -1.64, -1.6]), np.zeros((3, 25))

    assert "2 of 25 spins" in descent._beyond([Minima], -1.633)


def test_when_a_correlation_has_fallen():
    times = np.array([0.0, 1.0, 2.0, 4.0])
    assert ageing._crossing(times, np.array([1.0, 0.8, 0.6, 0.2]), 0.5) == pytest.approx(2.5)
    assert math.isnan(ageing._crossing(times, np.array([1.0, 0.8, 0.7, 0.6]), 0.5))
    assert math.isnan(ageing._crossing(times, np.full(4, np.nan), 0.5))
    each = np.array([[1.0, 0.8, 0.6, 0.2], [1.0, 0.8, 0.5, 0.2], [1.0, 0.7, 0.4, 0.2]])
    half = ageing._half_time(times, each)
    assert half.value == pytest.approx(2.0)
    assert half.error > 0


def counts(complete):
    """Two instances of four spins, the second possibly without a pair of its saddles."""
    numbers = np.array([[4, 6, 6, 4], [3, 5, 5, 3]])
    return CriticalCounts(
        counts=numbers, complete=np.array(complete), energy=np.empty(0), index=np.empty(0, int), instance=np.empty(0, int),
        n_spins=4, order=(3,), provenance=NONE,
    )  # fmt: skip


def test_an_incomplete_set_is_told():
    text = critical._finding([counts([True, False])], [None], None, None)
    assert "1 of 2 sets are complete" in text
    assert "too small" in text
    short = critical._finding([counts([True, False])], [np.full(4, 9.0)], None, None)
    assert "exact means" not in short  # what is incomplete is not compared
    assert "All 2 sets are complete" in critical._finding([counts([True, True])], [None], None, None)


def test_numbers_that_differ_are_said_to_differ():
    exact = np.array([3.5, 5.5, 5.5, 3.5])
    many = counts([True, True])
    object.__setattr__(many, "counts", np.repeat(many.counts, 50, axis=0))
    object.__setattr__(many, "complete", np.ones(100, bool))
    assert "do not significantly differ from" in critical._finding([many], [exact], None, None)
    assert "index differ from" in critical._finding([many], [exact * 1.2], None, None)
    assert critical._by_index(many, exact)[0].shape == (100, 2)  # of the four indices two mirror the others


def exchange(swaps=0.5, memory=1.0, samples=100, offset=0.0, overlaps=0.6):
    """Three temperatures of a run of eight instances that share their disorder: seed 0, ± 0.01 of an instance."""
    random = np.random.default_rng(0)
    temperatures = np.array([2.0, 2.5, 3.0])
    disorder = random.normal(size=(8, 1, 1, 1)) + 0.01 * random.normal(size=(8, 1, 3, 1))
    exact = equilibrium_theory(3, temperatures, 20).corrected[:, None]
    energies = np.broadcast_to(exact + offset + 0.01 * disorder, (8, samples, 3, 2))
    return SimpleNamespace(
        temperatures=temperatures, mean=energies.mean(axis=(0, 1, 3)), error=np.full(3, 0.0035), extent=20,
        autocorrelation_time=np.array([memory, 0.6, 0.6]), overlap_autocorrelation_time=np.array([overlaps, 0.6, 0.6]), swap_acceptance=np.full((8, 2), swaps), energies=energies,
    )  # fmt: skip


@pytest.mark.parametrize(
    "run",
    [exchange(swaps=0.04), exchange(memory=5.1), exchange(overlaps=5.1), exchange(memory=math.nan)],
    ids=["swaps", "memory", "overlaps", "still"],
)
def test_what_is_not_equilibrated_is_not_compared(run):
    theory = equilibrium_theory(3, run.temperatures, 20)
    assert temperatures._finding(run, theory, None).startswith("Not equilibrated")
    good = temperatures._finding(exchange(), theory, None)
    assert "does not significantly differ from the annealed value" in good


def test_temperatures_that_share_their_instances_are_judged_together():
    """Three deviations that are nearly one: p is that of one of them, not three times as much."""
    run = exchange(offset=0.005)
    exact = equilibrium_theory(3, run.temperatures, 20)
    each = run.energies.mean(axis=(1, 3)) - exact.corrected
    alone = stats.ttest_1samp(each, 0).pvalue.min()
    text = temperatures._finding(run, exact, None)
    told = float(re.search(r"p = ([\d.]+)", text)[1])
    assert alone < told < 1.3 * alone
    assert "differs from" in text
    assert "3 of the 3 are upwards" in text
    excess = judging.mean_of(each.mean(axis=1))
    assert f"averaged over these temperatures it lies {excess} above" in text


def test_the_correction_is_used_far_from_its_bound_only():
    bound = second_moment_temperature(3)
    known = np.isfinite(equilibrium_theory(3, bound * np.array([1.2, 1.49, 1.51]), 20).corrected)
    assert known.tolist() == [False, False, True]


@pytest.mark.parametrize("order", [2, 3, 6])
def test_the_overlap_at_the_dynamical_temperature_is_exact(order):
    assert theory_card(order).dynamical_overlap == (order - 2) / (order - 1)


def test_the_energy_is_compared_at_the_same_time():
    run = SimpleNamespace(
        times=np.array([0.0, 1.0, 4.0]), mean=np.array([0.0, -0.9, -1.2]), error=np.full(3, 0.1), energies=np.zeros((6, 2, 3))
    )  # fmt: skip
    theory = SimpleNamespace(
        energy_times=np.array([0.0, 1.0, 3.0]), energy=np.array([0.0, -1.0, -1.1]), final_energy=-1.5
    )
    text = ageing._energy(run, theory)
    assert "not significantly different from that of N → ∞ at the same time, −1.000 (p = 0.36)" in text
    assert "for t → ∞ that tends to −1.500" in text
    run.mean[1] = -0.5
    assert "above that of N → ∞ at the same time, −1.000 (p = 0.0041)" in ageing._energy(run, theory)


def test_ageing_is_judged_instance_by_instance():
    """Six instances that differ by 0.3 and all rise by 0.05 ± 0.01: means overlap, the pairs do not."""
    random = np.random.default_rng(0)
    level = random.normal(0.5, 0.3, size=(6, 1, 1, 1))
    waits = np.array([0.0, 0.05])[:, None] + random.normal(0, 0.01, size=(6, 1, 2, 1))
    correlations = np.broadcast_to(level + waits, (6, 3, 2, 4))
    run = SimpleNamespace(
        waiting_times=np.array([1.0, 30.0]), times=np.arange(4.0), correlations=correlations
    )
    text = ageing._finding(run, None, None)
    change = judging.paired(*correlations[:, 0, :, 0].T)
    assert (
        f"rises with the age, by {change} from t_w = 1 to t_w = 30 ({change.chance}): the glass ages" in text
    )
    assert change.error < 0.01


def test_walks_are_compared_with_their_own_starts():
    q = np.array([1.0, 0.8, 0.5, 0.2])
    profile = SimpleNamespace(
        overlap=q, rise=1 - q**3, rise_error=np.full(4, 0.001), start=np.linspace(-1.6, -1.2, 8), typical=np.zeros(8),
        typical_error=np.full(8, 1e-4), radius=np.full(8, 10.0),
    )  # fmt: skip
    assert "do not significantly depart from" in probes._along_walks(profile, 3)
    profile.rise = profile.rise + 0.03  # 1/N is 0.01
    text = probes._along_walks(profile, 3)
    assert "walks from minima depart from e_0 q^3" in text
    assert "90.50 ± 0.10 % for 87.5 % at q = 0.500" in text


def test_real_and_complex_points_are_counted_in_one_way():
    """N = 2 and p = 3: 2(2^2 − 1) = 6 complex points of which at most as many are real."""
    counts_ = counts_theory(3, (2,), 2)
    text = theory._finding(theory_card(3), None, counts_)
    real, all_ = (float(x) for x in re.findall(r"10\^([\d.]+)", text))
    assert all_ == pytest.approx(math.log10(6), abs=0.002)
    assert real <= all_
    assert real == pytest.approx(counts_.log_total / math.log(10), abs=0.002)


def test_both_pages_quote_the_verdict_on_triangles():
    test = SimpleNamespace(verdict="Triangles are what they are.")
    pairs = SimpleNamespace(
        n_replicas=5, mean_distance=1.0, mean_distance_error=0.1, std_distance=0.2, std_distance_error=0.01,
        mean_overlap=0.1, mean_overlap_error=0.01, std_overlap=0.1, std_overlap_error=0.01, relative_spread=0.2,
        relative_spread_error=0.02,
    )  # fmt: skip
    minima = SimpleNamespace(params=np.zeros((5, 16)))
    assert test.verdict in probes._minima_finding(minima, None, pairs, test)
    assert test.verdict in hierarchy._finding(pairs, None, test)

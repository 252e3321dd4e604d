"""The sentences of a glass's page say what the numbers say, whichever way they come out."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from spinland.critical.counts import CriticalCounts
from spinland.provenance import Provenance
from spinland.report import hierarchy
from spinland.report.spherical import ageing, critical, descent, probes, temperatures, words
from spinland.study.glass_theory import equilibrium_theory, theory_card
from spinland.theory.finite_size import second_moment_temperature

NONE = Provenance("made up")


def test_deviations_count_standard_errors():
    z = words.deviations([1.0, 2.0, 2.0, 3.0], [0.5, 0.0, 0.0, math.nan], [2.0, 2.0, 1.0, 0.0])
    assert z[:2].tolist() == [-2.0, 0.0]
    assert np.isnan(z[2:]).all()


@pytest.mark.parametrize("n_samples", [3, 10, 1000])
def test_the_chance_is_that_of_students_t(n_samples):
    """The largest of 5 such deviations is beyond z in a share of draws that the formula gives; seed 1, 3 errors."""
    draws = stats.t.rvs(n_samples - 1, size=(20_000, 5), random_state=1)
    share = np.mean(np.abs(draws).max(axis=1) > 2.5)
    p = words.chance([2.5, 0.1, -1.0, 0.0, math.nan, 0.3], n_samples)
    assert abs(share - p) < 3 * math.sqrt(p * (1 - p) / 20_000)
    assert words.chance([], n_samples) != words.chance([0.0], n_samples) == 1.0


def test_agreement_needs_more_evidence_from_fewer_samples():
    assert words.agree([3.5], 4)
    assert not words.agree([3.5], 100)
    assert words.agree([math.nan], 100)


def test_what_cannot_be_judged_is_said():
    assert words.worst([math.nan], 5) == "no deviation can be judged"
    assert words.sigmas(math.nan) == "without an error to judge it by"
    assert words.sigmas(-2.0) == "2 standard errors below"


@pytest.mark.parametrize(
    ("value", "said"), [(-1.55, "short of −E_inf"), (-1.634, "within three"), (-1.70, "overshoot")]
)
def test_which_side_of_the_threshold(value, said):
    assert said in descent._against_threshold(value, 0.01, -1.633, 3)


@pytest.mark.parametrize(
    ("last", "verb"), [(-1.60, "shrinks"), (-1.40, "grows"), (-1.505, "does not clearly change")]
)
def test_how_the_distance_depends_on_size(last, verb):
    class Scaling:
        sizes, minima, minima_error = np.array([10, 20]), np.array([-1.50, last]), np.array([0.01, 0.01])

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
    assert "are compatible with" in critical._finding([many], [exact], None, None)
    assert "differ from" in critical._finding([many], [exact * 1.2], None, None)
    assert len(critical._by_index(many, exact)) == 2  # of the four indices two mirror the others


def exchange(swaps=0.5, memory=1.0, samples=100):
    """Two temperatures of a run of three instances."""
    return SimpleNamespace(
        temperatures=np.array([2.0, 3.0]), mean=np.array([-0.5, -1 / 3]), error=np.full(2, 0.01), extent=20,
        autocorrelation_time=np.array([memory, 0.6]), swap_acceptance=np.full((3, 1), swaps),
        energies=np.zeros((3, samples, 2, 2)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "run", [exchange(swaps=0.04), exchange(memory=5.1), exchange(memory=math.nan)], ids=["swaps", "memory", "still"]
)  # fmt: skip
def test_what_is_not_equilibrated_is_not_compared(run):
    theory = equilibrium_theory(3, run.temperatures, 20)
    assert temperatures._finding(run, theory, None).startswith("Not equilibrated")
    good = temperatures._finding(exchange(), theory, None)
    assert "is compatible with the annealed value" in good
    assert "Student's t with 2 degrees" in good


def test_the_correction_is_used_far_from_its_bound_only():
    bound = second_moment_temperature(3)
    known = np.isfinite(equilibrium_theory(3, bound * np.array([1.2, 1.49, 1.51]), 20).corrected)
    assert known.tolist() == [False, False, True]


@pytest.mark.parametrize("order", [2, 3, 6])
def test_the_overlap_at_the_dynamical_temperature_is_exact(order):
    assert theory_card(order).dynamical_overlap == (order - 2) / (order - 1)


def test_the_energy_is_compared_at_the_same_time():
    run = SimpleNamespace(
        times=np.array([0.0, 1.0, 4.0]), mean=np.array([0.0, -0.9, -1.2]), error=np.full(3, 0.1)
    )
    theory = SimpleNamespace(
        energy_times=np.array([0.0, 1.0, 3.0]), energy=np.array([0.0, -1.0, -1.1]), final_energy=-1.5
    )
    text = ageing._energy(run, theory)
    assert "1 standard errors above that of N → ∞ at the same time, −1" in text
    assert "for t → ∞ that tends to −1.5" in text
    assert ageing._verdict(0.1, 0.1) == ": ageing is not resolved"


def test_both_pages_quote_the_verdict_on_triangles():
    test = SimpleNamespace(verdict="Triangles are what they are.")
    pairs = SimpleNamespace(
        n_replicas=5, mean_distance=1.0, mean_distance_error=0.1, std_distance=0.2, std_distance_error=0.01,
        mean_overlap=0.1, mean_overlap_error=0.01, std_overlap=0.1, std_overlap_error=0.01,
    )  # fmt: skip
    minima = SimpleNamespace(params=np.zeros((5, 16)))
    assert test.verdict in probes._minima_finding(minima, None, pairs, test)
    assert test.verdict in hierarchy._finding(pairs, None, test)

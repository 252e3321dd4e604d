"""The sentences of a glass's page say what the numbers say, whichever way they come out."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

import spinland as sl
from spinland.chapters import ageing
from spinland.chapters.ageing import AGEING
from spinland.chapters.critical import CRITICAL
from spinland.chapters.descent import DESCENT
from spinland.chapters.hierarchy import HIERARCHY
from spinland.chapters.minima import MINIMA
from spinland.chapters.profiles import PROFILES
from spinland.chapters.temperatures import TEMPERATURES
from spinland.chapters.theory.chapter import THEORY
from spinland.chapters.theory.counts import counts_theory
from spinland.chapters.theory.equilibrium import equilibrium_theory
from spinland.provenance import Provenance
from spinland.statistics import judging
from spinland.study.glasses import GlassBook
from tests.oracles.findings import check_stored

NONE = Provenance("made up")
THRESHOLD = -sl.theory.threshold_energy(3)


class MadeUp(GlassBook):
    """A book of results that no file holds."""

    def __init__(self, results, **settings):
        super().__init__(sl.GlassConfig(**settings), None, {"version": "0"})
        self.results = results

    def get(self, name):
        return self.results.get(name)


def told(chapter, results, **settings):
    """What a chapter finds in these results; what it prints is what it keeps."""
    found = chapter.find(MadeUp(results, **settings))
    check_stored(found)
    return found.statement


def descent(sizes, minima, error=0.01):
    """The end of ten descents for each size."""
    shape = (len(sizes), 2)
    scaling = SimpleNamespace(
        sizes=np.array(sizes),
        times=np.array([0.0, 4.0]),
        energies=np.full(shape, -1.3),
        energy_error=np.full(shape, 0.02),
        minima=np.array(minima),
        minima_error=np.full(len(sizes), error),
        n_instances=10,
    )
    return {"descent/scaling": scaling}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (-1.55, "short of −E_inf = −1.633 by 0.083 ± 0.010"),
        (-1.634, "not significantly different"),
        (-1.70, "overshoot"),
    ],
)
def test_which_side_of_the_threshold(value, said):
    text = told(DESCENT, descent([20], [value]))
    assert said in text
    assert "(p " in text
    found = DESCENT.find(MadeUp(descent([20], [value])))
    k = found.names.index("energy of the minima, 20 spins")
    assert (found.values[k], found.errors[k], found.references[k]) == (value, 0.01, THRESHOLD)
    assert found.p[k] == judging.Judged(value - THRESHOLD, 0.01, 9).p


def test_the_level_of_a_quadratic_form_is_its_ground_state():
    assert "overshoot" not in told(DESCENT, descent([20], [-1.40]), order=2)
    assert "short of −E_0 = −1.414" in told(DESCENT, descent([20], [-1.35]), order=2)


@pytest.mark.parametrize(
    ("last", "verb"), [(-1.60, "shrinks"), (-1.40, "grows"), (-1.505, "does not significantly change")]
)
def test_how_the_distance_depends_on_size(last, verb):
    assert f"from it {verb} with N" in told(DESCENT, descent([10, 20], [-1.50, last]))
    assert "with N" not in told(DESCENT, descent([10, 20], [math.nan, last]))


def test_the_flow_is_compared_at_the_latest_time_that_theory_has():
    results = descent([20], [-1.5])
    times = np.array([0.0, 4.0])
    results["theory/quench"] = SimpleNamespace(times=times, energy=np.array([0.0, -1.4]))
    assert "At t = 4 the flow of 20 spins has come to −1.300 ± 0.020 per spin, where N → ∞ has −1.400" in told(
        DESCENT, results
    )
    results["descent/scaling"].times = np.array([0.0, 5.0])
    assert "(at t = 0 it was at −1.300 ± 0.020, where N → ∞ has 0)" in told(DESCENT, results)


def test_descents_that_pass_the_threshold_are_counted():
    minima = SimpleNamespace(values=np.array([-1.7, -1.64, -1.6]), params=np.zeros((3, 25)))
    assert "2 at N = 25" in told(MINIMA, {"descent/minima/25": minima}, spins=25, sizes=())


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
    return sl.CriticalCounts(
        counts=numbers,
        complete=np.array(complete),
        energy=np.empty(0),
        index=np.empty(0, int),
        instance=np.empty(0, int),
        n_spins=4,
        order=(3,),
        provenance=NONE,
    )


def of_four_spins(found, exact=None):
    """What is told of the numbers of critical points of four spins."""
    results = {"critical/counts/4": found}
    if exact is not None:
        results["theory/counts"] = SimpleNamespace(sizes=np.array([4]), by_index=np.array([exact]))
    return told(CRITICAL, results, critical_spins=(4,))


def test_an_incomplete_set_is_told():
    text = of_four_spins(counts([True, False]))
    assert "1 of 2 sets are complete" in text
    assert "too small" in text
    short = of_four_spins(counts([True, False]), np.full(4, 9.0))
    assert "exact means" not in short  # what is incomplete is not compared
    assert "All 2 sets are complete" in of_four_spins(counts([True, True]))


def test_numbers_that_differ_are_said_to_differ():
    exact = np.array([3.5, 5.5, 5.5, 3.5])
    many = counts([True, True])
    object.__setattr__(many, "counts", np.repeat(many.counts, 50, axis=0))
    object.__setattr__(many, "complete", np.ones(100, bool))
    same = of_four_spins(many, exact)
    assert "do not significantly differ from" in same
    assert "the largest of 2 deviations" in same  # of the four indices two mirror the others
    assert "index differ from" in of_four_spins(many, exact * 1.2)


@pytest.mark.parametrize(("lowest", "mean", "said"), [(-1.7, "−1.350", "1 of them"), (-1.5, "−1.250", "none of them")])
def test_minima_below_the_threshold_are_counted(lowest, mean, said):
    layers = SimpleNamespace(energy=np.array([lowest, -1.0, 0.3]), index=np.array([0, 0, 2]), n_spins=5)
    text = told(CRITICAL, {"critical/layers": layers})
    assert f"2 minima of one instance of 5 spins have a mean energy of {mean}" in text
    assert f"{said} below −E_inf = −1.633" in text


def exchange(swaps=0.5, memory=1.0, samples=100, offset=0.0, overlaps=0.6):
    """Three temperatures of a run of eight instances that share their disorder: seed 0, ± 0.01 of an instance."""
    random = np.random.default_rng(0)
    temperatures = np.array([2.0, 2.5, 3.0])
    disorder = random.normal(size=(8, 1, 1, 1)) + 0.01 * random.normal(size=(8, 1, 3, 1))
    exact = equilibrium_theory(3, temperatures, 20).corrected[:, None]
    energies = np.broadcast_to(exact + offset + 0.01 * disorder, (8, samples, 3, 2))
    return SimpleNamespace(
        temperatures=temperatures,
        mean=energies.mean(axis=(0, 1, 3)),
        error=np.full(3, 0.0035),
        extent=20,
        autocorrelation_time=np.array([memory, 0.6, 0.6]),
        overlap_autocorrelation_time=np.array([overlaps, 0.6, 0.6]),
        swap_acceptance=np.full((8, 2), swaps),
        energies=energies,
    )


def heated(run, theory):
    """What is told of equilibrium."""
    return told(TEMPERATURES, {"temperatures/exchange": run, "theory/equilibrium": theory})


@pytest.mark.parametrize(
    "run",
    [exchange(swaps=0.04), exchange(memory=5.1), exchange(overlaps=5.1), exchange(memory=math.nan)],
    ids=["swaps", "memory", "overlaps", "still"],
)
def test_what_is_not_equilibrated_is_not_compared(run):
    theory = equilibrium_theory(3, run.temperatures, 20)
    assert heated(run, theory).startswith("Not equilibrated")
    good = heated(exchange(), theory)
    assert "does not significantly differ from the annealed value" in good


def test_temperatures_that_share_their_instances_are_judged_together():
    """Three deviations that are nearly one: p is that of one of them, not three times as much."""
    run = exchange(offset=0.005)
    exact = equilibrium_theory(3, run.temperatures, 20)
    each = run.energies.mean(axis=(1, 3)) - exact.corrected
    alone = stats.ttest_1samp(each, 0).pvalue.min()
    text = heated(run, exact)
    found = float(re.search(r"p = ([\d.]+)", text)[1])
    assert alone < found < 1.3 * alone
    assert "differs from" in text
    assert "3 of the 3 are upwards" in text
    excess = judging.mean_of(each.mean(axis=1))
    assert f"averaged over these temperatures it lies {excess} above" in text


def test_the_correction_is_used_far_from_its_bound_only():
    bound = sl.theory.second_moment_temperature(3)
    known = np.isfinite(equilibrium_theory(3, bound * np.array([1.2, 1.49, 1.51]), 20).corrected)
    assert known.tolist() == [False, False, True]


@pytest.mark.parametrize("order", [2, 3, 6])
def test_the_overlap_at_the_dynamical_temperature_is_exact(order):
    assert sl.theory_card(order).dynamical_overlap == (order - 2) / (order - 1)


def quenched(correlations, waits, times, mean):
    """Instances after a quench."""
    return SimpleNamespace(
        waiting_times=np.array(waits),
        times=np.array(times),
        correlations=correlations,
        mean=np.array(mean),
        error=np.full(len(mean), 0.1),
        energies=np.zeros((len(correlations), 2, len(mean))),
    )


def test_the_energy_is_compared_at_the_same_time():
    run = quenched(np.full((6, 2, 1, 3), 0.5), [1.0], [0.0, 1.0, 4.0], [0.0, -0.9, -1.2])
    theory = SimpleNamespace(
        correlation=np.full((1, 3), np.nan),
        energy_times=np.array([0.0, 1.0, 3.0]),
        energy=np.array([0.0, -1.0, -1.1]),
        final_energy=-1.5,
    )
    results = {"ageing/langevin": run, "theory/ageing": theory}
    text = told(AGEING, results)
    assert "not significantly different from that of N → ∞ at the same time, −1.000 (p = 0.36)" in text
    assert "and comes to −1.20 ± 0.10 at t = 4, to which the equations were not followed" in text
    assert "for t → ∞ that tends to −1.500" in text
    run.mean[1] = -0.5
    assert "above that of N → ∞ at the same time, −1.000 (p = 0.0041)" in told(AGEING, results)
    theory.energy_times = np.empty(0)
    assert "The energy comes to −1.20 ± 0.10 at t = 4; for N → ∞, then t → ∞, it tends to −1.500" in told(
        AGEING, results
    )


def test_ageing_is_judged_instance_by_instance():
    """Six instances that differ by 0.3 and all rise by 0.05 ± 0.01: means overlap, the pairs do not."""
    random = np.random.default_rng(0)
    level = random.normal(0.5, 0.3, size=(6, 1, 1, 1))
    waits = np.array([0.0, 0.05])[:, None] + random.normal(0, 0.01, size=(6, 1, 2, 1))
    correlations = np.broadcast_to(level + waits, (6, 3, 2, 4))
    run = quenched(correlations, [1.0, 30.0], np.arange(4.0), np.zeros(4))
    text = told(AGEING, {"ageing/langevin": run})
    change = judging.paired(*correlations[:, 0, :, 0].T)
    assert f"rises with the age (from t_w = 1 to t_w = 30 by {change}, {change.chance}): the glass ages" in text
    assert change.error < 0.01


def test_walks_are_compared_with_their_own_starts():
    q = np.array([1.0, 0.8, 0.5, 0.2])
    profile = SimpleNamespace(
        overlap=q,
        rise=1 - q**3,
        rise_error=np.full(4, 0.001),
        start=np.linspace(-1.6, -1.2, 8),
        typical=np.zeros(8),
        typical_error=np.full(8, 1e-4),
        radius=np.full(8, 10.0),
    )
    assert "do not significantly depart from" in told(PROFILES, {"probes/walks": profile})
    profile.rise = profile.rise + 0.03  # 1/N is 0.01
    text = told(PROFILES, {"probes/walks": profile})
    assert "alks from minima depart from e_0 q^3" in text
    assert "90.50 ± 0.10 % for 87.5 % at q = 0.500" in text


def test_real_and_complex_points_are_counted_in_one_way():
    """N = 2 and p = 3: 2(2^2 − 1) = 6 complex points of which at most as many are real."""
    exact = counts_theory(3, (2,), 2)
    text = told(THEORY, {"theory/card": sl.theory_card(3), "theory/counts": exact})
    real, all_ = (float(x) for x in re.findall(r"10\^([\d.]+)", text))
    assert all_ == pytest.approx(math.log10(6), abs=0.002)
    assert real <= all_
    assert real == pytest.approx(exact.log_total / math.log(10), abs=0.002)


def test_the_page_quotes_the_verdict_on_triangles():
    test = SimpleNamespace(told="Triangles of {} are what they are.".format, null_models=())
    pairs = SimpleNamespace(
        n_replicas=5,
        mean_distance=1.0,
        mean_distance_error=0.1,
        std_distance=0.2,
        std_distance_error=0.01,
        mean_overlap=0.1,
        mean_overlap_error=0.01,
        std_overlap=0.1,
        std_overlap_error=0.01,
        relative_spread=0.2,
        relative_spread_error=0.02,
    )
    minima = SimpleNamespace(params=np.zeros((5, 16)))
    results = {"descent/minima/16": minima, "probes/pairs": pairs, "probes/ultrametricity": test}
    assert "Triangles of minima are what they are." in HIERARCHY.find(MadeUp(results, spins=16)).statement

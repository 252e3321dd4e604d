"""The words of figures tell quantity, unit and names of the results that are drawn."""

import numpy as np
import pytest

import spinland as sl
from spinland import figures
from tests.figures.looking import words
from tests.oracles import results

pytestmark = pytest.mark.filterwarnings("ignore::spinland.errors.ShortRunWarning")  # short on purpose

LANDSCAPES = {
    results.landscape: "training loss $L$ (nats)",
    results.on_test_data: "test loss $L$ (nats)",
    results.squared: "training loss $L$ (mean squared error)",
    results.bowl: "potential (eV)",
    results.plain: "value",
    results.glass: "energy per spin $H/N$",
}


def drawings(of):
    """Every figure that shows values of any landscape."""
    where, three = of(), results.points(of)
    yield figures.walk_fan(results.walk(of=of))
    line = sl.line(where, three[0], three[1], [0, 0.5, 1])
    yield from (
        figures.line_profile(line),
        figures.line_panels(line),
        figures.line_pair(line, names=[""], orders=[None]),
    )
    plane = sl.plane(where, three[0], three[1:], [0, 0.1], [0, 0.1])
    yield figures.plane_contour(plane)
    yield figures.plane_surface(plane)
    yield figures.plane_pair(plane, names=[""])
    yield figures.plane_contour(sl.plane_through(where, three, n=3))
    yield figures.plane_contour(sl.trajectory_plane(where, three, n=3))
    yield figures.overlap_profiles(sl.overlap_profile(where, three[0], 4, 3), names=[""], orders=[None])
    yield figures.descent_curve(sl.gradient_flow(where, three, [0.0, 0.01, 0.02]))
    yield figures.descent_curve(sl.langevin(where, three, 0.1, [0.0, 0.01, 0.02], 0.01))
    if of is results.glass:
        yield figures.energy_temperature(results.exchange())
    if isinstance(where, sl.NetworkLandscape):
        yield figures.swap_curves(sl.swap_interpolation(where, three[0], [1], [0, 1], 2))


@pytest.mark.parametrize("of", LANDSCAPES)
def test_axes_say_the_quantity_and_the_unit_of_the_landscape(of):
    wrong = [label for label in LANDSCAPES.values() if label != LANDSCAPES[of] and len(label) > 5]
    for drawn in drawings(of):
        told = words(drawn)
        assert LANDSCAPES[of] in told
        assert not any(label in told for label in wrong), told


def test_differences_and_accuracies_are_named_after_the_quantity():
    at = results.points(results.on_test_data)[0]
    test = sl.swap_interpolation(results.on_test_data(), at, [0, 1, 2], [0, 0.5, 1], 2)
    assert figures.swap_barrier(test).get_ylabel() == r"barrier $\Delta L$ (nats)"
    assert figures.swap_curves(test, quantity="accuracy").get_ylabel() == "test accuracy"
    mse = results.swap_of_regression()
    assert figures.swap_barrier(mse).get_ylabel() == r"barrier $\Delta L$ (mean squared error)"
    told = words(figures.walk_ruggedness(results.ruggedness(of=results.glass)))
    assert "of the energy per spin" in told
    assert r"\Delta(H/N)" in told
    assert "of the potential" in words(figures.walk_ruggedness(results.ruggedness(of=results.bowl)))
    ends = results.ensemble().params[:2]
    both = [sl.line(w, *ends, [0, 0.5, 1]) for w in (results.landscape(), results.on_test_data())]
    assert figures.line_profile(both).get_ylabel() == "training loss $L$ (nats), test loss $L$ (nats)"


def test_overlaps_of_an_even_glass_are_folded():
    run = results.exchange(4)
    assert run.symmetric
    edges, density, error = run.overlap_density(10, folded=True)
    _, all_of_it, _ = run.overlap_density(20)
    assert edges[0] == 0
    np.testing.assert_allclose(density, all_of_it[:, 10:] + all_of_it[:, 9::-1])
    assert (error >= 0).all()
    ax = figures.overlap_distribution_curves(run, bins=10)
    assert ax.get_xlim() == (0, 1)
    assert ax.get_ylabel() == r"density $P(|q|)$"
    assert figures.overlap_distribution_curves(results.exchange(3), bins=10).get_xlim() == (-1, 1)
    pairs = sl.pair_statistics(results.minima(4))
    assert pairs.unsigned
    assert (pairs.overlaps >= 0).all()
    assert "|q_{ab}|" in figures.overlap_histogram(sl.overlap_distribution(pairs)).get_xlabel()
    assert not sl.pair_statistics(results.minima(3)).unsigned


def test_walks_keep_their_own_labels_when_they_are_sorted():
    drawn = figures.walk_fan([results.walk(0.1), results.walk()], labels=["large", "small"])
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == ["small", "large"]
    with pytest.raises(sl.ArgumentError, match=r"^labels: "):
        figures.walk_fan([results.walk()], labels=["a", "b"])


def test_theory_of_other_waiting_times_is_refused():
    other = sl.theory.quench_correlation([0.5], [0.0, 0.1], 3, 0.4)
    with pytest.raises(sl.ArgumentError, match=r"^theory: .*waiting times"):
        figures.ageing_beside_theory(results.quench(), other)

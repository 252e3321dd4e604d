"""Every public figure draws real results on new and on given axes, says of what, and refuses what is none."""

import inspect
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import spinland as sl
from spinland import figures
from spinland.errors import ArgumentError
from tests.figures.looking import unlabelled, whole
from tests.oracles import results

pytestmark = pytest.mark.filterwarnings("ignore::spinland.errors.ShortRunWarning")  # short on purpose

NO_FIGURES = {"ENERGY", "LOSS", "OVERLAP", "SQUARED_ERROR", "save_figure", "svg_text"}
NO_FIGURES |= {"turning_surface"}  # of plotly: tests/figures/test_turning.py


def solutions():
    """Results of networks and of glasses that stand beside each other."""
    return [results.ensemble(), results.minima()]


def case(*arguments, **options):
    return arguments, options


# Arguments of each figure without its axes; a word after the name tells several cases apart.
CASES = {
    "ageing_beside_theory": lambda: case(
        results.quench(), results.theory_of_quench(), plateau=sl.theory.marginal_state(3, 0.4).edwards_anderson
    ),
    "ageing_curves": lambda: case(results.quench()),
    "alignment_barriers": lambda: case([results.aligned_lines(8), results.aligned_lines(16, 3)], [8, 16]),
    "alignment_barriers time": lambda: case([results.aligned_lines(m) for m in (8, 16, 8)], [0, 3, 30], versus="epoch"),
    "alignment_distances": lambda: case(results.symmetric_distances()),
    "alignment_distances overlap": lambda: case(results.symmetric_distances(), quantity="overlap"),
    "alignment_gain": lambda: case([results.alignment(), results.alignment(16)], names=["narrow", "wide"]),
    "band_profile": lambda: case(results.band()),
    "band_profile saddle": lambda: case(results.band(), saddle=results.saddle()),
    "barrier_width": lambda: case([results.swap(8), results.swap(16)], n_swaps=[2, 4]),
    "barrier_width share": lambda: case([results.swap(8), results.swap(16)], fraction=0.125),
    "complexity_curves": lambda: case(sl.theory_card(3)),
    "correlation_curve": lambda: case(results.correlation()),
    "correlation_mixture": lambda: case([results.correlation(), results.correlation(2)], labels=["a", "b"]),
    "current_test": lambda: case([results.current(), results.current("replacement")]),
    "critical_points_depth": lambda: case(sl.theory.critical_points_by_depth(300, range(2, 12))),
    "dendrogram_matrix": lambda: case(sl.hierarchy(results.ensemble()), labels=list("abcdef")),
    "dendrogram_matrix many": lambda: case(results.tree(160, "single", "cosine")),
    "depth_measures": lambda: case(results.depths()),
    "descent_approach": lambda: case(results.scaling()),
    "descent_curve": lambda: case(results.flow()),
    "descent_sizes": lambda: case(results.scaling()),
    "dimension_curve": lambda: case(results.dimension()),
    "dinh_changes": lambda: case(results.dinh_table()),
    "measure_correlations": lambda: case([results.comparison_of_measures()], titles=["at equal loss"]),
    "measure_scatter": lambda: case(results.comparison_of_measures(), labels=["rise", "trace of H"]),
    "measure_scatter one": lambda: case(results.comparison_of_measures(1), quality_label="depth"),
    "optimiser_comparison": lambda: case(results.optimisers(), names=["SGD", "SAM", "replicated SGD"]),
    "disconnectivity_graph": lambda: case(results.barriers()),
    "disconnectivity_graph beside": lambda: case(
        results.barriers(), hierarchy=sl.hierarchy(results.critical().points[results.critical().index == 0])
    ),
    "displacement_growth": lambda: case([results.diffusion(), results.diffusion("replacement")]),
    "distance_histogram": lambda: case([results.statistics(8), results.statistics(16)], labels=["narrow", "wide"]),
    "distance_histogram relative": lambda: case(results.statistics(), relative=True),
    "effective_order_sweep": lambda: case([results.correlation(p) for p in (2, 3)], [2, 3]),
    "ensemble_passes": lambda: case([results.ensembles(), results.ensembles()], labels=["a", "b"]),
    "energy_temperature": lambda: case(results.exchange()),
    "flatness_batch": lambda: case(results.batches()),
    "flatness_batch walk": lambda: case(results.batches(), kind="walk"),
    "gauss_newton_share": lambda: case([results.curvature_history()], labels=["a"]),
    "gradient_spectrum": lambda: case([results.gradient_noise(), results.gradient_noise()], labels=["a", "b"]),
    "increment_correlation": lambda: case([results.increments(), results.increments("replacement")]),
    "increment_correlation epochs": lambda: case(results.increments(per="epoch")),
    "noise_alignment": lambda: case(results.gradient_noise()),
    "variance_flatness": lambda: case([results.noise_modes(), results.noise_modes("replacement")], labels=["a", "b"]),
    "hierarchy_pair": lambda: case(
        [sl.hierarchy(of) for of in solutions()],
        [sl.overlap_distribution(sl.pair_statistics(of)) for of in solutions()],
    ),
    "inherent_energies": lambda: case(
        [results.inherent(), results.inherent()], thresholds=[-1.6, -1.7], onsets=[0.9, 1.0], titles=["a", "b"]
    ),
    "index_counts": lambda: case(
        sl.critical_point_counts(4, 3, 3), theory=sl.theory.mean_critical_points_by_index(4, 3)
    ),
    "index_energy": lambda: case(sl.critical_points(sl.SphericalSpinGlass(4, 3, seed=0))),
    "line_pair": lambda: case([results.line(), results.line(of=results.glass)]),
    "line_panels": lambda: case([results.line(), results.line("three", lines=3)]),
    "line_panels glass": lambda: case(results.line(of=results.glass)),
    "line_profile": lambda: case([results.line(), results.line("three", lines=3)]),
    "line_profile accuracy": lambda: case(results.line(), quantity="accuracy"),
    "mapping_assumptions": lambda: case(results.assumptions()),
    "minima_energies": lambda: case([results.minima(), results.minima(4)]),
    "overlap_distribution_curves": lambda: case(results.exchange(), bins=10),
    "overlap_histogram": lambda: case(results.overlap_distribution()),
    "overlap_profiles": lambda: case([results.profile(), results.profile(results.glass)]),
    "overlap_potential": lambda: case(
        [results.potential(), results.potential()],
        theory=[sl.theory.franz_parisi([0.0, 0.3, 0.6], 3, 1.5), None],
        labels=["a", "b"],
    ),
    "overlap_potential room": lambda: case(results.potential(), room=True),
    "path_barriers": lambda: case([results.path_profile(0), results.path_profile()]),
    "path_profiles": lambda: case([results.path_profile(0), results.path_profile()]),
    "path_profiles glass": lambda: case(results.path_profile(of=results.glass)),
    "permutation_path": lambda: case(results.permutation_saddle()),
    "plane_contour": lambda: case(results.plane()),
    "plane_contour accuracy": lambda: case(results.plane(), quantity="accuracy"),
    "plane_contour path": lambda: case(results.trajectory(), log=False),
    "plane_contour glass": lambda: case(results.plane(results.glass), value_label=figures.ENERGY),
    "plane_pair": lambda: case([results.plane(), results.plane(results.glass)]),
    "plane_pair contours": lambda: case([results.plane(), results.plane(results.glass)], surfaces=False),
    "plane_row": lambda: case([results.plane(), results.trajectory()], names=["a", "b"]),
    "plane_surface": lambda: case(results.plane()),
    "plane_surface glass": lambda: case(results.plane(results.glass)),
    "section_energies": lambda: case(results.sections()),
    "simplex_spread": lambda: case(
        [results.simplex_values(k) for k in (1, 2)], [results.simplex_values(k, True) for k in (1, 2)]
    ),
    "simplex_spread alone": lambda: case(results.simplex_values(), labels=["a"]),
    "snapshot_comparison": lambda: case([results.averages(), results.averages()], labels=["a", "b"]),
    "spectral_density": lambda: case([results.density(), results.density()], labels=["a", "b"]),
    "spectral_density glass": lambda: case(results.density(results.glass), theory=np.array([[0, 1, 9], [0, 0.1, 0]])),
    "stability_edge": lambda: case(results.curvature_history(), [0.1]),
    "stability_edge momentum": lambda: case([results.curvature_history(False)], [0.1], momentum=0.9),
    "swap_barrier": lambda: case([results.swap(8), results.swap(16)]),
    "swap_curves": lambda: case(results.swap()),
    "swap_curves accuracy": lambda: case(results.swap(), quantity="accuracy"),
    "swap_curves many": lambda: case(results.swap(16, tuple(range(9))), log=True),
    "training_history": lambda: case(results.ensemble()),
    "training_history regression": lambda: case(results.regression()),
    "two_time_panels": lambda: case(
        [results.two_times(), results.two_times()], titles=["a", "b"], units=["epochs", ""]
    ),
    "two_time_panels alone": lambda: case(results.two_times()),
    "ultrametricity_null": lambda: case(results.ultrametricity()),
    "ultrametricity_null rows": lambda: case([("replicas", 0.041, 0.003), ("shuffled", 0.082, 0.004)], label="number"),
    "walk_fan": lambda: case([results.walk(), results.walk(0.1)], labels=["small steps", "large steps"]),
    "walk_fan accuracy": lambda: case(results.walk(), quantity="accuracy", versus="distance", n_shown=2),
    "walk_ruggedness": lambda: case([results.ruggedness(), results.ruggedness(0.1)], labels=["a", "b"]),
    "width_spread": lambda: case([results.statistics(m) for m in (8, 16)], [8, 16], guide=-0.5),
}


def draw(name, target=None):
    """A case on these axes or this figure, or on new ones."""
    function = getattr(figures, name.split()[0])
    arguments, options = CASES[name]()
    place = "ax" if "ax" in inspect.signature(function).parameters else "figure"
    return function(*arguments, **options, **{place: target})


def test_every_public_figure_has_a_case():
    assert {name.split()[0] for name in CASES} == set(figures.__all__) - NO_FIGURES


@pytest.mark.parametrize("name", CASES)
def test_a_figure_draws_on_new_and_given_axes_and_says_of_what(name):
    before = dict(matplotlib.rcParams)
    drawn = draw(name)
    figure = whole(drawn)
    assert any(ax.has_data() for ax in figure.axes)
    if name != "mapping_assumptions":  # its rows are named by sentences, some with numbers in them
        assert not unlabelled(figure)
    mine = Figure(figsize=(12, 7), layout="constrained")
    if isinstance(drawn, Axes):
        target = mine.add_subplot()
        assert target.has_data() is False
        assert draw(name, target) is target
        assert target.has_data()
    else:
        target = mine.subfigures(1, 2)[0]
        assert draw(name, target) is target
        assert len(mine.axes) == len(figure.axes)
    assert dict(matplotlib.rcParams) == before


class Wrong:
    """An object with nothing that a figure wants."""

    def __repr__(self):
        return "Wrong()"


@pytest.mark.parametrize("name", sorted(set(figures.__all__) - NO_FIGURES))
def test_a_wrong_object_is_refused_by_name(name):
    draw = getattr(figures, name)
    for wrong in (Wrong(), None):
        extra = {
            "width_spread": ([1],),
            "hierarchy_pair": (results.overlap_distribution(),),
            "effective_order_sweep": ([1],),
            "ageing_beside_theory": (wrong,),
        }.get(name, ())
        with pytest.raises(ArgumentError, match=r": expected an? \w+.*got (Wrong\(|None)"):
            draw(wrong, *extra)


def test_the_check_of_labels_finds_a_missing_one():
    ax = figures.swap_barrier(results.swap())
    ax.set_ylabel("")
    assert unlabelled(ax.figure) == [ax.yaxis]


def test_figures_need_no_pyplot_and_spinland_needs_no_figures():
    code = (
        "import sys, spinland as sl; assert 'matplotlib' not in sys.modules\n"
        "bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), 2)\n"
        "sl.figures.svg_text(sl.figures.line_profile(sl.line(bowl, [0, 0], [1, 0], [0, 1])))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

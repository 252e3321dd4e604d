"""Progress: silent unless asked, told by everything that takes long, and never in the way of the numbers."""

import io
from contextlib import contextmanager

import numpy as np
import pytest
from rich.console import Console

import spinland as sl
from spinland import displays, progress
from spinland.errors import ArgumentError

GLASS = sl.SphericalSpinGlass(5, 3, seed=0)
STARTS = GLASS.random_points(3, seed=0)
NETWORK = sl.ReLUNetwork((4, 3, 2))
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(12, 4)), np.arange(12) % 2
LOSS = sl.NetworkLandscape(NETWORK, X, Y)
WEIGHTS = NETWORK.initialize(6, seed=0)

LONG = {
    "minimize": lambda: sl.minimize(GLASS, STARTS),
    "minimize, cut short": lambda: sl.minimize(GLASS, STARTS, max_iterations=1),
    "gradient_flow": lambda: sl.gradient_flow(GLASS, STARTS, [0.0, 0.1, 1.0]),
    "gradient_flow, cut short": lambda: sl.gradient_flow(GLASS, STARTS, [0.0, 0.1, 1e3], max_steps=3),
    "langevin": lambda: sl.langevin(GLASS, STARTS, 1.0, [0.0, 0.1], waiting_times=[0.1]),
    "replica_exchange": lambda: sl.replica_exchange(GLASS, [1.0, 2.0], 7, n_warmup=5, stride=2),
    "replica_exchange, instances": lambda: sl.replica_exchange(sl.instances(5, 3, 2), [1.0, 2.0], 4),
    "descent_scaling": lambda: sl.descent_scaling(3, [4, 5], n_instances=2, n_starts=2, times=[0.0, 0.1]),
    "glass_minima": lambda: sl.glass_minima(GLASS, 3),
    "critical_points": lambda: sl.critical_points(GLASS),
    "critical_points, search": lambda: sl.critical_points(GLASS, n_starts=8, method="search"),
    "critical_point_counts": lambda: sl.critical_point_counts(4, 3, 2),
    "correlation": lambda: sl.correlation(GLASS, n_pairs=4),
    "overlap_profile": lambda: sl.overlap_profile(GLASS, STARTS, n_steps=3, n_walkers=2),
    "random_walk": lambda: sl.random_walk(GLASS, STARTS, 0.1, 3, 2),
    "flatness": lambda: sl.flatness(LOSS, WEIGHTS, [0.1], n_directions=2),
    "line": lambda: sl.line(LOSS, WEIGHTS[0], WEIGHTS[1], np.linspace(0, 1, 5)),
    "plane": lambda: sl.random_plane(LOSS, WEIGHTS[0], a=[-1.0, 0.0, 1.0], b=[-1.0, 0.0, 1.0]),
    "swaps": lambda: sl.swap_interpolation(LOSS, WEIGHTS[0], [0, 1], [0.0, 0.5, 1.0], 2),
    "train": lambda: sl.train(NETWORK, sl.Dataset("d", X, Y, X, Y), 2, batch_size=4, epochs=2),
    "ultrametricity": lambda: sl.ultrametricity(WEIGHTS, n_null=10),
    "quench": lambda: sl.theory.quench_energy([0.0, 0.5], 3),
}


@pytest.mark.parametrize("call", LONG.values(), ids=LONG)
def test_what_takes_long_tells_how_far_it_is(call):
    told = []

    @contextmanager
    def display(total, description):
        entry = [description, total, 0]
        told.append(entry)

        def advance(n=1):
            entry[2] += n

        yield advance

    before = progress.set_display(display)
    try:
        call()
    finally:
        progress.set_display(before)
    assert told
    assert [(what, done) for what, total, done in told] == [(what, total) for what, total, done in told]
    assert max(total for _, total, _ in told) > 1


def terminal(width=100):
    stream = io.StringIO()
    console = Console(
        file=displays._Unfailing(stream), force_terminal=True, markup=False, emoji=False, highlight=False, width=width
    )
    return stream, console


def test_nested_bars_share_one_display():
    stream, console = terminal()
    before = progress.set_display(displays.Bars(console))
    try:
        with progress.track(2, "outer [v2] [/bold] :smile:") as outer:
            for _ in range(2):
                with progress.track(3, "inner") as inner:
                    inner(3)
                outer()
        with progress.track(1, "another") as advance:
            advance()
    finally:
        progress.set_display(before)
    assert "outer [v2] [/bold] :smile:" in stream.getvalue()
    assert "inner" in stream.getvalue()


def test_a_fault_inside_a_bar_takes_the_bar_away():
    _, console = terminal()
    bars = displays.Bars(console)
    with pytest.raises(ZeroDivisionError), bars(2, "outer"), bars(2, "inner"):
        _ = 1 / 0
    assert bars._live is None
    assert not console._live_stack if hasattr(console, "_live_stack") else console._live is None


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_display_never_fails(encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding, errors="strict")
    console = Console(file=displays._Unfailing(stream), force_terminal=True, width=100)
    bars = displays.Bars(console)
    with bars(2, "σ of a\udcffb\n") as advance:
        advance()
        bars._live.refresh()
        stream.flush()
        assert b"of a" in raw.getvalue()
        stream.close()
        advance()
        bars._live.refresh()
    assert bars._live is None


@pytest.fixture(autouse=True)
def _nothing_is_shown():
    """Whatever others have switched on in this process."""
    before = progress.set_display(None)
    yield
    progress.set_display(before)


def test_off_until_asked_and_put_back():
    assert not progress.shown()
    with sl.show_progress() as shown:
        assert progress.shown()
        with sl.show_progress(False):
            assert not progress.shown()
        assert progress.shown()
    assert isinstance(shown, displays.ShownProgress)
    assert not progress.shown()
    sl.show_progress()
    assert progress.shown()
    sl.show_progress(False)
    assert not progress.shown()
    with pytest.raises(ArgumentError, match=r"^on: "):
        sl.show_progress("yes")


def test_numbers_are_the_same_with_and_without(capfd):
    plain = sl.gradient_flow(GLASS, STARTS, [0.0, 1.0])
    with sl.show_progress():
        shown = sl.gradient_flow(GLASS, STARTS, [0.0, 1.0])
    assert np.array_equal(plain.energies, shown.energies)
    assert capfd.readouterr().out == ""


def test_paths_followed_in_blocks_end_alike(monkeypatch):
    from spinland_kernels.eigenpairs import cpu

    whole = sl.critical_points(GLASS)
    monkeypatch.setattr(cpu, "PATHS", 3)
    assert np.array_equal(sl.critical_points(GLASS).points, whole.points)

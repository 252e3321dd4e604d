"""``spinland glass`` from end to end, as a person uses it."""

import random
import signal
import subprocess
import time

import numpy as np
import pytest
from matplotlib.text import Text

from spinland import figures
from spinland.chapters.ageing import LANGEVIN
from spinland.chapters.critical import counts_name
from spinland.chapters.descent import SCALING
from spinland.chapters.temperatures import EXCHANGE
from spinland.errors import ArgumentError, StoreError
from spinland.formatting import plus_minus
from spinland.report.page import parts_of, write_page
from spinland.store.hdf5 import Store
from spinland.study.glasses import GLASS, GlassBook, GlassConfig, run_glass
from tests.oracles.findings import check_stored
from tests.oracles.pages import check_self_contained

CHAPTERS = (
    "What came out",
    "What theory says",
    "Descent from random points",
    "Critical points",
    "Equilibrium at many temperatures",
    "Ageing after a quench",
    "The glass and its minima",
    "Correlation and effective order",
    "Walks at equal overlap with their start",
    "Lines between minima",
    "Planes",
    "Hierarchy of the minima",
    "Definitions",
    "Settings, seeds and versions",
)

SETTINGS = {
    "spins": 20,
    "instances": 2,
    "starts": 2,
    "descent_time": 3.0,
    "sizes": (10,),
    "critical_spins": (3, 4),
    "critical_instances": 3,
    "layer_spins": 5,
    "temperatures": (0.8, 1.2, 2.0),
    "sweeps": 40,
    "waiting_times": (0.5, 1.0),
    "ageing_time": 1.0,
    "pairs": 20,
    "minima": 12,
    "walk_origins": 2,
    "walkers": 2,
    "walk_steps": 10,
    "lines": 2,
    "line_points": 5,
    "grid": 5,
    "bootstrap": 10,
    "null_draws": 10,
}


def options(**settings):
    """Settings as words of the command line."""
    words = []
    for name, value in settings.items():
        shown = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        words += ["--" + name.replace("_", "-"), shown]
    return words


TINY = options(**SETTINGS)


@pytest.fixture(scope="module")
def finished_glass(made_once, spinland):
    """File of a finished run; its page lies beside it. No test may change it."""

    def make(folder):
        done = spinland("glass", *TINY, "--out", folder / "glass.h5")
        assert "page:" in done.stderr
        assert done.stdout == ""

    return made_once("glass", make) / "glass.h5"


def labels_of(path, monkeypatch):
    """All words in the drawings of a page; in the page itself their letters are outlines."""
    labels = []

    def collect(drawn, title):
        figure = getattr(drawn, "figure", None) or drawn
        labels.extend(item.get_text() for item in figure.findobj(Text))
        return ""

    monkeypatch.setattr(figures, "svg_text", collect)
    _, written = parts_of(Store(path, "r"))
    return labels, written


def test_the_page_is_whole_and_needs_no_network(finished_glass):
    page = check_self_contained(finished_glass.with_suffix(".html").read_text(encoding="utf-8"))
    assert tuple(page.headings) == CHAPTERS
    assert page.drawings >= 18
    assert "not complete" not in page.words
    assert "nan" not in page.words.lower().split()
    assert "ABC" in page.words
    assert "smaller by √2" in page.words
    assert sorted(path.name for path in finished_glass.parent.iterdir()) == ["glass.h5", "glass.html"]


def test_the_sentences_come_from_the_file(finished_glass):
    page = check_self_contained(finished_glass.with_suffix(".html").read_text(encoding="utf-8"))
    store = Store(finished_glass, "r")
    scaling, exchange = store.load(SCALING), store.load(EXCHANGE)
    counts, fit = store.load(counts_name(4)), store.load("probes/correlation")
    for value, error in (
        (counts.mean_total, counts.total_error),
        (exchange.mean[0], exchange.error[0]),
        (scaling.minima[-1], scaling.minima_error[-1]),
        (fit.effective_order, fit.effective_order_error),
    ):
        assert plus_minus(value, error) in page.words.replace("\N{NO-BREAK SPACE}", " ")
    assert "−1.633" in page.words  # −E_inf = −2 sqrt(2/3)
    assert "right in 6 of 6" in page.words  # the Euler characteristic


def test_what_is_drawn_has_its_labels(finished_glass, monkeypatch):
    labels, written = labels_of(finished_glass, monkeypatch)
    assert len(written) == len(GLASS)
    assert all(part.finding for part in written if part.anchor != "planes")  # these are looked at
    assert all(picture.caption for part in written for picture in part.section.figures)
    text = " ".join(labels)
    for word in (
        "energy per spin",
        r"E_\infty",
        r"N\to\infty",
        "temperature",
        "waiting time",
        "overlap",
        "index",
        "complexity",
        "depth",
    ):
        assert word in text, word
    assert "nan" not in text.lower().split()


@pytest.mark.parametrize(
    ("order", "missing"), [(2, {"lines", "hierarchy"}), (4, set())], ids=["a quadratic form", "an even order"]
)
def test_other_orders(order, missing, tmp_path, monkeypatch):
    path = tmp_path / "glass.h5"
    told = []
    assert run_glass(GlassConfig(**SETTINGS | {"order": order}), path, say=told.append) >= 17
    assert not [line for line in told if "cannot be made" in line]
    _, written = labels_of(path, monkeypatch)
    assert {chapter.name for chapter in GLASS} - {part.anchor for part in written} == missing
    theory, descent = written[0], written[1]
    if order == 2:
        assert "quadratic form" in theory.finding
        assert "closed form" in descent.section.figures[0].caption
        assert np.array_equal(Store(path, "r").load(counts_name(4)).counts, np.full((3, 4), 2))


def test_what_the_page_says_is_kept(finished_glass):
    """Findings stand in the file as they stand on the page, with every number that has an error or a p."""
    book = GlassBook.opened(Store(finished_glass, "r"))
    for name in ("theory", "descent", "critical", "temperatures", "ageing"):
        found = book.load(f"findings/{name}")
        check_stored(found)
        assert found.chapter == name
        assert found.statement.startswith(found.headline)


def test_some_chapters_first_and_the_others_later(finished_glass, tmp_path):
    path = tmp_path / "glass.h5"
    run_glass(GlassConfig(**SETTINGS), path, chapters=("critical",))
    first = Store(path, "r").names()
    assert "theory/counts" in first  # that it is compared with
    assert not {SCALING, EXCHANGE, LANGEVIN} & set(first)
    run_glass(GlassConfig(**SETTINGS), path)
    whole, later = Store(finished_glass, "r"), Store(path, "r")
    assert set(later.names()) == set(whole.names())
    name = "findings/critical"
    assert later.load(name).statement == whole.load(name).statement


def test_a_finished_run_is_left_alone_and_others_are_refused(finished_glass, here, tmp_path):
    files = [tmp_path / "glass.h5", tmp_path / "glass.html"]
    for file in files:
        file.write_bytes((finished_glass.parent / file.name).read_bytes())
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    assert "finished" in here("glass", *TINY, "--out", files[0]).stderr
    with pytest.raises(StoreError, match="seed = 0, not 1"):
        run_glass(GlassConfig(**SETTINGS | {"seed": 1}), files[0])
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before


def test_overwriting_makes_the_same_bytes(finished_glass, tmp_path):
    path = tmp_path / "glass.h5"
    Store(path).set_meta(Store(finished_glass, "r").meta | {"config": SETTINGS | {"seed": 1}})
    with pytest.raises(StoreError, match="seed = 1, not 0; choose another file, or --overwrite"):
        run_glass(GlassConfig(**SETTINGS), path)
    run_glass(GlassConfig(**SETTINGS), path, overwrite=True)
    assert path.read_bytes() == finished_glass.read_bytes()


def present(path):
    """Names of the results in a file that another process may be writing."""
    try:
        return Store(path, "r").names() if path.exists() else ()
    except StoreError:  # looked at between two steps
        return ()


@pytest.mark.slow
def test_killed_again_and_again_and_ended_on_one_thread(finished_glass, command_line, spinland, tmp_path):
    path, draw = tmp_path / "glass.h5", random.Random(2)
    words = ["glass", *TINY, "--no-page", "--out", path]
    kills = 0
    for awaited in (counts_name(4), LANGEVIN):
        process = subprocess.Popen(**command_line(*words, "--quiet"), stderr=subprocess.DEVNULL)
        while process.poll() is None and awaited not in present(path):
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        assert awaited in present(path)
    assert kills >= 1
    assert "going on with" in spinland(*words, NUMBA_NUM_THREADS="1").stderr
    assert path.read_bytes() == finished_glass.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["glass.h5"]


def test_an_unfinished_file_has_a_page(finished_glass, tmp_path):
    whole, path = Store(finished_glass, "r"), tmp_path / "part.h5"
    part = Store(path)
    part.set_meta(whole.meta | {"finished": False})
    part.save(SCALING, whole.load(SCALING))
    page = check_self_contained(write_page(path, tmp_path / "part.html").read_text(encoding="utf-8"))
    assert "not complete" in page.words
    assert page.headings == [CHAPTERS[0], CHAPTERS[2], *CHAPTERS[-2:]]


WRONG = {
    "order below 2": ({"order": 1}, "order"),
    "one spin": ({"spins": 1}, "spins"),
    "no spin to count on": ({"critical_spins": (1,)}, "critical_spins"),
    "one instance": ({"instances": 1}, "instances"),
    "temperature zero": ({"temperatures": (0.0, 1.0)}, "temperatures"),
    "one temperature": ({"temperatures": (1.0,)}, "temperatures"),
    "a quench to zero": ({"ageing_temperature": 0.0}, "ageing_temperature"),
    "time that runs back": ({"descent_time": -1.0}, "descent_time"),
    "no waiting": ({"waiting_times": (0.0,)}, "waiting_times"),
    "a step too long": ({"time_step": 100.0}, "time_step"),
    "a step too long for the force": ({"time_step": 10.0, "ageing_time": 50.0}, "time_step"),
    "too many critical points": ({"critical_spins": (4, 200)}, "critical_spins"),
    "a linkage of Euclidean distances": ({"linkage": "ward"}, "linkage"),
    "a seed below zero": ({"seed": -1}, "seed"),
}


@pytest.mark.parametrize(("settings", "named"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_named(settings, named):
    with pytest.raises(ArgumentError, match=f"^{named}: expected"):
        GlassConfig(**settings)


def test_wrong_usage_is_told_in_one_line(here, tmp_path):
    for words, named in ((["--order", "1"], "order"), (["--spins", "100000"], "memory")):
        done = here("glass", *words, code=2, cwd=tmp_path)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("compiling kernels")]
        assert len(lines) == 1
        assert named in lines[0]
    assert list(tmp_path.iterdir()) == []


def test_help_and_settings(here, tmp_path):
    text = here("glass", "--help").stdout
    chapters = (
        "Files:",
        "The glass:",
        "Descent:",
        "Critical points:",
        "Temperatures:",
        "Ageing:",
        "Probes:",
        "Hierarchy:",
        "Chapters:",
    )
    places = [text.index(chapter) for chapter in chapters]
    assert places == sorted(places)
    shown = here("glass", "--spins", "30", "--show-settings").stdout
    file = tmp_path / "glass.toml"
    file.write_text(shown)
    assert here("glass", "--config", file, "--show-settings").stdout == shown
    assert "spins = 30" in shown

"""``spinland study`` and ``spinland report`` from end to end, as a person uses them."""

import os
import resource

import numpy as np
import pytest
from matplotlib.text import Text

from spinland import figures
from spinland.report.page import parts_of
from spinland.report.text import told
from spinland.store.commit import reserved
from spinland.store.hdf5 import Store
from tests.oracles.pages import check_self_contained

CHAPTERS = (
    "What came out",
    "Training the replicas",
    "Protocol 1: random walks in parameter space",
    "Protocol 2: swapping hidden neurons",
    "Protocol 3: hierarchy of the solutions",
    "Protocol 4: flatness, batch size and generalisation",
    "Lines between solutions",
    "Planes",
    "Definitions",
    "Settings, seeds and versions",
)


def read_page(path):
    return check_self_contained(path.read_text(encoding="utf-8"))


def limited(n_bytes):
    """No file may grow beyond so many bytes: what a process on a full disk meets."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))


@pytest.fixture
def labels(monkeypatch):
    """All words in the drawings that are made; in the page itself their letters are outlines."""
    found, draw = [], figures.svg_text

    def collect(drawn, title):
        figure = getattr(drawn, "figure", None) or drawn
        found.extend(item.get_text() for item in figure.findobj(Text))
        return draw(drawn, title=title)

    monkeypatch.setattr(figures, "svg_text", collect)
    return found


@pytest.fixture
def undrawn(monkeypatch):
    """Pictures of a page are made and not drawn, which takes most of its time."""
    monkeypatch.setattr(figures, "svg_text", lambda drawn, title: "")


def test_the_page_is_whole_and_needs_no_network(finished):
    page = read_page(finished.with_suffix(".html"))
    assert tuple(page.headings) == CHAPTERS
    assert page.drawings >= 20
    assert "not complete" not in page.words
    assert "nan" not in page.words.lower().split()
    assert sorted(path.name for path in finished.parent.iterdir()) == ["study.h5", "study.html"]


def test_a_finished_study_is_left_alone(finished, study, here, tiny):
    files = [study, study.with_suffix(".html")]
    files[1].write_bytes(finished.with_suffix(".html").read_bytes())
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    assert "finished" in here("study", *tiny, "--out", study).stderr
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before


def test_other_settings_are_refused_and_overwrite_replaces(finished, study, here, tiny):
    before = study.read_bytes()
    other = ["study", *tiny, "--seed", "1", "--out", study, "--no-page"]
    error = here(*other, code=1).stderr
    assert "seed = 0, not 1" in error
    assert error.count("\n") == 1
    assert study.read_bytes() == before
    here(*other, "--overwrite")
    assert study.read_bytes() != before
    here("study", *tiny, "--out", study, "--no-page", "--overwrite", "--quiet")
    assert study.read_bytes() == finished.read_bytes()


def test_quiet_is_quiet(spinland, tiny, tmp_path):
    study = tmp_path / "study.h5"
    assert spinland("study", *tiny, "--chapters", "training", "--out", study, "--quiet").stderr == ""
    assert study.with_suffix(".html").exists()


def test_a_page_older_than_the_study_is_written_again(here, tiny, tmp_path):
    study, page = tmp_path / "study.h5", tmp_path / "study.html"
    words = ["study", *tiny, "--chapters", "training", "--out", study]
    here(*words, "--no-page")
    page.write_text('<meta name="generator" content="spinland 0">of an unfinished study')
    os.utime(page, ns=(0, 0))
    here(*words)
    assert read_page(page).headings[0] == CHAPTERS[0]


def test_report_replaces_nothing_unasked(begun_study, here, tmp_path):
    page, figures = tmp_path / "page.html", tmp_path / "figures"
    study = begun_study
    assert here("report", study, "--out", page, "--figures", figures).stdout.strip() == str(page)
    drawings, written = sorted(figures.iterdir()), read_page(page)
    assert len(drawings) == written.drawings > 0
    assert all(path.suffix == ".svg" and "</svg>" in path.read_text() for path in drawings)
    page.write_text("mine")
    assert "--overwrite" in here("report", study, "--out", page, code=1).stderr
    assert page.read_text() == "mine"
    here("report", study, "--out", page, "--overwrite")
    assert read_page(page).headings == written.headings


@pytest.mark.slow
def test_full_disk(spinland, here, tiny, tmp_path, finished):
    study = tmp_path / "study.h5"
    page = study.with_suffix(".html")
    begin = ["study", *tiny, "--out", study]
    error = spinland(*begin, "--quiet", code=1, preexec_fn=limited(100_000)).stderr
    assert "cannot be written" in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["study.h5"]  # what was finished, and no rests
    here("report", study)
    assert "not complete" in read_page(page).words
    page.unlink()

    room = finished.stat().st_size + 50_000
    assert room < finished.with_suffix(".html").stat().st_size
    error = spinland(*begin, code=1, preexec_fn=limited(room)).stderr
    assert "going on with" in error
    assert "study.html: cannot be written" in error
    assert [path.name for path in tmp_path.iterdir()] == ["study.h5"]
    assert study.read_bytes() == finished.read_bytes()
    here(*begin)
    assert tuple(read_page(page).headings) == CHAPTERS


@pytest.mark.parametrize("data", ["linnerud", *(pytest.param(d, marks=pytest.mark.slow) for d in ("teacher", "own"))])
def test_other_data(data, here, tiny, tmp_path, labels):
    source = data
    if data == "own":
        source = tmp_path / "own.npz"
        random = np.random.default_rng(0)
        x = random.normal(size=(30, 6))
        y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
        np.savez(source, x_train=x[:24], y_train=y[:24], x_test=x[24:], y_test=y[24:])
    samples = {"linnerud": ["--n-train", 15, "--n-test", 5], "own": ["--n-train", 24, "--n-test", 6]}
    study = tmp_path / "study.h5"
    here("study", *tiny, *samples.get(data, []), "--data", source, "--out", study)
    page = read_page(study.with_suffix(".html"))
    assert tuple(page.headings) == CHAPTERS
    regression = data != "own"
    body = page.words.split("L(w), loss")[0]  # before the definitions, which tell both losses
    assert ("test accuracy" in body) is not regression
    assert ("nats" in body) is not regression
    assert any("mean squared error" in label for label in labels) is regression
    assert any("nats" in label for label in labels) is not regression


def test_a_page_of_others_is_left_alone(here, tiny, tmp_path):
    study, page = tmp_path / "study.h5", tmp_path / "study.html"
    page.write_text("mine")
    done = here("study", *tiny, "--out", study, code=1)
    assert "study.html" in done.stderr
    assert page.read_text() == "mine"
    assert not study.exists()  # told before anything was computed


def test_our_own_page_is_renewed(begun_study, spinland, here):
    page = begun_study.with_suffix(".html")
    spinland("report", begun_study)
    first = page.read_bytes()
    page.write_bytes(first.replace(b"</body>", b"old</body>"))
    here("report", begun_study)
    assert page.read_bytes() == first
    assert CHAPTERS[1] in read_page(page).headings


def test_a_second_process_is_told_at_once(spinland, tiny, tmp_path):
    study = tmp_path / "study.h5"
    with reserved(study):
        done = spinland("study", *tiny, "--out", study, code=1)
    assert "another process" in done.stderr
    assert not study.exists()


def test_a_probe_that_fails_does_not_stop_the_others(here, tiny, tmp_path):
    study = tmp_path / "study.h5"
    words = ("study", *tiny, "--sigmas", "0.01,1e30", "--chapters", "walks,planes", "--out", study)
    done = here(*words, code=1)
    assert "walks/none/1" in done.stderr or "ruggedness/none/1" in done.stderr
    assert "planes/trajectory" in Store(study, "r")
    assert "not complete" in read_page(study.with_suffix(".html")).words
    before = study.read_bytes()
    here(*words, "--no-page", code=1)
    assert study.read_bytes() == before


def test_the_same_probes_on_the_glass(here, tiny, tmp_path, undrawn):
    study = tmp_path / "glass.h5"
    glass = [
        "--glass-replicas",
        "6",
        "--glass-spins",
        "20",
        "--glass-order",
        "3",
        "--correlation-pairs",
        "5",
        "--no-page",
    ]
    here("study", *tiny, *glass, "--out", study, "--quiet")
    _, parts = parts_of(Store(study, "r"))
    found = {part.anchor: part for part in parts}
    drawings = {name: len(part.section.figures) for name, part in found.items()}
    assert drawings["minima"] + drawings["profiles"] + drawings["correlation"] == 4
    assert (drawings["hierarchy"], drawings["lines"], drawings["planes"]) == (8, 3, 6)
    assert "overlap 0.5" in found["profiles"].finding
    assert "barrier of" in found["lines"].finding
    assert "great circle" in found["lines"].finding
    assert len(found["minima"].section.tables[0].rows) == 12
    assert len(found["correlation"].section.tables[0].rows) == 3
    assert "−E_inf" in found["minima"].finding
    assert "effective order" in found["correlation"].finding
    minima = Store(study, "r").load("glass/minima")
    assert minima.params.shape == (6, 20)
    numbers = Store(study, "r").load("findings/minima")
    at = numbers.names.index("mean energy of the minima over the starts")
    assert numbers.values[at] == pytest.approx(minima.values.mean())
    assert numbers.references[at] == pytest.approx(-2 * np.sqrt(2 / 3))


def test_findings_are_told_in_the_terminal(finished, here, tmp_path):
    text = here("report", finished, "--text").stdout
    store = Store(finished, "r")
    kept = [store.load(name) for name in store.names() if name.startswith("findings/")]
    assert len(kept) == 6
    flat = " ".join(text.split())
    for finding in kept:
        assert " ".join(finding.statement.split()) in flat
        assert f"findings/{finding.chapter}" in text
        assert len(finding.names) == len(finding.values) == len(finding.compared_with)
    assert max(map(len, told(finished, width=80).splitlines())) <= 80
    assert not list(tmp_path.iterdir())
    assert "--text" in here("report", finished, "--text", "--out", tmp_path / "a.html", code=2).stderr


def test_chapters_are_made_one_after_the_other(finished, here, tiny, tmp_path, undrawn):
    study = tmp_path / "study.h5"
    here("study", *tiny, "--out", study, "--chapters", "swaps,lines", "--no-page")
    some = set(Store(study, "r").names())
    assert {"ensemble", "findings/swaps", "lines/solution-to-solution"} <= some
    assert not {"hierarchy/tree", "findings/training", "walks/none/0"} & some
    assert "finished" in here("study", *tiny, "--out", study, "--chapters", "lines").stderr
    page = read_page(study.with_suffix(".html"))
    assert "not complete" not in page.words
    assert "--chapters swaps,lines" in page.words
    assert [part.anchor for part in parts_of(Store(study, "r"))[1]] == ["swaps", "lines"]
    here("study", *tiny, "--out", study, "--no-page")
    refused = here("study", *tiny, "--out", study, "--chapters", "lines", "--overwrite", code=1)
    assert "would lose" in refused.stderr
    whole, other = Store(finished, "r"), Store(study, "r")
    assert set(whole.names()) == set(other.names())
    assert whole.load("findings/walks").statement == other.load("findings/walks").statement
    assert "chapters" in here("study", *tiny, "--out", study, "--chapters", "weather", code=2).stderr

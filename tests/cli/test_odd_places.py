"""Files and terminals of any name and kind: what is no file is not written to, what is a file keeps its name.

Most run in this process, a few in processes of their own.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.endings import check, intact
from tests.oracles.pages import check_self_contained


@pytest.mark.parametrize(
    "out", ["", ".", "..", "/", "folder", "folder/", "pipe", "/dev/null", "x.html", "X.HTML", "a" * 300, "~"]
)
@pytest.mark.parametrize("kind", ["study", "report"])
def test_what_is_no_file_is_not_written_to(out, kind, shelf, study, call):
    folder, _ = shelf
    words = [kind, *([study] if kind == "report" else []), "--overwrite", "--out", out]
    if kind == "report" and out.lower() == "x.html":
        pytest.skip("a page may be called so")
    before = study.read_bytes()
    code, text, err = call(list(map(str, words)), folder)
    check(code, text, err, words)
    assert code != 0
    assert study.read_bytes() == before
    study.unlink()
    intact(shelf)


def test_no_page_takes_the_place_of_its_results(study, call):
    before = study.read_bytes()
    for extra in ([], ["--overwrite"]):
        code, _, err = call(["report", str(study), "--out", str(study), *extra], study.parent)
        assert code == 1
        assert "holds the results" in err
        assert study.read_bytes() == before


NAMES = [
    (b"data[v2]", "utf-8"),
    (b"[bold] :smile:", "ascii"),
    (b"\xff\xfe.h5", "utf-8"),
    (b"\xff.h5", "latin-1"),
    ("σ.h5".encode(), "latin-1"),
    ("σ.h5".encode(), "ascii"),
    (b"a\nb.h5", "utf-8"),
    (b"lr0.001", "utf-8"),
]


@pytest.fixture
def on_terminal(request, here, command_line):
    """A function that runs words on a terminal of this encoding; returns the bytes of standard output and error."""

    def in_here(words, encoding):
        done = here(*words, encoding=encoding)
        return os.fsencode(done.stdout), os.fsencode(done.stderr)

    def in_process(words, encoding):
        process = command_line(PYTHONIOENCODING=encoding)
        process["args"] += words
        done = subprocess.run(**process, check=False, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    return in_here if request.param == "here" else in_process


#: What differs between the two is how Python decodes the words and finds the encoding: two names see to it.
@pytest.mark.parametrize(
    ("name", "encoding", "on_terminal"),
    [*((*case, "here") for case in NAMES), *((*NAMES[i], "in a process of its own") for i in (3, 5))],
    indirect=["on_terminal"],
)
def test_any_name_on_any_terminal(name, encoding, on_terminal, finished, begun_study, tmp_path, tiny):
    path = os.fsencode(tmp_path) + b"/" + name
    begun = begun_study.read_bytes()
    begun_study.unlink()
    runs = (
        (finished.read_bytes(), ["study", *tiny, "--no-page", "--out", path]),
        (begun, ["report", path]),  # the page of little is written soon
    )
    for content, words in runs:
        Path(os.fsdecode(path)).write_bytes(content)
        out, err = on_terminal(words, encoding)
        assert b"Traceback" not in err
    assert os.path.exists(out.rstrip(b"\n")) or b"\n" in name  # the name itself, whatever the terminal's letters
    shown = name.decode("ascii", "ignore").split("\n")[0]
    assert len(list(tmp_path.iterdir())) == 2
    page = next(p for p in tmp_path.iterdir() if p.name.endswith(".html"))
    assert shown.split(".")[0] in check_self_contained(page.read_text("utf-8")).words.replace("\\", "")


def test_help_and_output_on_an_ascii_terminal(spinland, here):
    for words in (["study", "--help"], ["glass", "--help"], ["info"], ["data", "list"]):
        assert here(*words, encoding="ascii").stdout
    assert spinland("info", PYTHONIOENCODING="ascii").stdout

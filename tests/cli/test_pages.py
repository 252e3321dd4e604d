"""What the pages print: every setting as a value, no paragraph twice, formulas set in one way, nothing cut on paper."""

import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser

import pytest

from spinland import figures
from spinland.report.page import parts_of, write_page
from spinland.store.hdf5 import Store
from spinland.study.glasses import GlassConfig, run_glass
from tests.cli.test_glass import SETTINGS
from tests.oracles.browser import BROWSER, table_widths
from tests.oracles.pages import check_tables


@pytest.fixture(scope="module")
def files(finished, made_once):
    """Files of a tiny study and of a tiny glass, with their pages beside them."""

    def make(folder):
        run_glass(GlassConfig(**SETTINGS | {"temperatures": None, "sizes": None}), folder / "glass.h5")
        write_page(folder / "glass.h5", folder / "glass.html")

    return finished, made_once("pages", make) / "glass.h5"


class Cells(HTMLParser):
    """Texts of all table cells of a page, and its words outside of code and drawings."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.words, self._open = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self._open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if {"td", "th"} & set(self._open):
            self.cells[-1] += data
        if not {"svg", "style", "code", "pre", "table", "title"} & set(self._open):
            self.words += data


@pytest.mark.parametrize("which", [0, 1], ids=["study", "glass"])
def test_no_sentence_stands_twice(files, which, monkeypatch):
    """Findings, texts and captions: the head of the page repeats one sentence of each finding and nothing else."""
    monkeypatch.setattr(figures, "svg_text", lambda drawn, title: "")  # what takes the time, and is not looked at
    _, parts = parts_of(Store(files[which], "r"))
    texts = [t for p in parts for t in (p.section.text, p.finding, *(f.caption for f in p.section.figures))]
    sentences = [s for text in texts for s in re.split(r"(?<=\.) (?=[A-ZΑ-Ω])", text) if len(s) > 90]
    assert [s for s, n in Counter(sentences).items() if n > 1] == []
    assert all(part.headline in part.finding for part in parts)


@pytest.mark.parametrize("which", [0, 1], ids=["study", "glass"])
def test_formulas_are_set_and_settings_are_values(files, which):
    page = Cells(files[which].with_suffix(".html").read_text(encoding="utf-8"))
    assert "^" not in page.words
    assert not re.search(r"\b[A-Za-z]_[a-zA-Z0-9]", page.words)
    assert "default" not in page.cells
    assert "None" not in page.cells
    assert not [cell for cell in page.cells if re.fullmatch(r"[-−]?[\d.]+e[-+−]?\d+", cell)]
    values = dict(zip(page.cells, page.cells[1:], strict=False))
    if which == 0:
        assert (values["n_train"], values["swaps"], values["glass_spins"]) == ("200", "0, 1, 2, 3, 4", "100")
    else:
        assert (values["sizes"], values["heat_spins"]) == ("5, 10, 20", "20")
        assert values["temperatures"].count(",") == 11


@pytest.mark.skipif(not (BROWSER and shutil.which("pdftotext")), reason="needs chromium and pdftotext")
@pytest.mark.parametrize("which", [0, 1], ids=["study", "glass"])
def test_no_table_is_cut_on_paper(files, which, tmp_path):
    """Every word of every cell is on the printed pages: the browser leaves out what lies beyond the edge."""
    page, paper = files[which].with_suffix(".html"), tmp_path / "page.pdf"
    subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={paper}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=300,
    )
    text = subprocess.run(["pdftotext", "-raw", paper, "-"], check=True, capture_output=True, text=True).stdout
    found = re.sub(r"[^\w.]", "", text)
    words = [re.sub(r"[^\w.]", "", w) for cell in Cells(page.read_text("utf-8")).cells for w in cell.split()]
    lost = {word for word in words if word and word not in found}
    assert lost == set()


@pytest.mark.parametrize("which", [0, 1], ids=["study", "glass"])
def test_columns_of_tables_can_be_told_from_one_another(files, which, monkeypatch):
    monkeypatch.setattr(figures, "svg_text", lambda drawn, title: "")
    _, parts = parts_of(Store(files[which], "r"))
    assert check_tables(parts) > 5


@pytest.mark.skipif(not BROWSER, reason="needs chromium")
@pytest.mark.parametrize("width", [1000, 400])
@pytest.mark.parametrize("which", [0, 1], ids=["study", "glass"])
def test_no_table_is_cut_on_a_screen(files, which, width, tmp_path):
    """The page is as wide as the window; a wider table scrolls in its box, with the keyboard too."""
    whole, tables = table_widths(files[which].with_suffix(".html"), width, tmp_path)
    assert whole <= width
    assert len(tables) > 5
    for table, box, overflow, tab in tables:
        assert table <= box or (overflow == "auto" and tab == 0)

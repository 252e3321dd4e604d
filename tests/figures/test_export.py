"""Files and page drawings: the same bytes again, nothing overwritten, nothing from outside."""

import re
from xml.etree import ElementTree

import pytest

from spinland import figures
from spinland.errors import ArgumentError, FileError
from tests.oracles import results


@pytest.mark.parametrize("drawn", [3, None, "axes"])
def test_what_is_no_figure_is_not_saved(tmp_path, drawn):
    with pytest.raises(ArgumentError, match=r"^drawn: "):
        figures.save_figure(drawn, tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_files_are_the_same_bytes_again_and_are_not_overwritten(tmp_path, suffix):
    ax = figures.walk_fan(results.walk())
    first = figures.save_figure(ax, tmp_path / f"a.{suffix}")
    second = figures.save_figure(ax, tmp_path / f"b.{suffix}")
    anew = figures.save_figure(figures.walk_fan(results.walk()), tmp_path / f"c.{suffix}")
    assert first.read_bytes() == second.read_bytes() == anew.read_bytes()
    with pytest.raises(ArgumentError, match="overwrite"):
        figures.save_figure(ax, first)
    figures.save_figure(figures.swap_barrier(results.swap()), first, overwrite=True)
    assert first.read_bytes() != second.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{n}.{suffix}" for n in "abc"]


def test_unknown_suffixes_and_missing_folders_are_refused(tmp_path):
    ax = figures.swap_barrier(results.swap())
    with pytest.raises(ArgumentError, match="path"):
        figures.save_figure(ax, tmp_path / "a.gif")
    with pytest.raises(FileError, match="cannot be written"):
        figures.save_figure(ax, tmp_path / "nowhere" / "a.svg")


def test_colour_bars_of_the_same_bytes_share_no_id():
    text = figures.svg_text(figures.hierarchy_pair([results.tree(20)] * 2, [results.overlap_distribution()] * 2))
    assert text.count("<image") == 4
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_pictures_on_one_page_share_no_ids_and_need_nothing_from_outside():
    drawn = [figures.walk_fan(results.walk()), figures.dendrogram_matrix(results.tree(20))]
    seen: set[str] = set()
    for one in drawn:
        text = figures.svg_text(one, title="loss < 1")
        assert text == figures.svg_text(one, title="loss < 1")
        root = ElementTree.fromstring(text)
        assert root.attrib["aria-label"] == "loss < 1"
        assert "<text" not in text
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        assert not seen & set(ids)
        seen |= set(ids)
        references = re.findall(r'href="([^"]{0,40})', text) + re.findall(r"url\(([^)]+)\)", text)
        assert references
        assert all(r.startswith("data:image/png") or r.lstrip("#") in ids for r in references)

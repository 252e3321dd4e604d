"""The table in the README is that of the runs that are kept."""

import json

import pytest

from benchmarks import table

RUNS = ("avx2-zen3", "avx512-zen4")


def kept(repository, name):
    return json.loads((repository / "benchmarks" / "results" / f"{name}.json").read_text())


def test_the_readme_shows_the_kept_runs(repository):
    page = (repository / "README.md").read_text("utf-8")
    assert table.placed(page, table.short([kept(repository, name) for name in RUNS])) == page


@pytest.mark.parametrize("name", RUNS)
def test_a_kept_run_is_whole_and_has_its_table_and_figures(repository, name):
    folder, found = repository / "benchmarks" / "results", kept(repository, name)
    assert not found["quick"]
    assert not found["failures"]
    assert (folder / f"{name}.md").read_text("utf-8") == table.markdown(found)
    for operation in {curve["operation"] for curve in found["scaling"]}:
        assert (folder / f"{name}-{operation}.png").is_file()

"""The table in the README is that of the run that is kept."""

import json

from benchmarks import table


def test_the_readme_shows_the_kept_run(repository):
    found = json.loads((repository / "benchmarks" / "results" / "epyc-2-cores.json").read_text())
    page = (repository / "README.md").read_text("utf-8")
    assert not found["quick"]
    assert not found["failures"]
    assert table.placed(page, table.markdown(found)) == page
    for operation in {curve["operation"] for curve in found["scaling"]}:
        assert (repository / "benchmarks" / "results" / f"epyc-2-cores-{operation}.png").is_file()

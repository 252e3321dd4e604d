"""Costs of work over many processes: the simulation obeys what can be reckoned, kept pages say what was measured."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from benchmarks.cluster import overheads, page, scaling
from benchmarks.cluster.simulation import Costs, Workers, run

FREE = Costs(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
IMMORTAL = Workers(20, spread=0.0, life=1e12, walltime=1e12)


def share(workers, costs=FREE, row_bytes=1000, rows=4):
    return run(workers, costs, row_bytes, rows, warm=1200.0, seconds=3600.0)


def test_workers_that_cost_nothing_are_always_busy():
    found = share(IMMORTAL)
    assert found.share == pytest.approx(1.0, abs=1e-9)
    assert found.lost == 0


@pytest.mark.parametrize(
    "costs",
    [
        replace(FREE, task=12.0),
        replace(FREE, byte=12.0 / 4000),
        replace(FREE, write=6.0, row=2.0),
        replace(FREE, scheduler=12.0),
        replace(FREE, scheduler_byte=12.0 / 4000),
    ],
)
def test_who_takes_a_fifth_of_a_minute_for_a_task_keeps_five_workers_busy(costs):
    assert share(IMMORTAL, costs).share == pytest.approx(5 / 20, rel=0.05)
    assert share(replace(IMMORTAL, n=4), costs).share > 0.95


def test_deaths_cost_what_they_take():
    """A life of an hour: half a task is lost on the average, and a minute and a half until another is there.

    Means over 200 workers and an hour, 200 lives: the standard error is 7 % of 1 − 0.967, four of them are allowed.
    """
    found = share(Workers(200, life=3600.0, walltime=1e12))
    assert 1 - found.share == pytest.approx((30 + 90) / (3600 + 90), abs=4 * 0.07 * 0.033)
    assert found.lost > 100
    again = share(Workers(200, life=3600.0, walltime=1e12))
    assert replace(again, crew=found.crew) == found


def test_the_limit_is_where_the_share_falls_below_nine_tenths():
    points = [{"workers": n, "share": part} for n, part in ((10, 0.98), (100, 0.94), (10_000, 0.86))]
    assert scaling.limit(points) == pytest.approx(1000.0)
    assert scaling.limit(points[:2]) is None
    assert scaling.limit_words({"limit": None, "points": points}) == "above 10,000"
    assert scaling.limit_words({"limit": 1234.0, "points": points}) == "1,200"


def test_the_memory_of_a_coordinator_does_not_grow_with_its_rows():
    """400 MB of rows come; a tenth of that would be seen, and what the allocator keeps is less."""
    found = overheads.memory(100_000)
    assert found["rows"] * found["bytes"] == 400_000_000
    assert found["most"] < 20_000_000


def test_the_kept_page_is_that_of_its_numbers(repository):
    kept = repository / "benchmarks" / "results" / "cluster.json"
    found = json.loads(kept.read_text())
    assert kept.with_suffix(".md").read_text("utf-8") == page.text(found)
    assert kept.with_suffix(".png").is_file()
    assert isinstance(scaling.draw(found), Figure)


@pytest.mark.slow
def test_the_quick_measurement_runs(tmp_path, repository):
    pytest.importorskip("distributed")
    command = [sys.executable, "-m", "benchmarks.cluster", "--quick", "--json", tmp_path / "found.json"]
    done = subprocess.run(command, cwd=repository, check=False, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert done.stdout == page.text(found)
    assert [journey["workers"] for journey in found["data"]["journeys"]] == [2, 2]
    assert all(engine["coordinator"] > 0 for engine in found["engines"])

"""The benchmarks on a card, or on its simulator: ours agrees with the cores, and the table says which card it was."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as suite
from benchmarks import compare, distances, glass, linkage, table


def _tiny(quick):
    return [glass.gradient(6, 2, "float64"), distances.distances(5, 40), linkage.from_distances(10, "average")]


def _scaling(quick):
    arguments = {"count": 1, "dtype": "float64"}
    factory = "benchmarks.glass:spinland_gradient"
    return [compare.Scaling("gradient", "spins", factory, "n", (4, 5), arguments, compare.BOTH)]


def test_a_run_on_a_card(card, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "benchmarks.tiny", SimpleNamespace(operations=_tiny, scaling=_scaling))
    monkeypatch.setattr(suite, "OPERATIONS", ("tiny",))
    kept = tmp_path / "run.json"
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--device", "cuda", "--quick", "--json", str(kept)])
    suite.main()
    found = json.loads(kept.read_text())
    told = found["machine"]["card"]
    assert (told["device"], told["name"].split(",")[0]) == ("cuda", card.split(",")[0])
    assert "numba-cuda" in told["compiler"]
    assert not found["failures"]
    assert [outcome["name"] for outcome in found["operations"]] == ["glass gradient", "distances"]
    for outcome in found["operations"]:
        cores, *others = outcome["peers"]
        assert cores["name"] == "spinland, on the cores"
        assert 0 <= cores["off"] <= outcome["tolerance"]
        assert all(peer["error"] or peer["off"] <= outcome["tolerance"] for peer in others)
        assert not {"NumPy", "SciPy pdist"} & {peer["name"] for peer in others}
        assert all(limit["peak"].startswith(("float", "copying")) for limit in outcome["limits"])
    assert found["scaling"][0]["arguments"]["device"] == "cuda"
    said = capsys.readouterr().out
    for text in (said, table.markdown(found), table.short([found])):
        assert card.split(",")[0] in text
        assert f"driver {told['driver']}" in text
        assert told["compiler"] in text


@pytest.mark.parametrize("device", ["cuda:99", "tpu"])
def test_a_card_that_is_not_there_is_refused_in_one_line(device, command_line):
    process = command_line() | {"args": [sys.executable, "-m", "benchmarks", "glass", "--device", device]}
    done = subprocess.run(**process, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --device: ")
    assert done.stderr.count("\n") == 1

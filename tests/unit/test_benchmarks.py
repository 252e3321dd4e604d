"""The benchmarks run and check what they compare; how fast they are is not tested."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from inspect import signature
from threading import Thread
from time import sleep

import numpy as np
import pytest

from benchmarks import compare, machine, outcomes, race, sweeps, table, worker
from benchmarks.__main__ import OPERATIONS

ONES = "tests.unit.test_benchmarks:ones"


def ones(last=1.0, n=3):
    """A contender that computes almost nothing."""
    return lambda: np.array([1.0] * (n - 1) + [last])


def calm():
    """A contender that takes a while and needs no core."""
    return lambda: sleep(0.2) or np.ones(3)


def spinning():
    """A contender whose thread goes on when it should wait."""
    Thread(target=_spin, daemon=True).start()
    return lambda: np.ones(3)


def _spin():
    while True:
        sum(range(1000))


def broken():
    """A contender that cannot be made."""
    raise ValueError("no such peer")


def _race(*peers, tolerance=1e-3):
    operation = compare.Operation(
        "add",
        "three ones",
        compare.Contender("ours", ONES),
        peers,
        {"peer": 2.0},
        tolerance,
        (compare.Bound("additions", 3.0),),
        rounds=3,
    )
    return race.run(operation, {"additions": 1.0})


#: Operations that are tried in one process; together all of them.
TRIED = (
    ("planes", "swaps", "walks", "training", "subspaces", "measures"),
    ("derivatives", "curvature", "noise", "distances", "alignment", "linkage"),
    ("glass", "paths", "start"),
)


def suite(repository, *words):
    """Run the suite as a person does."""
    paths = os.pathsep.join([str(repository), str(repository / "kernels"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "benchmarks", *map(str, words)]
    return subprocess.run(
        command,
        cwd=repository,
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
        capture_output=True,
        text=True,
        timeout=1500,
    )


@pytest.mark.slow
@pytest.mark.parametrize("names", TRIED, ids="-".join)
def test_the_quick_suite_runs(names, tmp_path, repository):
    done = suite(repository, *names, "--quick", "--json", tmp_path / "rows.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "rows.json").read_text())
    assert found["quick"]
    assert not found["failures"]
    assert {curve["operation"] for curve in found["scaling"]} == set(names)
    for outcome in found["operations"]:
        assert outcome["name"] in done.stdout
        assert outcome["ours"]["seconds"] > 0
        for peer in outcome["peers"]:
            assert peer["error"].endswith("is missing") or peer["ratio"] > 0


def test_every_operation_is_tried_and_a_file_is_not_overwritten(tmp_path, repository):
    assert sorted(name for names in TRIED for name in names) == sorted(OPERATIONS)
    (tmp_path / "rows.json").write_text("mine")
    done = suite(repository, "--quick", "--json", tmp_path / "rows.json")
    assert done.returncode == 2
    assert "exists" in done.stderr
    assert (tmp_path / "rows.json").read_text() == "mine"


def test_a_trial_has_one_round_and_each_peer_once():
    peer = compare.Contender("peer", ONES)
    others = (compare.Contender("peer", ONES, {"last": 2.0}), compare.Contender("other", ONES))
    peers = (*compare.in_threads(peer), *others)
    operation = compare.Operation("add", "three ones", peer, peers, rounds=7)
    assert compare.tried(operation).rounds == 1
    assert compare.tried(operation).peers == (peers[0], *others)


def test_on_a_card_are_those_who_can_work_there_and_ours_on_the_cores():
    ours = compare.Contender("spinland", ONES, machines=compare.BOTH)
    both = compare.Contender("both", ONES, {"last": 2.0}, machines=compare.BOTH)
    card = compare.Contender("TF32", ONES, machines=("cuda",))
    peers = (*compare.in_threads(both), card, compare.Contender("NumPy", ONES))
    bound = compare.Bound(machine.FMA64, 3.0, 0.5)
    operation = compare.Operation("add", "three ones", ours, peers, {"both": 2.0}, bounds=(bound,))
    here, there = (compare.placed(operation, device) for device in ("cpu", "cuda:1"))
    assert [peer.name for peer in here.peers] == ["both"] * len(compare.THREADS) + ["NumPy"]
    assert (here.ours, here.aims, here.bounds) == (ours, operation.aims, (bound,))
    assert [peer.name for peer in there.peers] == ["spinland, on the cores", "both", "TF32"]
    assert [one.arguments.get("device") for one in (there.ours, *there.peers)] == ["cuda:1", None, "cuda:1", "cuda:1"]
    assert there.peers[1].told == ""
    assert (there.aims, there.bounds) == ({}, (compare.Bound(machine.CARD64, 3.0),))
    assert compare.placed(replace(operation, ours=replace(ours, machines=("cuda",))), "cpu") is None
    assert compare.placed(replace(operation, ours=replace(ours, machines=("cpu",))), "cuda") is None


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in ("alignment", "linkage", "start")])
def test_every_operation_with_a_twin_has_a_form_for_the_card(name):
    """Whoever works on a card is made by a function that takes its device."""
    module = import_module(f"benchmarks.{name}")
    for quick in (True, False) if name == "glass" else (True,):
        placed = [compare.placed(operation, "cuda") for operation in module.operations(quick)]
        assert all(placed)
        contenders = [one for operation in placed for one in (operation.ours, *operation.peers)]
        for one in contenders:
            signature(worker.resolve(one.factory)).bind(**one.arguments)
        for scaling in module.scaling(quick):
            there = compare.scaling_on(scaling, "cuda")
            signature(worker.resolve(there.factory)).bind(**there.arguments, **{there.argument: 1})


def test_a_wrong_answer_is_no_result():
    with pytest.raises(compare.Disagreement, match=r"peer .*is off by 0\.1"):
        _race(compare.Contender("peer", ONES, {"last": 1.1}))


def test_an_answer_of_another_shape_is_no_result():
    with pytest.raises(compare.Disagreement, match=r"peer .*is off by inf"):
        _race(compare.Contender("peer", ONES, {"n": 4}))


def test_peers_that_are_missing_or_break_are_named():
    found = _race(
        compare.Contender("peer", ONES, {"last": 1.1}, processes=2),
        compare.Contender("absent", ONES, needs="no_such_module"),
        compare.Contender("broken", "tests.unit.test_benchmarks:broken"),
        tolerance=0.2,
    )
    peer, absent, other = found.peers
    assert (peer.error, peer.low <= peer.ratio <= peer.high) == ("", True)
    assert peer.off == pytest.approx(0.1)
    assert peer.share == 2
    assert absent.error == "no_such_module is missing"
    assert "no such peer" in other.error
    assert found.limits[0]["fraction"] == pytest.approx(3e-9 / found.ours.seconds)
    text = "\n".join(table.lines(found.as_dict(), quick=False))
    assert "no_such_module is missing" in text
    assert "≥ 2×" in text


@pytest.mark.parametrize(("peer", "least", "most"), [("calm", 0.0, 0.1), ("spinning", 0.15, 2.1)])
def test_who_takes_a_core_while_it_waits_is_seen(peer, least, most):
    here = "tests.unit.test_benchmarks"
    ours, other = compare.Contender("ours", f"{here}:calm"), compare.Contender("peer", f"{here}:{peer}")
    found = race.run(compare.Operation("add", "three ones", ours, (other,), tolerance=1e-3, rounds=3), {})
    assert least <= found.waiting <= most


def test_the_hardest_setting_is_quoted():
    entries = [
        outcomes.Entry("numpy", "1 thread", ratio=3.0),
        outcomes.Entry("numpy", "2 threads", ratio=2.0),
        outcomes.Entry("numpy", "compiled", error="no compiler"),
    ]
    assert [entry.ratio for entry in outcomes.quickest(entries)] == [2.0]


def test_a_scaling_has_the_slope_of_its_sizes():
    measured = sweeps.measure(compare.Scaling("sort", "numbers", ONES, "n", (2, 4, 8)), 1)
    assert measured.values == [2, 4, 8]
    assert all(seconds > 0 for seconds in measured.seconds)
    assert np.isfinite(measured.slope)

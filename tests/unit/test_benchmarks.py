"""The benchmarks run and check what they compare; how fast they are is not tested."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import compare


def test_the_quick_suite_runs(tmp_path, repository):
    paths = os.pathsep.join([str(repository), str(repository / "kernels")])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "glass", "--quick", "--json", str(tmp_path / "rows.json")],
        cwd=repository, env={**os.environ, "PYTHONPATH": paths}, check=False, capture_output=True, text=True,
        timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "rows.json").read_text())
    assert found["quick"]
    operations = {row["operation"] for row in found["rows"]}
    assert {op.split(",")[0].split(" ")[0] for op in operations} == {"gradient", "plane"}
    assert all(row["seconds"] > 0 for row in found["rows"])
    assert all(row["ratio"] > 0 for row in found["rows"] if row["peer"])
    assert all(operation in done.stdout for operation in operations)


def test_a_wrong_answer_does_not_race():
    ours = compare.Contender("ours", lambda: np.ones(3))
    peer = compare.Contender("peer", lambda: np.array([1, 1, 1.1]))
    with pytest.raises(compare.Disagreement, match=r"peer is off by 0\.1"):
        compare.race("add", ours, [peer], 1, 1e-3)
    (row,) = compare.race("add", ours, [peer], 3, 0.2)
    assert (row.peer, row.ratio_low <= row.ratio <= row.ratio_high) == ("peer", True)


def test_the_hardest_peer_is_quoted():
    rows = [compare.Row("x", 1.0, "numpy, 1 threads", 3.0), compare.Row("x", 1.0, "numpy, 2 threads", 2.0)]
    assert [row.ratio for row in compare.best_of_each(rows)] == [2.0]

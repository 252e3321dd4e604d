"""What whoever has a card types: every wrong word is told in one line, and nothing is replaced."""

import subprocess
import sys

import pytest

WRONG = {
    "no such device": ("spinland_kernels.selftest", ["tpu"], "device: no device 'tpu'"),
    "the cores": ("spinland_kernels.selftest", ["cpu"], "device: the cores need no such test"),
    "a folder that is not there": ("spinland_kernels.selftest", ["cuda", "--out", "no/x.json"], "--out: there is no"),
    "a file that is there": ("spinland_kernels.selftest", ["cuda", "--out", "kept"], "--out: kept is there already"),
    "no such capability": ("benchmarks.card", ["--capability", "9.1"], "--capability: invalid choice: '9.1'"),
    "no folder for the table": ("benchmarks.card", ["--out", "no/x.md"], "--out: there is no folder no"),
    "a table that is there": ("benchmarks.card", ["--out", "kept"], "--out: kept is there already"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_words_are_told_in_one_line(case, tmp_path, command_line):
    module, words, told = WRONG[case]
    (tmp_path / "kept").write_text("mine")
    process = command_line() | {"args": [sys.executable, "-m", module, *words]}
    done = subprocess.run(**process, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert told in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"kept": "mine"}

"""The table of reported errors over true scatter: right errors pass, wrong ones are marked."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import coverage


def mean(factor, size=10):
    def measure(seed):
        x = np.random.default_rng(seed).standard_normal(size)
        return x.mean(), factor * x.std(ddof=1) / np.sqrt(size)

    return measure


@pytest.mark.parametrize(("factor", "wrong"), [(1.0, False), (1.6, True), (0.5, True)])
def test_a_wrong_error_is_marked(factor, wrong):
    # 400 repetitions: the ratio has a standard error of about 4 per cent; four of them are allowed
    row = coverage.coverage(coverage.Entry("mean", "Gaussian", mean(factor), truth=0.0), 400)
    assert abs(row.ratio - factor) < 4 * 0.04 * factor
    assert abs(row.bias) < 4 / np.sqrt(400)
    assert row.wrong is wrong
    assert row.repetitions == 400


def test_arrays_are_taken_together_and_nan_is_left_out():
    def measure(seed):
        x = np.random.default_rng(seed).standard_normal((10, 3)) * [1, 2, 3]
        return x.mean(axis=0), np.full(3, np.nan if seed % 4 == 0 else np.sqrt(14 / 3 / 10))

    row = coverage.coverage(coverage.Entry("three means", "Gaussian", measure), 200)
    assert row.repetitions == 150
    assert abs(row.ratio - 1) < 4 * 0.05
    assert np.isnan(row.bias)


def test_entries_of_every_file_are_found_and_named_once():
    entries = list(coverage.all_entries())
    names = [(entry.name, entry.data) for entry in entries]
    assert len(set(names)) == len(names)
    assert ("cophenetic correlation, average", "sphere points") in names


def test_the_table_from_the_command_line(capsys, tmp_path):
    file = tmp_path / "found.json"
    coverage.main(["--repetitions", "5", "--only", "mean overlap", "--json", str(file)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| statistic | data | n |")
    assert sum("| mean overlap |" in line for line in lines) == 4
    assert file.exists()
    assert coverage.main(["--only", "no such thing"]) == 2

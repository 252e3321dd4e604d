"""Results as files for other programs: what is written is what the result holds."""

import csv
import dataclasses
import importlib
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import spinland as sl
from spinland.exports.surfaces import surface_bytes
from spinland.exports.tables import csv_text, table
from spinland.result_names import HOMES
from tests.oracles import results


def test_a_line_is_a_table_of_its_places(tmp_path):
    line = results.line("three", lines=3)
    path = sl.export(line, tmp_path / "line.csv")
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["line", "alphas", "values", "accuracy"]
    assert len(rows) == line.values.size
    found = np.array([float(row["values"]) for row in rows]).reshape(line.values.shape)
    np.testing.assert_array_equal(found, line.values)  # all digits
    np.testing.assert_array_equal([float(row["alphas"]) for row in rows[: len(line.alphas)]], line.alphas)


def test_one_line_alone_has_no_numbers_of_lines():
    columns = table(results.line())
    assert list(columns) == ["alphas", "values", "accuracy"]


@pytest.mark.parametrize(
    ("result", "columns"),
    [
        (results.plane, {"a", "b", "values", "accuracy"}),
        (results.walk, {"walker", "step", "values", "distance", "overlap", "accuracy", "origin_index"}),
        (results.swap, {"swaps", "alphas", "trial", "values", "accuracy", "origin_index"}),
        (
            results.ensemble,
            {"replicas", "epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy", "diverged"},
        ),
        (results.overlap_distribution, {"middles", "density", "density_error"}),
        (results.profile, {"overlap", "value", "value_error", "rise", "rise_error"}),
        (results.flow, {"start", "times", "energies", "gradient_norms", "overlaps"}),
    ],
)
def test_columns_are_of_one_length_and_named(result, columns):
    found = table(result())
    assert set(found) == columns
    assert len({len(column) for column in found.values()}) == 1


def classes_with_axes():
    kinds = [getattr(importlib.import_module(f"spinland.{home}"), name) for name, home in HOMES.items()]
    return [kind for kind in kinds if getattr(kind, "axes", {})]


@pytest.mark.parametrize("kind", classes_with_axes(), ids=lambda kind: kind.__name__)
def test_axes_are_of_fields_that_there_are(kind):
    assert set(kind.axes) <= {field.name for field in dataclasses.fields(kind)} | {"middles"}


def test_nan_is_an_empty_cell():
    flat = sl.FunctionLandscape(lambda w: w[:, 0], dim=1)
    text = csv_text(sl.line(flat, [0.0], [1.0], [0.0, 1.0]))
    assert text == "alphas,values,accuracy\n0.0,0.0,\n1.0,1.0,\n"


@pytest.mark.parametrize("kind", [".vts", ".vtp"])
def test_a_plane_is_a_surface(kind, tmp_path):
    plane = results.plane()
    path = sl.export(plane, tmp_path / f"plane{kind}")
    content = path.read_bytes()
    assert content == surface_bytes(plane, kind)
    head = content[: content.index(b"<AppendedData")].decode() + "</VTKFile>"
    root = ElementTree.fromstring(head)
    arrays = {array.get("Name"): array for array in root.iter("DataArray")}
    assert {"value", "accuracy", "a", "b", "points"} <= set(arrays)
    raw = content[content.index(b"_", content.index(b"<AppendedData")) + 1 :]

    def numbers(name, dtype=np.float64):
        at = int(arrays[name].get("offset"))
        size = int(np.frombuffer(raw, np.uint64, 1, at)[0])
        return np.frombuffer(raw, dtype, size // np.dtype(dtype).itemsize, at + 8)

    order = "F" if kind == ".vts" else "C"
    np.testing.assert_array_equal(numbers("value"), plane.values.ravel(order))
    points = numbers("points").reshape(-1, 3)
    np.testing.assert_array_equal(points[:, 2], plane.values.ravel(order))
    if kind == ".vtp":
        corners = numbers("connectivity", np.int64).reshape(-1, 4)
        assert len(corners) == (plane.a.size - 1) * (plane.b.size - 1)
        step = np.ptp(points[corners][:, :, 0], axis=1)
        np.testing.assert_allclose(step, np.tile(np.diff(plane.a)[:, None], plane.b.size - 1).ravel(), atol=1e-12)


def test_what_cannot_be_written_is_refused_and_nothing_is_lost(tmp_path):
    with pytest.raises(sl.ArgumentError, match="path"):
        sl.export(results.line(), tmp_path / "a.txt")
    with pytest.raises(sl.ArgumentError, match="a Plane"):
        sl.export(results.line(), tmp_path / "a.vtp")
    with pytest.raises(sl.ArgumentError, match="result"):
        sl.export(3, tmp_path / "a.csv")
    with pytest.raises(sl.ArgumentError, match="table"):
        sl.export(results.tree(12, "single", "cosine"), tmp_path / "a.csv")
    path = sl.export(results.line(), tmp_path / "a.csv")
    before = path.read_bytes()
    with pytest.raises(sl.ArgumentError, match="overwrite"):
        sl.export(results.plane(), path)
    assert path.read_bytes() == before
    assert re.match(r"a\.csv$", next(tmp_path.iterdir()).name)

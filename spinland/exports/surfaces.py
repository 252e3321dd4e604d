"""Planes as surfaces for ParaView and whatever else reads VTK's XML files, written by pyevtk.

``.vts``    a structured grid: (na, nb) points at (a, b, height)
``.vtp``    polygons: the same points, and a quadrilateral between each four of them

Both hold the value and the accuracy at every point, and their own coordinates.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..probes.planes import Plane

KINDS = (".vts", ".vtp")
"""Suffixes of what is written here."""


def surface_bytes(plane: Any, kind: str) -> bytes:
    """A plane as a VTK XML file.

    Parameters
    ----------
    plane : Plane
        At least two points along each axis.
    kind : ".vts" or ".vtp"
        Structured grid or polygons.

    Returns
    -------
    bytes
        What the file holds; the same for the same plane.

    Raises
    ------
    ArgumentError
        Not a plane, or one of a single row.
    """
    if not isinstance(plane, Plane):
        raise ArgumentError("result", "a Plane, which is a surface", type(plane).__name__)
    if min(plane.values.shape) < 2:
        raise ArgumentError("result", "a plane of two points or more along each axis", f"{plane.values.shape}")
    height = np.asarray(plane.values, np.float64)
    a, b = np.meshgrid(plane.a, plane.b, indexing="ij")
    fields = {"value": plane.values, "accuracy": plane.accuracy, "a": a, "b": b}
    with tempfile.TemporaryDirectory() as folder:
        stem = Path(folder) / "surface"
        write = _structured if kind == ".vts" else _polygons
        return Path(write(str(stem), (a, b, height), fields)).read_bytes()


Axes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _structured(stem: str, places: Axes, fields: dict[str, Any]) -> str:
    from pyevtk.hl import gridToVTK

    along = tuple(np.asfortranarray(axis[:, :, None]) for axis in places)
    data = {name: np.asfortranarray(np.asarray(values, np.float64)[:, :, None]) for name, values in fields.items()}
    return str(gridToVTK(stem, *along, pointData=data))


def _polygons(stem: str, places: Axes, fields: dict[str, Any]) -> str:
    from pyevtk.vtk import VtkFile, VtkPolyData

    na, nb = places[0].shape
    corner = (np.arange(na - 1)[:, None] * nb + np.arange(nb - 1)).ravel()
    corners = np.stack([corner, corner + nb, corner + nb + 1, corner + 1], axis=1).astype(np.int64).ravel()
    offsets = np.arange(4, corners.size + 1, 4, dtype=np.int64)
    along = tuple(np.ascontiguousarray(axis, np.float64).ravel() for axis in places)
    data = {name: np.ascontiguousarray(values, np.float64).ravel() for name, values in fields.items()}
    file = VtkFile(stem, VtkPolyData)
    file.openGrid()
    file.openPiece(npoints=na * nb, npolys=offsets.size)
    file.openElement("Points")
    file.addData("points", along)
    file.closeElement("Points")
    file.openElement("Polys")
    file.addData("connectivity", corners)
    file.addData("offsets", offsets)
    file.closeElement("Polys")
    file.openData("Point", scalars="value")
    for name, values in data.items():
        file.addData(name, values)
    file.closeData("Point")
    file.closePiece()
    file.closeGrid()
    file.appendData(along)
    file.appendData(corners).appendData(offsets)
    for values in data.values():
        file.appendData(values)
    file.save()
    return str(file.getFileName())

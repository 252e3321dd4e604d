"""Good arguments of public names: the store, the settings of studies, and what is told of devices."""

from __future__ import annotations

import tempfile
from pathlib import Path

import spinland as sl
from tests.oracles.objects import reserved, store, walk

_FOLDER = Path(tempfile.mkdtemp())

OBJECTS = {
    "LocalWorkers": lambda: sl.LocalWorkers(1),
    "Store": store,
    "StudyConfig": sl.StudyConfig,
    "GlassConfig": sl.GlassConfig,
    "AtlasConfig": sl.AtlasConfig,
    "TheoryCard": lambda: sl.theory_card(3),
}

CASES = {
    "Store": lambda: {"path": Path(tempfile.mkdtemp()) / "new.h5", "mode": "a"},
    "Store.names": dict,
    "Store.pending": dict,
    "Store.load": lambda: {"name": "walk", "mmap": False},
    "Store.save": lambda: {"name": "walk", "result": walk(), "overwrite": True},
    "Store.reserve": lambda: {"name": "later", **reserved()},
    "Store.row_writer": lambda: {"name": "later"},
    "Store.verify": dict,
    "Store.set_meta": lambda: {"meta": {"a": 1}},
    "export": lambda: {"result": walk(), "path": _FOLDER / "walk.csv", "overwrite": True},
    "LocalWorkers": lambda: {"n_workers": 1, "threads": 1},
    "LocalWorkers.shutdown": lambda: {"wait": True, "cancel_futures": False},
    "devices": dict,
    "show_progress": lambda: {"on": False},
    "theory_card": lambda: {"order": 3},
    "TheoryCard.value": lambda: {"name": "threshold", "convention": "cs"},
    "StudyConfig": lambda: {"hidden": (4,), "seed": 1, "sigmas": (0.1,), "learning_rate": 0.01, "data": "digits"},
    "StudyConfig.as_dict": dict,
    "GlassConfig.as_dict": dict,
    "AtlasConfig.as_dict": dict,
    "AtlasConfig": lambda: {"surface_grid": 5, "seed": 1},
    "GlassConfig": lambda: {"spins": 10, "order": 3, "seed": 1, "ageing_time": 2.0, "waiting_times": (1.0,)},
}

"""Run a study from wherever it stands to its end."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..data.dataset import Dataset
from ..data.loading import DatasetLike, as_dataset
from ..errors import ArgumentError, DivergenceWarning, StoreError
from ..provenance import version
from ..store.commit import reserved
from ..store.hdf5 import Store
from .config import StudyConfig
from .context import Context
from .stages import Training, plan_stages
from .training import train_into

Say = Callable[[str], None]


def run_study(
    config: StudyConfig,
    out: str | os.PathLike[str],
    *,
    dataset: DatasetLike | None = None,
    overwrite: bool = False,
    say: Say = lambda text: None,
) -> int:
    """Run a study, or go on with it, until its file holds every result.

    Parameters
    ----------
    config : StudyConfig
        Its settings.
    out : path-like
        Its file. An unfinished study with the same settings and data is taken up where it stopped and ends with the
        same bits as if it had never stopped.
    dataset : Dataset, arrays or path, optional
        Own data instead of those that the settings name.
    overwrite : bool
        Replace a finished study, or one with other settings.
    say : callable
        Is told what goes on, a line at a time.

    Returns
    -------
    int
        Number of results that were made now; 0 when the study was finished before.

    Raises
    ------
    ArgumentError
        A setting does not fit the data.
    StoreError
        The file belongs to another study, or cannot be written.
    DataError
        The data are not there or damaged.
    """
    path = Path(out)
    data = as_dataset(config.data if dataset is None else dataset, config.data_dir)
    data = data.subset(config.n_train, config.n_test)
    _check_fit(config, data)
    with reserved(path):
        store = _open(path, config, data, overwrite, say)
        if store.meta["finished"]:
            say(f"{path} is finished; --overwrite makes it anew")
            return 0
        return _complete(Context(config, store, data), say)


def _complete(context: Context, say: Say) -> int:
    """Make every result that is missing; one that cannot be made is told and does not stop the others."""
    store = context.store
    plan = list(plan_stages(context))
    failed: dict[str, str] = {}
    made = 0
    for i, stage in enumerate(plan, 1):
        if stage.name in store:
            continue
        start = time.monotonic()
        if isinstance(stage, Training):
            _train(context, stage, say)
        else:
            try:
                result = stage.compute(context)
            except ArgumentError as error:
                failed[stage.name] = str(error)
            except StoreError as error:
                if not failed:
                    raise
                failed[stage.name] = f"needs a result that could not be made: {error}"
            if stage.name in failed:
                say(f"[{i:>2}/{len(plan)}] {stage.title}: cannot be made: {failed[stage.name]}")
                continue
            store.save(stage.name, result)
        made += 1
        say(f"[{i:>2}/{len(plan)}] {stage.title} ({time.monotonic() - start:.1f} s)")
    store.set_meta(store.meta | {"finished": True, "failed": failed})
    return made


def _train(context: Context, stage: Training, say: Say) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DivergenceWarning)
        train_into(context, stage)
    for warning in caught:
        if issubclass(warning.category, DivergenceWarning):
            say(f"warning: {warning.message}")
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _check_fit(config: StudyConfig, data: Dataset) -> None:
    """Refuse settings that the data or the network cannot fulfil, before anything is computed."""
    n = len(data.x_train)
    if config.batch_size is not None and config.batch_size > n:
        raise ArgumentError("batch_size", f"at most the number of training samples ({n})", config.batch_size)
    if config.probe_samples is not None and config.probe_samples > n:
        raise ArgumentError(
            "probe_samples", f"at most the number of training samples ({n})", config.probe_samples
        )
    too_large = [b for b in config.batch_sizes or () if b > n]
    if too_large:
        raise ArgumentError("batch_sizes", f"at most the number of training samples ({n})", too_large[0])


def _meta(config: StudyConfig, data: Dataset) -> dict[str, Any]:
    return {
        "kind": "study",
        "config": config.as_dict(),
        "version": version(),
        "data": data.fingerprint,
        "dataset": data.name,
        "task": data.task,
        "n_inputs": data.n_inputs,
        "n_outputs": data.n_outputs,
        "n_train": len(data.x_train),
        "n_test": len(data.x_test),
        "finished": False,
        "failed": {},
    }


def _open(path: Path, config: StudyConfig, data: Dataset, overwrite: bool, say: Say) -> Store:
    """The study's file: new, or as it was left."""
    meta = _meta(config, data)
    if path.exists():
        store = Store(path)
        found = store.meta
        if not found and not store.names() and not store.pending():  # killed before it could say what it is
            store.set_meta(meta)
            return store
        difference = _difference(found, meta)
        if not difference:
            if not (found["finished"] and overwrite):
                if not found["finished"]:
                    say(f"going on with {path}: {len(store.names())} results are there")
                return store
        elif not overwrite:
            raise StoreError(path, f"{difference}; choose another file, or --overwrite")
        path.unlink()
    store = Store(path)
    store.set_meta(meta)
    return store


def _difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """In words, why a file is not this study; empty if it is."""
    if found.get("kind") != "study":
        return "holds something else than a study" if found else "holds results that no study made"
    changed = [
        f"{key} = {found['config'].get(key)!r}, not {value!r}"
        for key, value in wanted["config"].items()
        if found["config"].get(key) != value and key != "data_dir"
    ]
    if changed:
        return "is a study with " + "; ".join(changed)
    if found["data"] != wanted["data"]:
        return "is a study of other data under the same name"
    if found["version"] != wanted["version"]:
        return f"was made by spinland {found['version']}, this is {wanted['version']}"
    return ""

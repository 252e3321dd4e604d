"""Run a study from wherever it stands to its end."""

from __future__ import annotations

import os
from typing import Any

from .. import checks
from ..compiling.recipes import of_study
from ..compiling.workers import compiling_beside
from ..data.dataset import Dataset
from ..data.loading import DatasetLike, dataset_of
from ..errors import ArgumentError
from ..store.commit import real_path, reserved
from .config import StudyConfig
from .context import Context
from .execution import Say, complete, open_file
from .stages import plan_stages


def run_study(
    config: StudyConfig,
    out: str | os.PathLike[str],
    *,
    dataset: DatasetLike | None = None,
    overwrite: bool = False,
    mixed: bool = False,
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
        Replace a finished study, or one that cannot be taken up.
    mixed : bool
        Go on although the study was begun on another processor or with other libraries, where the last digits differ;
        the file and the provenance of its results then tell which.
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
        The file belongs to another study, was begun elsewhere, is damaged, or cannot be written.
    DataError
        The data are not there or damaged.
    """
    checks.instance("config", config, StudyConfig)
    path, overwrite, mixed = (
        real_path(out, "out"),
        checks.boolean("overwrite", overwrite),
        checks.boolean("mixed", mixed),
    )
    named, value = ("data", config.data) if dataset is None else ("dataset", dataset)
    data = dataset_of(named, value, config.data_dir)
    data = data.subset(config.n_train, config.n_test)
    _check_fit(config, data)
    with reserved(path):
        store = open_file(path, config, _facts(data), overwrite=overwrite, mixed=mixed, say=say)
        if store is None:
            return 0
        context = Context(config, store, data)
        kernels = of_study(config.dtype, comparison=bool(config.glass_replicas))
        with compiling_beside(kernels):
            return complete(context, list(plan_stages(context)), say)


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


def _facts(data: Dataset) -> dict[str, Any]:
    return {
        "data": data.fingerprint,
        "dataset": data.name,
        "task": data.task,
        "n_inputs": data.n_inputs,
        "n_outputs": data.n_outputs,
        "n_train": len(data.x_train),
        "n_test": len(data.x_test),
    }

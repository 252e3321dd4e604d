"""Train an ensemble into the file of a study, a few replicas at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

from ..training.ensemble import Ensemble
from ..training.loop import train_groups
from ..training.plan import Plan
from .context import Context

if TYPE_CHECKING:
    from ..store.rows import RowWriter
    from .execution import Say
    from .stages import Training

_GROUP_OPERATIONS = 2e12  # some ten seconds to a minute of work: what a kill may cost


def train_into(context: Context, stage: Training, say: Say) -> None:
    """Train what is missing of an ensemble and store each group of replicas as it finishes.

    Replicas that diverged are named to ``say``.
    """
    optimizer = context.optimizer()
    writer = _reserve(context, stage)
    missing = writer.missing()
    operations = 6.0 * stage.network.n_params * len(context.dataset.x_train) * stage.epochs
    threads = numba.get_num_threads()
    group = int(min(64, max(1, _GROUP_OPERATIONS // operations // threads) * threads))
    parts = train_groups(
        stage.network, context.dataset, None, optimizer, stage.batch_size, stage.epochs, stage.seed,
        dtype=context.config.dtype, replicas=missing, snapshots=stage.snapshots, group_size=group,
    )  # fmt: skip
    lost: list[int] = []
    for part in parts:
        rows = {field: getattr(part, field) for field in _row_fields(stage)}
        writer.write(part.replicas, **rows)
        lost += part.replicas[part.diverged].tolist()
    writer.finish()
    if lost:
        numbers = ", ".join(map(str, lost))
        say(f"warning: {stage.name}: diverged replicas, now NaN: {numbers}")


_HISTORY = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def _row_fields(stage: Training) -> tuple[str, ...]:
    fields = ("params", *_HISTORY, "diverged", "replicas")
    return (*fields, "snapshots") if stage.snapshots else fields


def _reserve(context: Context, stage: Training) -> RowWriter:
    """Room for the ensemble in the file, or what is there of it."""
    plan = Plan(
        stage.network, context.dataset, stage.n_replicas, context.optimizer(), stage.batch_size, stage.epochs,
        stage.seed, loss=None, dtype=context.config.dtype, replicas=None, snapshots=stage.snapshots,
        keep_initial=False, initial=None, evaluate="both", device="cpu",
    )  # fmt: skip
    dim, epochs = stage.network.n_params, plan.snapshot_epochs
    rows: dict[str, tuple[tuple[int, ...], np.dtype]] = {"params": ((dim,), plan.dtype)}
    rows |= {field: ((stage.epochs + 1,), np.dtype(np.float64)) for field in _HISTORY}
    rows |= {"diverged": ((), np.dtype(bool)), "replicas": ((), np.dtype(np.int64))}
    if epochs is not None:
        rows["snapshots"] = ((len(epochs), dim), plan.dtype)
    fixed = {
        "provenance": plan.provenance(), "initial": None, "snapshot_epochs": epochs, "widths": stage.network.widths,
        "bias": stage.network.bias, "loss": plan.loss, "batch_size": plan.batch_size,
        "learning_rate": float(plan.rates.max()),
    }  # fmt: skip
    if epochs is None:
        fixed["snapshots"] = None
    # Whether rows of several processors may be mixed was asked when the file was taken up.
    return context.store.reserve(stage.name, Ensemble, stage.n_replicas, rows=rows, fields=fixed, mixed=True)

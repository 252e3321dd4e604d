"""Chapter: the replicas and how they were trained."""

from __future__ import annotations

import numpy as np

from ..figures.history import training_history
from ..formatting import given
from ..study import names
from .parts import Chapter, Table, mean_text, picture
from .reader import StudyReader


def training_chapter(study: StudyReader) -> Chapter | None:
    """Training and test loss and accuracy over the replicas."""
    ensemble = study.get(names.ENSEMBLE)
    if ensemble is None:
        return None
    c = study.config
    n = len(ensemble.params)
    lost = np.flatnonzero(ensemble.diverged)
    shape = "–".join(map(str, ensemble.widths))
    rows = [
        ("training loss", mean_text(ensemble.train_loss[:, 0]), mean_text(ensemble.train_loss[:, -1])),
        ("test loss", mean_text(ensemble.test_loss[:, 0]), mean_text(ensemble.test_loss[:, -1])),
    ]
    risen = np.flatnonzero(ensemble.train_loss[:, -1] >= ensemble.train_loss[:, 0])
    finding = f"The loss of {n - len(lost) - len(risen)} of {n} replicas fell; final training loss {mean_text(ensemble.train_loss[:, -1])} {study.unit}"
    if study.is_classification:
        for label, values in (
            ("training accuracy", ensemble.train_accuracy),
            ("test accuracy", ensemble.test_accuracy),
        ):
            rows.append((label, mean_text(values[:, 0], True), mean_text(values[:, -1], True)))
        finding += f", test accuracy {mean_text(ensemble.test_accuracy[:, -1], True)}"
    if len(risen):
        finding += f"; not below its start for replicas {', '.join(map(str, ensemble.replicas[risen]))}: is the learning rate too large?"
    if len(lost):
        finding += f"; diverged: {', '.join(map(str, ensemble.replicas[lost]))}"
    return Chapter(
        "training", "Training", "Training the replicas",
            f"{n} networks {shape} with ReLU, each with its own initialisation and its own order of the samples, "
            f"{c.optimizer} at learning rate {given(c.learning_rate)}, batch size {ensemble.batch_size}, {c.epochs} epochs, "
            f"on {study.meta['n_train']} samples of {study.meta['dataset']} ({study.meta['n_test']} for the test).",
        finding + ".",
        [
            picture(
                training_history(ensemble),
                "Loss and accuracy in the course of training. Mean over replicas; bands are standard errors of the "
                "mean, pale ones the middle 68 % of the replicas. Epoch 0 is the initialisation.",
            )
        ],
        [Table(("", "at initialisation", "at the end"), rows, "Mean ± standard error over replicas.")],
    )  # fmt: skip

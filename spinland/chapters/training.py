"""Replicas of a network, trained into the file a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

import spinland as sl

from ..formatting import given
from ..statistics.judging import mean_of
from .chapter import Chapter, Say, Step
from .findings import Finding, Numbers
from .sections import Section, Table, mean_text, picture
from .settings import Settings, number, one_of, setting, whole

if TYPE_CHECKING:
    from ..store.rows import RowWriter
    from ..training.plan import Plan

# Labels of the seeds that are derived from that of a study of networks.
SEED_WIDTH, SEED_BATCH, SEED_GLASS, SEED_RESCALING = 1, 2, 3, 4

_HEADING = "Training"
_BATCH_SIZE = 32
_GROUP_OPERATIONS = 2e12  # some ten seconds to a minute of work: what a kill may cost
OPTIMIZERS = {
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "sam": "SAM",
    "entropy-sgd": "Entropy-SGD",
    "replicated-sgd": "replicated SGD",
}
"""Their names in a sentence."""

_HISTORY = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


@dataclass(frozen=True)
class ReplicaSettings(Settings):
    """Settings of all training."""

    replicas: int = setting(100, "independently trained networks", whole(3), _HEADING)
    epochs: int = setting(30, "passes over the training set", whole(2), _HEADING)
    batch_size: int | None = setting(
        None, "samples in a batch; default 32, or all if there are fewer", whole(1, True), _HEADING
    )
    optimizer: str = setting(
        "adam", "sgd, adam, adamw, sam, entropy-sgd or replicated-sgd", one_of(*OPTIMIZERS), _HEADING
    )
    learning_rate: float = setting(1e-3, "learning rate", number(above=0), _HEADING)
    schedule: str = setting("constant", "learning rate: constant or cosine", one_of("constant", "cosine"), _HEADING)
    momentum: float = setting(
        0.9,
        "momentum of sgd, and of the steps of the three that look around",
        number(minimum=0, maximum=0.9999),
        _HEADING,
    )
    weight_decay: float = setting(0.0, "weight decay", number(minimum=0), _HEADING)
    rho: float = setting(0.05, "distance at which sam takes its gradient", number(minimum=0), _HEADING)
    gamma: float = setting(
        0.1,
        "pull of entropy-sgd, whose learning rate 1/gamma steps to the mean, and of replicated-sgd",
        number(above=0),
        _HEADING,
    )
    langevin: int = setting(20, "gradients of a step of entropy-sgd", whole(1), _HEADING)
    coupled: int = setting(3, "copies of each network in replicated-sgd", whole(1), _HEADING)
    scoping: float = setting(
        0.0, "share by which gamma grows at each step of entropy-sgd and replicated-sgd", number(minimum=0), _HEADING
    )


OPTIMIZER_SETTINGS = (
    "optimizer",
    "schedule",
    "momentum",
    "weight_decay",
    "rho",
    "gamma",
    "langevin",
    "coupled",
    "scoping",
)
"""What an optimiser is made of, beside the learning rate."""


def optimizer_of(config: Any) -> sl.SGD | sl.Adam | sl.AdamW | sl.SAM | sl.EntropySGD | sl.ReplicatedSGD:
    """The optimiser of the settings; those that look around take the steps of SGD."""
    rate: Any = config.learning_rate if config.schedule == "constant" else sl.Cosine(config.learning_rate)
    if config.optimizer in ("adam", "adamw"):
        kind = sl.Adam if config.optimizer == "adam" else sl.AdamW
        return kind(rate, weight_decay=config.weight_decay)
    steps = sl.SGD(rate, momentum=config.momentum, weight_decay=config.weight_decay)
    if config.optimizer == "sam":
        return sl.SAM(config.rho, steps)
    if config.optimizer == "entropy-sgd":
        return sl.EntropySGD(config.gamma, steps, config.langevin, scoping=config.scoping)
    if config.optimizer == "replicated-sgd":
        return sl.ReplicatedSGD(config.gamma, steps, config.coupled, config.scoping)
    return steps


def batch_size(config: Any, n_train: int) -> int:
    """Samples in a batch where there are so many."""
    return int(config.batch_size or min(_BATCH_SIZE, n_train))


@dataclass(frozen=True)
class Training:
    """A step that makes an ensemble, stored replica by replica as it is trained.

    With a ``share`` (K, N) it makes the replicas K - 1, K - 1 + N, K - 1 + 2N, … alone, in an ensemble of their own.
    """

    name: str
    title: str
    network: sl.ReLUNetwork
    n_replicas: int
    batch_size: int
    epochs: int
    seed: int
    snapshots: bool = False
    share: tuple[int, int] | None = None
    needs: ClassVar[tuple[str, ...]] = ()
    partial: ClassVar[bool] = False

    @classmethod
    def of(
        cls,
        book: Any,
        name: str,
        title: str,
        *,
        replicas: int,
        seed: int,
        network: sl.ReLUNetwork | None = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        snapshots: bool = False,
    ) -> Training:
        """Training as the settings of a book have it, but for what is given."""
        return cls(
            name,
            title,
            network or book.network.network,
            replicas,
            batch_size or book.batch_size,
            epochs or book.config.epochs,
            seed,
            snapshots,
        )

    def make(self, book: Any, say: Say) -> None:
        """Train what is missing, and store each group of replicas as it finishes; those that diverged are told."""
        plan = self.plan(book)
        writer = self.reserve(book, plan)
        missing, lost = writer.missing(), list[int]()
        if missing.size:
            from ..training.parts import groups
            from ..training.stepwise import group_of

            for part in groups(plan.of_rows(missing), self._together(book), group_of(plan)):
                lost += self.keep(writer, part)
        self.finish(writer, lost, say)

    @property
    def numbers(self) -> range:
        """Numbers of the replicas that it makes, in the order of the rows."""
        first, step = (0, 1) if self.share is None else (self.share[0] - 1, self.share[1])
        return range(first, self.n_replicas, step)

    def shared(self, number: int, count: int) -> Training | None:
        """The share of one of several processes, None where there are not so many replicas."""
        part = replace(self, share=(number, count))
        few = f"{self.title}: {len(part.numbers)} in this shard"
        return replace(part, title=few) if part.numbers else None

    def plan(self, book: Any) -> Plan:
        """The training of the replicas, checked.

        Raises
        ------
        ArgumentError
            A setting does not fit.
        """
        from ..training.plan import Plan
        from ..training.settings import TrainingSettings

        settings = TrainingSettings(
            n_replicas=len(self.numbers),
            replicas=self.numbers,
            optimizer=optimizer_of(book.config),
            batch_size=self.batch_size,
            epochs=self.epochs,
            seed=self.seed,
            dtype=book.config.dtype,
            snapshots=self.snapshots,
            device=book.config.device,
            precision=book.config.precision,
        )
        return Plan(self.network, book.dataset, settings)

    def keep(self, writer: RowWriter, part: sl.Ensemble) -> list[int]:
        """Put trained replicas to their place; returns the numbers of those that diverged."""
        fields = ("params", *_HISTORY, "diverged", "replicas", *(("snapshots",) if self.snapshots else ()))
        rows = [self.numbers.index(number) for number in part.replicas.tolist()]
        writer.write(rows, **{field: getattr(part, field) for field in fields})
        numbers: list[int] = part.replicas[part.diverged].tolist()
        return numbers

    def finish(self, writer: RowWriter, lost: Sequence[int], say: Say) -> None:
        """See that all replicas are there, and tell those that diverged."""
        writer.finish()
        if lost:
            say(f"warning: {self.name}: diverged replicas, now NaN: {', '.join(map(str, lost))}")

    def _together(self, book: Any) -> int | None:
        """Replicas that the cores train between two writes; a card trains as many as fill it."""
        if book.config.device != "cpu":
            return None
        import numba  # not before something is computed: settings are shown without it

        from ..training.flat import gradients_per_step

        gradients = gradients_per_step(optimizer_of(book.config)) * self.epochs
        operations = 6.0 * self.network.n_params * len(book.dataset.x_train) * gradients
        threads = numba.get_num_threads()
        return int(min(64, max(1, _GROUP_OPERATIONS // operations // threads) * threads))

    def reserve(self, book: Any, plan: Plan) -> RowWriter:
        """Room in the file for the ensemble of its plan, or what is there of it."""
        from ..training.flat import gradients_per_step

        dim, epochs = self.network.n_params, plan.snapshot_epochs
        rows: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {"params": ((dim,), plan.dtype)}
        rows |= {field: ((self.epochs + 1,), np.dtype(np.float64)) for field in _HISTORY}
        rows |= {"diverged": ((), np.dtype(bool)), "replicas": ((), np.dtype(np.int64))}
        if epochs is not None:
            rows["snapshots"] = ((len(epochs), dim), plan.dtype)
        fixed = {
            "provenance": plan.provenance(),
            "initial": None,
            "snapshot_epochs": epochs,
            "widths": self.network.widths,
            "bias": self.network.bias,
            "loss": plan.loss,
            "batch_size": plan.batch_size,
            "learning_rate": float(plan.rates.max()),
            "gradients_per_step": gradients_per_step(plan.optimizer),
        }
        if epochs is None:
            fixed["snapshots"] = None
        # Whether rows of several processors may be mixed was asked when the file was taken up.
        writer: RowWriter = book.store.reserve(
            self.name, sl.Ensemble, len(self.numbers), rows=rows, fields=fixed, mixed=True
        )
        return writer


def _steps(book: Any) -> Iterator[Step]:
    c = book.config
    yield Training.of(book, book.network.solutions, f"training {c.replicas} replicas", replicas=c.replicas, seed=c.seed)
    for subject in book.sweep:
        if subject.solutions != book.network.solutions:
            yield Training.of(
                book,
                subject.solutions,
                f"training {c.width_replicas} replicas, {subject.label}",
                network=subject.network,
                replicas=c.width_replicas,
                seed=subject.seed,
            )


def _find(book: Any) -> Finding | None:
    ensemble = book.get(book.network.solutions)
    if ensemble is None:
        return None
    numbers, unit = Numbers(), book.network.unit
    n, lost = len(ensemble.params), np.flatnonzero(ensemble.diverged)
    risen = np.flatnonzero(ensemble.train_loss[:, -1] >= ensemble.train_loss[:, 0])
    fell = n - len(lost) - len(risen)
    numbers.keep("replicas whose loss fell", fell, against="out of", exact=n)
    loss = numbers.tell(f"final training loss, {unit}", mean_of(ensemble.train_loss[:, -1]))
    text = f"The loss of {fell} of {n} replicas fell; final training loss {loss} {unit}"
    if book.is_classification:
        accuracy = numbers.tell("final test accuracy, %", mean_of(100 * ensemble.test_accuracy[:, -1]))
        text += f", test accuracy {accuracy} %"
    if len(risen):
        which = ", ".join(map(str, ensemble.replicas[risen]))
        text += f"; not below its start for replicas {which}: is the learning rate too large?"
    if len(lost):
        text += f"; diverged: {', '.join(map(str, ensemble.replicas[lost]))}"
    return numbers.finding("training", f"{text}.")


def _write(book: Any) -> Section | None:
    ensemble = book.get(book.network.solutions)
    if ensemble is None:
        return None
    shape = "–".join(map(str, ensemble.widths))
    rows = [
        (f"{which} loss", mean_text(values[:, 0]), mean_text(values[:, -1]))
        for which, values in (("training", ensemble.train_loss), ("test", ensemble.test_loss))
    ]
    if book.is_classification:
        rows += [
            (f"{which} accuracy", mean_text(values[:, 0], True), mean_text(values[:, -1], True))
            for which, values in (("training", ensemble.train_accuracy), ("test", ensemble.test_accuracy))
        ]
    c, facts = book.config, book.facts
    return Section(
        "Training",
        "Training the replicas",
        f"{len(ensemble.params)} networks {shape} with ReLU, each with its own initialisation and its own order of "
        f"the samples, {OPTIMIZERS[c.optimizer]} at learning rate {given(c.learning_rate)}, batch size "
        f"{ensemble.batch_size}, {c.epochs} epochs, on {facts['n_train']} samples of {facts['dataset']} "
        f"({facts['n_test']} for the test).",
        [
            picture(
                sl.figures.training_history(ensemble),
                "Loss and accuracy in the course of training. Mean over replicas; bands are standard errors of the "
                "mean, pale ones the middle 68 % of the replicas. Epoch 0 is the initialisation.",
            )
        ],
        [Table(("", "at initialisation", "at the end"), rows, "Mean ± standard error over replicas.")],
    )


TRAINING = Chapter(
    "training",
    "training the replicas",
    _steps,
    _find,
    _write,
    lambda book: {"batch_size": book.batch_size},
    kernels={"network": ("training", "losses")},
)

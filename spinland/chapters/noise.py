"""Noise of stochastic gradient descent near the end of training, of networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import p_text, plus_minus
from ..noise.currents import Current
from ..noise.displacements import Diffusion
from ..noise.principal import NoiseModes
from ..noise.steps import Increments
from ..provenance import record
from ..results import Result
from .chapter import Chapter, DataStage, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, picture, sentence
from .settings import Settings, number, setting, whole
from .subjects import of_kind

_HEADING = "Noise of training"
_SEED = 50  # of training on and of the records, among those derived from the seed of the settings
_BYTES = 400 << 20  # of a record that is held at once
_SAMPLINGS = "reshuffled", "replacement"
_WORDS = {"reshuffled": "reshuffled", "replacement": "drawn with replacement"}
_SETTLED, _GRADIENTS = "noise/settled", "noise/gradients"


@dataclass(frozen=True)
class NoiseSettings(Settings):
    """Settings of the noise of training."""

    noise_replicas: int = setting(6, "networks whose training goes on by plain descent", whole(2), _HEADING)
    noise_rate: float = setting(0.1, "learning rate of plain descent", number(above=0), _HEADING)
    noise_settling: int = setting(300, "epochs of it before anything is recorded", whole(1), _HEADING)
    noise_epochs: int = setting(20, "epochs that are recorded, step by step", whole(16), _HEADING)
    noise_samples: int = setting(2000, "samples whose gradients are compared, at most", whole(4), _HEADING)
    noise_modes: int = setting(15, "modes of the noise and of the motion", whole(3), _HEADING)
    noise_layer: int | None = setting(
        None,
        "layer whose weights are recorded, 0 being the first; default all layers where they fit into 400 MB, else the "
        "last",
        whole(0, True),
        _HEADING,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingNoise(Result):
    """What a recorded training shows.

    Attributes
    ----------
    steps, epochs : Increments
        Record by record, and from epoch to epoch.
    modes, epoch_modes : NoiseModes
        The same of the principal modes.
    current : Current
        From epoch to epoch.
    diffusion : Diffusion
        Record by record.
    train_loss : (R,) float64
        At the end.
    """

    steps: Increments
    epochs: Increments
    modes: NoiseModes
    epoch_modes: NoiseModes
    current: Current
    diffusion: Diffusion
    train_loss: Any


def _where(subject: Any) -> dict[str, Any]:
    return {"dtype": subject.dtype, "device": subject.device, "precision": subject.precision}


def _settled(subject: Any, found: Any, *, dataset: Any, replicas: int, rate: float, epochs: int, seed: int) -> Any:
    """The first solutions, trained on by plain descent."""
    start = np.asarray(subject.points(found, replicas))
    return sl.train(
        subject.network,
        dataset,
        len(start),
        sl.SGD(rate),
        found.batch_size,
        epochs,
        seed,
        initial=start,
        evaluate="final",
        **_where(subject),
    )


def _gradients(subject: Any, settled: Any, *, samples: int, n_modes: int) -> sl.GradientNoise:
    """Of the first replica that did not diverge; of few samples fewer modes."""
    landscape = subject.landscape
    landscape = landscape if landscape.n_samples <= samples else landscape.batch(np.arange(samples))
    most = min(n_modes, landscape.n_samples - 1, landscape.samples.network.n_params)
    return sl.gradient_noise(landscape, np.asarray(_alive(settled))[0], most)


def _alive(settled: Any) -> Any:
    alive = np.flatnonzero(~np.asarray(settled.diverged))
    if alive.size < 2:
        raise ArgumentError("noise_rate", "one at which two replicas converge", f"{alive.size} did")
    return settled.params[alive]


def _recorded(
    subject: Any, settled: Any, *, dataset: Any, rate: float, epochs: int, n_modes: int, layer: int | None, **rest: Any
) -> TrainingNoise:
    """What epochs of training from where it has settled show."""
    start = np.asarray(_alive(settled))
    steps = -(-len(dataset.x_train) // settled.batch_size)
    layer, every = _kept(subject.network, start, steps * epochs, steps, layer)
    found = sl.record_trajectory(
        subject.network,
        dataset,
        start,
        sl.SGD(rate),
        settled.batch_size,
        epochs,
        every=every,
        layer=layer,
        **rest,
        **_where(subject),
    )
    n_modes = min(n_modes, found.points.shape[2], epochs - 1)
    return TrainingNoise(
        steps=sl.increments(found),
        epochs=sl.increments(found, per="epoch"),
        modes=sl.noise_modes(subject.landscape, found, n_modes),
        epoch_modes=sl.noise_modes(subject.landscape, found, n_modes, per="epoch"),
        current=sl.probability_current(found, n_modes=min(4, n_modes), seed=rest["seed"]),
        diffusion=sl.diffusion_exponent(found),
        train_loss=found.train_loss,
        provenance=record("training noise", {"trajectory": found.points}, seed=rest["seed"], dtype=subject.dtype),
    )


def _kept(network: Any, start: Any, steps: int, per_epoch: int, layer: int | None) -> tuple[int | None, int]:
    """Which layer is recorded, and after how many steps each: what fits, as often as can be."""
    each = start.itemsize * len(start) * (steps + 1)
    if layer is None and each * network.n_params > _BYTES:
        layer = network.n_layers - 1
    if layer is not None and layer >= network.n_layers:
        raise ArgumentError("noise_layer", f"at most {network.n_layers - 1}, the last", layer)
    size = network.n_params if layer is None else int(np.prod(network.spans[layer].shape))
    divisors = [every for every in range(1, per_epoch + 1) if per_epoch % every == 0]
    return layer, next((every for every in divisors if each * size / every <= _BYTES), per_epoch)


def _name(sampling: str) -> str:
    return f"noise/{sampling}"


def _steps(book: Any) -> Iterator[Stage]:
    c, network = book.config, of_kind(book, "network")
    if network is None:
        return
    settling = {
        "replicas": c.noise_replicas,
        "rate": c.noise_rate,
        "epochs": c.noise_settling,
        "seed": book.seed(_SEED),
    }
    title = "training on by plain descent"
    yield DataStage(_SETTLED, title, _settled, (network.solutions,), settling, network.key)
    modes = {"n_modes": c.noise_modes}
    of_samples = {"samples": c.noise_samples, **modes}
    yield Stage(_GRADIENTS, "covariance of the gradients", _gradients, (_SETTLED,), of_samples, network.key)
    for sampling in _SAMPLINGS:
        arguments = {
            "rate": c.noise_rate,
            "epochs": c.noise_epochs,
            "seed": book.seed(_SEED, 1),
            "layer": c.noise_layer,
            "sampling": sampling,
            **modes,
        }
        title = f"steps of training, batches {_WORDS[sampling]}"
        yield DataStage(_name(sampling), title, _recorded, (_SETTLED,), arguments, network.key)


def _find(book: Any) -> Finding | None:
    numbers = Numbers()
    sentences = [_of_gradients(numbers, book.get(_GRADIENTS)), *_of_motion(numbers, book)]
    statement = " ".join(one for one in sentences if one)
    return numbers.finding("noise", statement) if statement else None


def _of_gradients(numbers: Numbers, noise: Any) -> str:
    if noise is None:
        return ""
    share = numbers.stated("rank of the covariance over parameters", noise.rank / noise.n_live)
    numbers.keep("rank of the covariance", noise.rank)
    numbers.keep("effective rank of the covariance", noise.effective_rank)
    clause = f"the covariance of the gradients has rank {noise.rank}, {share} of the parameters"
    overlap = numbers.stated("overlap of its leading space with the Hessian's", noise.overlap, 2)
    numbers.keep("alignment in the leading space", noise.alignment)
    chance = numbers.stated("the same by chance", noise.uniform_overlap, 2)
    clauses = [clause, f"its leading space overlaps with that of the Hessian by {overlap} (by chance {chance})"]
    if np.isfinite(noise.exponent):
        gamma = numbers.tell("γ of noise against curvature", noise.exponent, noise.exponent_error)
        clauses.append(f"noise grows with curvature as h^γ, γ = {gamma}")
    return sentence(*clauses)


def _of_motion(numbers: Numbers, book: Any) -> Iterator[str]:
    for sampling in _SAMPLINGS:
        found = book.get(_name(sampling))
        if found is None:
            continue
        words = _WORDS[sampling]
        within = np.asarray(found.steps.lags) * found.steps.spacing < 1
        numbers.keep(f"{words}: mean autocorrelation within an epoch", found.steps.autocorrelation[within].mean())
        first, error = found.epochs.autocorrelation[0], found.epochs.autocorrelation_error[0]
        memory = numbers.tell(f"{words}: autocorrelation of increments, one epoch apart", first, error)
        psi, per_epoch = (
            numbers.tell(f"{words}: ψ of variance and width, {per}", modes.exponent, modes.exponent_error)
            for per, modes in (("per step", found.modes), ("per epoch", found.epoch_modes))
        )
        alpha = numbers.tell(
            f"{words}: exponent of diffusion", found.diffusion.exponent, found.diffusion.exponent_error
        )
        current = numbers.stated(f"{words}: probability current", found.current.statistic, p=found.current.p)
        yield sentence(
            f"with batches {words}, the variance of principal modes falls with the width of the valley as F^−ψ, ψ = "
            f"{psi} looked at per step and {per_epoch} per epoch",
            f"increments of neighbouring epochs have the correlation {memory}",
            f"replicas spread as t^α, α = {alpha}",
            f"the probability current is {current} ({p_text(found.current.p)} against reversed blocks)",
        )


_TEXT = (
    "Near the end of training a replica is moved by what the batches have and the mean has not. The covariance D of "
    "the gradients of single samples says how strong that noise is in each direction; the steps of training, recorded "
    "from where plain descent has settled, say what becomes of it. A limit cycle would be a probability current: the "
    "antisymmetric part of the lagged covariance, tested against the same blocks of epochs run backwards. Batches are "
    "taken in both ways, as reshuffling alone makes increments of an epoch anticorrelated. A glass has no samples and "
    "no such noise: it stays out of this chapter."
)


def _write(book: Any) -> Section | None:
    found = {sampling: book.get(_name(sampling)) for sampling in _SAMPLINGS}
    found = {_WORDS[sampling]: one for sampling, one in found.items() if one is not None}
    noise = book.get(_GRADIENTS)
    figures = [*_of_covariance(noise), *_of_records(found)]
    if not figures:
        return None
    return Section("Noise", "Noise of training", _TEXT, figures, [_table(found)] if found else [])


def _of_covariance(noise: Any) -> Iterator[Picture]:
    if noise is None:
        return
    yield picture(
        sl.figures.gradient_spectrum(noise),
        f"Eigenvalues of the covariance of the gradients of {noise.n_samples} samples, over the largest. Those below "
        f"the dotted line cannot be told from zero in float32, which is how the rank is counted; of {noise.n_live} "
        "parameters.",
    )
    yield picture(
        sl.figures.noise_alignment(noise),
        "Variance of the gradients against curvature. Where the noise were the curvature, as for a well-specified "
        "likelihood, all points would lie on a line of slope 1.",
    )


def _of_records(found: dict[str, Any]) -> Iterator[Picture]:
    if not found:
        return
    labels, results = list(found), list(found.values())
    draw = sl.figures
    yield picture(
        draw.increment_correlation([one.steps for one in results], labels=labels),
        "Increments of training, step by step. Left: their autocorrelation; dips below the grey band within an epoch "
        "are what reshuffling does, and what the curvature gives back. Right: their power by frequency.",
    )
    yield picture(
        draw.increment_correlation([one.epochs for one in results], labels=labels), "The same from epoch to epoch."
    )
    for per, name in (("step by step", "modes"), ("once an epoch", "epoch_modes")):
        yield picture(
            draw.variance_flatness([getattr(one, name) for one in results], labels=labels),
            f"Principal modes of the motion, looked at {per}: variance and correlation time against the width of the "
            "valley, where the loss is e times that at the mean point (Feng and Tu 2021).",
        )
    yield picture(
        draw.current_test([one.current for one in results], labels=labels),
        "Probability current from epoch to epoch: antisymmetric part of the lagged covariance of the leading modes, "
        "beside that of random blocks run backwards, and of shuffled epochs.",
    )
    yield picture(
        draw.displacement_growth([one.diffusion for one in results], labels=labels),
        "Mean squared displacement against time: mean and single replicas.",
    )


def _table(found: dict[str, Any]) -> Table:
    header = ("batches", "ψ per step", "ψ per epoch", "α", "current", "p", "p, shuffled")
    rows = [
        (
            words,
            plus_minus(one.modes.exponent, one.modes.exponent_error),
            plus_minus(one.epoch_modes.exponent, one.epoch_modes.exponent_error),
            plus_minus(one.diffusion.exponent, one.diffusion.exponent_error),
            f"{one.current.statistic:.3g}",
            f"{one.current.p:.3g}",
            f"{one.current.p_shuffled:.3g}",
        )
        for words, one in found.items()
    ]
    return Table(header, rows, "What the records show; errors over replicas.")


NOISE = Chapter("noise", "noise of training", _steps, _find, _write, kernels={"network": ("noise",), "glass": ()})

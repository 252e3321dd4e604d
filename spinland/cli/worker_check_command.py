"""``spinland worker-check``: what two machines must have in common to compute the same bits, to be compared by eye."""

from __future__ import annotations

import hashlib
import json
import os
import platform

import click

from ..errors import PINNED

_INPUTS, _HIDDEN, _OUTPUTS = 64, 16, 10


@click.command()
def command() -> None:
    """Tell what last bits depend on, and a hash of a short training.

    Run it on every kind of machine that shall work together. What is below the line must be the same everywhere:
    workers that differ in it are refused, and so are those whose canary differs.
    """
    from ..environment import current
    from ..provenance import version

    here = current()
    canary = _canary()  # before the layer of threads is asked for: it is chosen when it is needed
    rows = [
        ("host", platform.node()),
        ("cores", f"{len(os.sched_getaffinity(0))}"),
        ("threads", _threads()),
        *((name, os.environ.get(name, "not set")) for name in PINNED.split(", ")),
        ("", ""),
        ("spinland", version()),
        ("python", platform.python_version()),
        *((name, text) for name, text in here.items() if name != "instructions"),
        ("instructions", f"{len(here['instructions'].split())}, hash {_hash(here['instructions'])}"),
        ("all of it", _hash(json.dumps(here, sort_keys=True))),
        ("canary", canary),
    ]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        click.echo(f"{name:<{width}}  {text}" if name else "-" * (width + 2))


def _canary() -> str:
    """Hash of the first five steps of two replicas on the digits, whatever the number of threads."""
    import spinland as sl

    from ..execution.parcels import digest_of
    from ..training.parts import canary
    from ..training.plan import Plan
    from ..training.settings import TrainingSettings

    network = sl.ReLUNetwork((_INPUTS, _HIDDEN, _OUTPUTS))
    return digest_of(canary(Plan(network, "digits", TrainingSettings(n_replicas=2, epochs=1))))


def _threads() -> str:
    """How many threads kernels take, and by which library."""
    import numba

    said = " (NUMBA_NUM_THREADS)" if "NUMBA_NUM_THREADS" in os.environ else ""
    try:
        layer = str(numba.threading_layer())
    except ValueError:  # nothing ran side by side
        layer = "no layer yet"
    return f"{numba.get_num_threads()}{said}, {layer}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]

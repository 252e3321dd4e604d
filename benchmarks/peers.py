"""PyTorch and JAX on the device of a run, with exact products unless TF32 is asked for by name."""

from __future__ import annotations

import os
from typing import Any

from . import cards


def torch_on(device: str, tf32: bool = False) -> Any:
    """The device as PyTorch has it; what its tensors are made on, or moved to.

    Raises
    ------
    RuntimeError
        PyTorch finds no card.
    """
    import torch

    if device != "cpu" and not torch.cuda.is_available():
        raise RuntimeError("PyTorch finds no card")
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    return torch.device(device if device == "cpu" else f"cuda:{cards.number(device)}")


def jax_on(device: str) -> Any:
    """JAX, all of whose arrays are from now on made on the device.

    Raises
    ------
    RuntimeError
        JAX finds no card.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # it would take most of the card from the others
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")
    machines = jax.devices("cpu" if device == "cpu" else "cuda")
    jax.config.update("jax_default_device", machines[cards.number(device)])
    return jax

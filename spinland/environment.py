"""What the last bits of a number depend on besides its arguments: the processor and the libraries that computed it.

Compiled code uses the instructions that a processor has, and BLAS, NumPy and the C library choose their routines
by it: sums are then formed in another order or with another rounding. Of a card it is the model, its driver and the
compiler. Nothing here depends on the number of threads.
"""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

from . import machines

_LIBRARIES = ("numpy", "scipy", "numba", "llvmlite")


def current(device: str = "cpu") -> dict[str, str]:
    """What the processor and the libraries are, and the card where one computes.

    Parameters
    ----------
    device : str
        Where numbers are made: beside the processor, ``"cuda"`` and its like name a card.
    """
    return dict(_cores()) if device == "cpu" else _cores() | machines.card(device)


@cache
def _cores() -> dict[str, str]:
    """Processor and instructions as Numba compiles for them, versions of the libraries, BLAS and its routines."""
    from numba import config
    from numba.core.registry import cpu_target
    from numpy.lib.introspect import opt_func_info

    _, processor, features = cpu_target.target_context.codegen().magic_tuple()
    libraries = {name: metadata.version(name) for name in _LIBRARIES}
    # Which loops NumPy takes, shown by one function; where it has no choice there is nothing to tell.
    for loops in opt_func_info(func_name="^exp$", signature="float64").get("exp", {}).values():
        libraries["numpy"] += f" ({loops['current']})"
    libraries["numba"] += " with SVML" if getattr(config, "USING_SVML", False) else ""
    return {
        "processor": processor,
        "instructions": " ".join(sorted(f[1:] for f in features.split(",") if f.startswith("+"))),
        **libraries,
        "blas": _blas(),
        "libm": " ".join(platform.libc_ver()).strip(),
    }


def _blas() -> str:
    """BLAS libraries of NumPy and SciPy; another package in the process may have brought its own."""
    import scipy.linalg  # noqa: F401, loads the library that compiled code calls
    from threadpoolctl import threadpool_info

    found = [item for item in threadpool_info() if item["user_api"] == "blas"]
    own = [item for item in found if Path(item["filepath"]).parent.name in ("numpy.libs", "scipy.libs")]
    names = {
        f"{item['internal_api']} {item['version']} ({item.get('architecture') or 'any processor'})"
        for item in own or found
    }
    return ", ".join(sorted(names))


def summary(device: str = "cpu") -> str:
    """The environment of a device as one line of JSON, its instructions as a hash: what a result keeps of it."""
    known = current(device)
    digest = hashlib.sha256(known["instructions"].encode()).hexdigest()[:8]
    return json.dumps(known | {"instructions": digest}, sort_keys=True)


def difference(found: dict[str, str], here: dict[str, str]) -> str:
    """In words, how one environment differs from this one; empty if they are the same."""
    parts = []
    for key in sorted(found.keys() | here.keys()):
        before, now = found.get(key, "nothing known"), here.get(key, "nothing known")
        if before == now:
            continue
        if key == "instructions":
            lost, gained = set(before.split()) - set(now.split()), set(now.split()) - set(before.split())
            said = [f"{len(lost)} less ({_few(lost)})"] * bool(lost)
            parts.append(
                "instructions: " + " and ".join(said + [f"{len(gained)} more ({_few(gained)})"] * bool(gained))
            )
        else:
            parts.append(f"{key} {before}, here {now}")
    return "; ".join(parts)


def _few(names: set[str]) -> str:
    shown = sorted(names)[:4]
    return ", ".join(shown) + (", ..." if len(names) > len(shown) else "")

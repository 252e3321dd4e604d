"""Loss landscapes of networks and spin glasses behind one interface.

Import as ``import spinland as sl``. Compiled and plotting parts load when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import (
        ArgumentError,
        DataError,
        DeviceUnavailable,
        DivergenceWarning,
        SpinlandError,
        StoreError,
    )
    from .landscape.function import FunctionLandscape
    from .landscape.geometry import Euclidean, Sphere
    from .landscape.network import ReLUNetwork
    from .landscape.network_landscape import NetworkLandscape
    from .landscape.protocol import Landscape

_MODULES = {
    "errors": (
        "ArgumentError",
        "DataError",
        "DeviceUnavailable",
        "DivergenceWarning",
        "SpinlandError",
        "StoreError",
    ),
    "landscape.function": ("FunctionLandscape",),
    "landscape.geometry": ("Euclidean", "Sphere"),
    "landscape.network": ("ReLUNetwork",),
    "landscape.network_landscape": ("NetworkLandscape",),
    "landscape.protocol": ("Landscape",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [*_HOME, "figures", "symmetry"]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    elif name in ("figures", "symmetry"):
        value = import_module(f".{name}", __name__)
    elif name == "__version__":
        from .provenance import version

        value = version()
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

"""``spinland info``: what this installation is and what it can use."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import DataError

if TYPE_CHECKING:
    from spinland_kernels.diskcache import Folder

_LIBRARIES = ("numpy", "scipy", "numba", "llvmlite", "fastcluster", "h5py", "matplotlib")


@click.command()
@click.option(
    "--clear-cache", is_flag=True, help="Delete the compiled kernels of all versions; they are made again when needed."
)
def command(clear_cache: bool) -> None:
    """Tell version, threads, devices and caches."""
    import numba

    from spinland_kernels import diskcache, vectors, whole

    from ..machines import devices
    from ..provenance import version

    if clear_cache:
        places = " and ".join(str(folder.path.parent) for folder in diskcache.folders())
        click.echo(f"deleted {diskcache.clear_cache()} folders of compiled kernels below {places}")
    rows = [
        ("spinland", version()),
        ("python", platform.python_version()),
        *((name, metadata.version(name)) for name in _LIBRARIES),
        ("numba-cuda", _version("numba-cuda")),
        ("processor", devices()[0].description),
        ("registers", f"{vectors.REGISTERS} of {vectors.REGISTER} bytes; a product has {vectors.ROWS} rows"),
        (
            "threads",
            f"{numba.get_num_threads()}" + (" (NUMBA_NUM_THREADS)" if "NUMBA_NUM_THREADS" in os.environ else ""),
        ),
        *((device.name, device.description) for device in devices()[1:]),
        ("kernels", f"{diskcache.source_hash()}, compiled as {whole.state()}"),
        ("kernel cache", _kernel_cache(*diskcache.folder_in_use())),
        ("data cache", _data_cache()),
        ("SPINLAND_DATA", os.environ.get("SPINLAND_DATA", "not set")),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {value}")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _kernel_cache(folder: Folder | None, refused: list[str]) -> str:
    """The folder in use, why it is that one, and what is in it."""
    instead = f"; not {'; not '.join(refused)}" if refused else ""
    if folder is None:
        return f"none, each process compiles anew{instead}"
    return f"{folder.path} ({folder.reason}{instead}; {_size(folder.path)})"


def _data_cache() -> str:
    from ..data.sources import cache_folder

    try:
        return str(cache_folder("mnist").parent)
    except DataError as error:
        return f"none: {error}"


def _size(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return f"{sum(path.stat().st_size for path in files) / 1e6:.1f} MB in {len(files)} files" if files else "empty"

"""``spinland info``: what this installation is and what it can use."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import click

_LIBRARIES = ("numpy", "scipy", "numba", "fastcluster", "h5py", "matplotlib")


@click.command()
@click.option(
    "--clear-cache",
    is_flag=True,
    help="Delete the compiled kernels of all versions; they are made again when needed.",
)
def command(clear_cache: bool) -> None:
    """Tell version, threads, devices and caches."""
    import numba

    from spinland_kernels import jit

    from ..data.sources import cache_folder as data_cache
    from ..provenance import version

    kernels = jit.cache_folder()
    if clear_cache:
        click.echo(f"deleted {jit.clear_cache()} folders of compiled kernels below {kernels.parent}")
    rows = [
        ("spinland", version()),
        ("python", platform.python_version()),
        *((name, metadata.version(name)) for name in _LIBRARIES),
        ("processor", f"{platform.machine()}, {os.cpu_count()} logical cores"),
        ("threads", f"{numba.get_num_threads()} (NUMBA_NUM_THREADS)"),
        ("devices", "cpu; cuda has no kernels in this version"),
        ("kernel cache", f"{kernels} ({_size(kernels)})"),
        ("data cache", str(data_cache("mnist").parent)),
        ("SPINLAND_DATA", os.environ.get("SPINLAND_DATA", "not set")),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {value}")


def _size(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return (
        f"{sum(path.stat().st_size for path in files) / 1e6:.1f} MB in {len(files)} files"
        if files
        else "empty"
    )

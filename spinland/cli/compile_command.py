"""``spinland compile``: compile all kernels before they are needed."""

from __future__ import annotations

import time

import click


@click.command()
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="Processes that compile side by side, each in some 300 MB of memory.  [default: the cores, at most 8]",
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(processes: int | None, quiet: bool) -> None:
    """Compile all kernels, for both float types, into the cache.

    For the image of a cluster, or before a flight: what runs afterwards on this kind of processor, with these
    libraries,
    finds everything compiled. What is there already stays as it is.
    """
    from ..compiling.recipes import of_everything
    from ..compiling.workers import Workers, cores
    from ..progress import track
    from .display import Terminal

    folder = _folder()
    Terminal(quiet).install()
    begin = time.monotonic()
    tasks = of_everything()
    compiled, done, failed = [], 0, []
    with Workers(tasks, processes or min(cores(), 8), heard=True) as workers:
        with track(len(tasks), "compiling kernels") as advance:
            for line in workers.lines():
                kind, _, rest = line.partition(" ")
                if kind == "compiled":
                    compiled.append(rest)
                    continue
                failed += [rest] * (kind == "failed")
                done += 1
                advance()
        codes = workers.codes()
    seconds = time.monotonic() - begin
    if failed or done < len(tasks) or any(codes):
        _complain(failed, len(tasks) - done, codes)
    if compiled:
        click.echo(f"compiled {len(compiled)} kernels in {seconds:.0f} s; they are in {folder}")
    else:
        click.echo(f"nothing to compile: all kernels are in {folder}")


def _folder() -> str:
    """The kernel cache, if kernels can be kept where later runs look first."""
    from spinland_kernels import diskcache

    folder, refused = diskcache.folder_in_use()
    if refused:
        raise click.ClickException(
            f"the kernel cache cannot be written: {'; '.join(refused)}; choose another with NUMBA_CACHE_DIR"
        )
    if folder is None:
        raise click.ClickException(
            "there is no place for a kernel cache: neither a home directory nor a temporary one; name one with "
            "NUMBA_CACHE_DIR"
        )
    return f"{folder.path} ({folder.reason})"


def _complain(failed: list[str], missing: int, codes: list[int]) -> None:
    said = [*failed]
    if missing:
        ends = ", ".join(str(code) for code in codes)
        said.append(f"{missing} parts were left, as the processes ended early (exit codes {ends})")
    raise click.ClickException("; ".join(said) or f"a process ended with {max(codes)}")

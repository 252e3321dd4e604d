"""Figures as files, and as text for a web page; the same figure gives the same bytes."""

from __future__ import annotations

import hashlib
import html
import io
import os
import re
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from ..errors import ArgumentError
from ..paths import refuse_to_replace, user_path
from ..store.files import write_file
from .arguments import with_checked_arguments
from .style import context

# No dates: the bytes depend on the figure alone.
_METADATA: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None},
    "png": {},
}


@with_checked_arguments
def save_figure(
    drawn: Figure | Axes | FigureBase, path: str | os.PathLike[str], *, overwrite: bool = False, dpi: float = 200
) -> Path:
    """Write a figure as SVG, PDF or PNG, by the suffix of the path.

    Parameters
    ----------
    drawn : Figure or Axes
        What a figure function returned.
    path : path-like
        Ends with ``.svg``, ``.pdf`` or ``.png``.
    overwrite : bool
        Whether a file that exists may be replaced.
    dpi : float
        Dots per inch of PNG, and of images inside the others.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ArgumentError
        Not a figure, another suffix, or the file exists and may not be replaced.
    StoreError
        The file cannot be written.
    """
    path = user_path("path", path)
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in _METADATA:
        raise ArgumentError("path", "a name that ends with .svg, .pdf or .png", str(path))
    refuse_to_replace("path", path, overwrite)
    write_file(path, _rendered(drawn, suffix, dpi))
    return path


@with_checked_arguments
def svg_text(drawn: Figure | Axes | FigureBase, *, title: str = "", dpi: float = 150) -> str:
    """A figure as an ``<svg>`` element for the body of a web page.

    Letters are drawn as paths, so mathematics looks right where a font is missing. Every id carries a mark
    made from the content, and the style sheet applies to this element alone: pictures on one page do not
    disturb each other.

    Parameters
    ----------
    drawn : Figure or Axes
        What a figure function returned.
    title : str
        Said by screen readers in place of the picture.
    dpi : float
        Dots per inch of images inside, such as a matrix.

    Returns
    -------
    str
        The element, without XML prolog and document type.
    """
    content = _rendered(drawn, "svg", dpi).decode()
    mark = "s" + hashlib.sha256(content.encode()).hexdigest()[:10]
    content = content[content.index("<svg") :].rstrip()
    content = re.sub(r"<metadata>.*?</metadata>", "", content, flags=re.DOTALL)
    content = re.sub(r' id="image[0-9a-f]+"', "", content)  # of their bytes: two colour bars may have the same
    content = re.sub(r'\bid="([^"]+)"', rf'id="{mark}-\1"', content)
    content = re.sub(r'href="#([^"]+)"', rf'href="#{mark}-\1"', content)
    content = re.sub(r"url\(#([^)]+)\)", rf"url(#{mark}-\1)", content)
    content = content.replace('<style type="text/css">*{', f'<style type="text/css">#{mark} *{{')
    spoken = f' role="img" aria-label="{html.escape(title)}"' if title else ' role="img"'
    return content.replace("<svg", f'<svg id="{mark}"{spoken}', 1)


def _rendered(drawn: Figure | Axes | FigureBase, suffix: str, dpi: float) -> bytes:
    """Bytes of the picture."""
    if not isinstance(drawn, (Axes, FigureBase)):
        raise ArgumentError("drawn", "a figure, or axes of one", drawn)
    figure = drawn.get_figure() if isinstance(drawn, Axes) else drawn
    while figure is not None and not isinstance(figure, Figure):
        figure = figure.figure  # a subfigure belongs to a figure
    if figure is None:
        raise ArgumentError("drawn", "a figure, or axes of one", drawn)
    # The layout begins from where the last one ended, and ends a hair beside it. Put all axes back, so that
    # the second picture of a figure is the first.
    before = [(ax, ax.get_position(original=True).frozen(), ax.get_position().frozen()) for ax in figure.axes]
    buffer = io.BytesIO()
    with context():
        figure.savefig(buffer, format=suffix, metadata=_METADATA[suffix], dpi=dpi)
    for ax, original, active in before:
        ax._set_position(original, which="original")  # type: ignore[attr-defined]
        ax._set_position(active, which="active")  # type: ignore[attr-defined]
    return _numbered_clips(buffer.getvalue()) if suffix == "svg" else buffer.getvalue()


def _numbered_clips(content: bytes) -> bytes:
    """Clip paths named by their order; matplotlib names them by all bits of their place, the last of which vary."""
    names: dict[bytes, bytes] = {}
    return re.sub(
        rb'(?<=["#])p[0-9a-f]{10}(?=[")])',
        lambda match: names.setdefault(match.group(), b"clip%d" % len(names)),
        content,
    )

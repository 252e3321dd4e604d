"""Formulas in the words of a page: one way to write them, one way to set them.

Text is written plainly, ``q^p``, ``N^(−1/2)``, ``E_inf``, and all of it goes through :func:`set_formulas`, so that an
index is an
index wherever it stands. Only the symbols of the theory have indices: names of files and data sets keep their
underscores.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_INDEX = re.compile(r"(?<![\w.])([A-Za-zΑ-Ωα-ω])_(inf|max|EA|ABC|CS|th|ab|[0-9dkpswα])(?![\w.]*\w)")
_POWER = re.compile(r"\^(\((?:[^()]|\([^()]*\))*\)|[−-]?\d+(?:\.\d+)?|[−-]?[A-Za-zΛα-ω]|½)")
_RELATION = re.compile(r"(?<![^\s(])(\S{1,3}) (=|≤|≥|&lt;|&gt;|→|≈) (?=[−+]?[\d.∞(])")
_RAISED = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SENTENCE = re.compile(r"(?<=[^A-Z]\.) (?=[A-ZΑ-Ω])")
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "−0123456789")


def set_formulas(text: object) -> Markup:
    """Words as HTML, with indices and powers set as such, and no line that ends within "p = 0.2" or "1.0 ± 0.1 %".

    Parameters
    ----------
    text : str
        Plain words; what HTML gives a meaning to is escaped. Markup stays as it is.
    """
    if isinstance(text, Markup):
        return text
    html = str(escape(text))
    html = _INDEX.sub(lambda m: f"{m[1]}<sub>{'∞' if m[2] == 'inf' else m[2]}</sub>", html)
    html = _POWER.sub(lambda m: f"<sup>{_bare(m[1])}</sup>", html)
    html = _RAISED.sub(lambda m: f"<sup>{m[0].translate(_PLAIN)}</sup>", html)
    html = _RELATION.sub("\\1\N{NO-BREAK SPACE}\\2\N{NO-BREAK SPACE}", html)
    return Markup(html.replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}").replace(" %", "\N{NO-BREAK SPACE}%"))


def sentences(text: str) -> list[str]:
    """A statement cut where a sentence ends; abbreviations such as "et al." are followed by no capital letter."""
    return _SENTENCE.split(text)


def _bare(power: str) -> str:
    """An exponent without the parentheses around it, with a minus for a hyphen."""
    return power.removeprefix("(").removesuffix(")") if power.startswith("(") else power.replace("-", "−")

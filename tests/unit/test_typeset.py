"""Words of pages: formulas set as such, lines that do not end within a number, statements cut into sentences."""

import re

import pytest

from spinland.report.typeset import sentences, set_formulas


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("φ_k(t) θ_k", "φ<sub>k</sub>(t) θ<sub>k</sub>"),
        ("E_inf and N^(−1/2)", "E<sub>∞</sub> and N<sup>−1/2</sup>"),
        ("F^−ψ, λ_max η and T_α", "F<sup>−ψ</sup>, λ<sub>max</sub> η and T<sub>α</sub>"),
        ("it is 0.50 ± 0.02 % here", "it is 0.50~±~0.02~% here"),
        ("(p < 0.001)", "(p~&lt;~0.001)"),
        ("at T = 1.54 for N → ∞, z = +8.8", "at T~=~1.54 for N~→~∞, z~=~+8.8"),
        ("alignment_pairs = 20", "alignment_pairs = 20"),
    ],
)
def test_formulas_and_numbers_are_set(text, html):
    assert set_formulas(text).replace("\N{NO-BREAK SPACE}", "~") == html


def test_a_statement_is_cut_where_sentences_end():
    text = "It is 1.5 (Li et al. 2018, p = 0.2). The tree, after G. Toulouse, stands. σ is given."
    assert sentences(text) == [
        "It is 1.5 (Li et al. 2018, p = 0.2).",
        "The tree, after G. Toulouse, stands. σ is given.",
    ]
    assert re.sub(r"\s+", " ", " ".join(sentences(text))) == text

"""What a finding prints and what it keeps."""

import re

_WITH_ERROR = r"\(−?[\d.]+ ± [\d.]+\)·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|−?[\d.]+ ± [\d.]*\d"
_CHANCE = r"p [=<] [\d.]*\d"


def check_stored(finding):
    """Every number with an error and every p in the statement is among the numbers that are kept."""
    rows = list(finding.rows())
    assert set(re.findall(_WITH_ERROR, finding.statement)) <= {value for _, value, _, _ in rows}
    assert set(re.findall(_CHANCE, finding.statement)) <= {p for _, _, _, p in rows}

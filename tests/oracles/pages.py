"""Reads a page of a study as a browser does: tags, ids, what it would load, and the words in it."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "hr", "input"}
LOADS = {"script", "link", "img", "iframe", "object", "embed", "audio", "video", "source"}


class Page(HTMLParser):
    """A parsed page; ``words`` is its visible text, drawings left out."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.targets, self.loaded, self.headings, self.words = [], [], [], [], ""
        self.drawings, self._open = 0, []
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_startendtag(self, tag, attrs):
        self._look(tag, dict(attrs))

    def handle_starttag(self, tag, attrs):
        self._look(tag, dict(attrs))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1] == tag, f"</{tag}> closes <{self._open[-1]}>"
        self._open.pop()

    def handle_data(self, data):
        if not {"svg", "style", "script"} & set(self._open):
            self.words += data
        if self._open and self._open[-1] == "h2":
            self.headings.append(data)

    def _look(self, tag, attributes):
        self.drawings += tag == "svg"
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag in LOADS and (tag != "script" or "src" in attributes):  # scripts may stand in the page itself
            self.loaded.append(tag)
        for name, value in attributes.items():
            if name in ("src", "srcset", "data"):
                self.loaded.append(value)
            if name in ("href", "xlink:href"):
                self.targets.append((tag, value))


def check_self_contained(text):
    """Nothing to load, every id once, every reference within the page answered; returns the page."""
    page = Page(text)
    assert page.loaded == []
    own = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert "@import" not in own
    assert "url(http" not in own
    assert len(page.ids) == len(set(page.ids)), "an id stands twice"
    for tag, target in page.targets:
        assert target.startswith(("#", "data:")) or tag == "a", (tag, target[:80])
        assert not target.startswith("#") or target[1:] in page.ids, f"nothing has the id {target}"
    return page


def check_tables(parts):
    """Every column of every table can be told from the others, and has a cell in every row; returns how many tables."""
    tables = [table for part in parts for table in part.section.tables]
    for table in tables:
        groups = [name for name, n in table.groups for _ in range(n)] or [""] * len(table.header)
        heads = list(zip(groups, table.header, strict=True))
        assert len(set(heads)) == len(heads), heads
        assert {len(row) for row in table.rows} == {len(heads)}
        beside = {cell for row in table.rows for cell in row[table.words :] if not re.search(r"\d", cell)}
        assert beside <= {"", "–", "yes", "no", "not determined", "p unknown"}, "a column of words is set as numbers"
    return len(tables)

"""How any command line ends: with a code of ours and one line, and without harm to files of others."""


def check(code, out, err, words):
    assert code in (0, 1, 2), (words, err)
    assert "Traceback" not in out + err, words
    lines = [line for line in err.splitlines() if line]
    if code:
        assert out == "", words
        if not lines[0].startswith("Usage:"):
            assert len(lines) == 1, (words, err)
            assert lines[0].startswith("error: "), words
            assert len(lines[0]) < 800, words
            assert lines[0].isprintable(), words


def intact(shelf):
    folder, kept = shelf
    for path, content in kept.items():
        assert path.read_bytes() == content
    assert {path.name for path in folder.iterdir()} == {*(path.name for path in kept), "folder", "pipe"}

"""Settings that nobody would write, on the command line and in files: each ends with a code of ours and one line.

All run in this process.
"""

import random

import pytest

from spinland.chapters.settings import from_mapping, listed, read_toml
from spinland.study.atlas import AtlasConfig
from spinland.study.glasses import GlassConfig
from spinland.study.networks import StudyConfig
from tests.cli.endings import check, intact

KINDS = {"study": StudyConfig, "glass": GlassConfig, "atlas": AtlasConfig}

VALUES = (
    "",
    "0",
    "-1",
    "1",
    "2",
    "3",
    "8",
    "8,8",
    "8,16",
    "8,",
    ",",
    "none",
    "None",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "1e-320",
    "0x10",
    "1_0",
    "٣",
    "8;9",
    "true",
    "digits",
    "adam",
    "cosine",
    "float64",
    "~",
    "~/x",
    ".",
    "..",
    "/",
    "a/b",
    "a" * 300,
    "9" * 6000,
    "é",
    "σ[/bold]",
    "[red]",
    ":smile:",
    "\udcff",
    "a\nb",
    "\x1b[31m",
    "--",
    "-",
    "--help",
    "--seed",
    "=",
    "x.npz",
    "\udcff.npz",
    "%s",
    "{}",
    "\\",
)

TOML_VALUES = (
    "0",
    "-1",
    "1",
    "3",
    "9" * 6000,
    "0x10",
    "1e400",
    "nan",
    "inf",
    "true",
    '""',
    '"digits"',
    '"a\\u0000.npz"',
    '"\\u0000"',
    '"é"',
    "[]",
    "[[]]",
    "[[1], [1, 2]]",
    "[1, [2]]",
    "[1, 1]",
    "[8, 16]",
    '["a"]',
    "{}",
    "{ a = 1 }",
    "[{ a = 1 }]",
    "2024-01-01",
    "07:32:00",
    "1979-05-27T07:32:00Z",
    "[" * 20_000,
    "[" * 20_000 + "]" * 20_000,
    "[" * 500 + "]" * 500,
    '"""x\ny"""',
    "",
    "=",
    "1 2",
)


@pytest.mark.parametrize("seed", range(12))
def test_random_settings_on_the_command_line(seed, shelf, call):
    chance = random.Random(seed)
    folder, _ = shelf
    for _ in range(25):
        kind = chance.choice(list(KINDS))
        names = [name for name, *_ in listed(KINDS[kind])]
        words = [kind, "--show-settings"]
        for name in chance.sample(names, chance.randint(1, 3)):
            words += [f"--{name.replace('_', '-')}", chance.choice(VALUES)]
        if chance.random() < 0.3:
            words += ["--out", chance.choice([*VALUES, "folder", "pipe", "letter.html"])]
        if chance.random() < 0.2:
            words.insert(chance.randrange(len(words)), chance.choice(VALUES))
        code, out, err = call(words, folder)
        check(code, out, err, words)
        if code == 0 and out.startswith("["):
            (folder / "again.toml").write_text(out)
            again = call([kind, "--config", "again.toml", "--show-settings"], folder)
            assert again == (0, out, ""), words
            (folder / "again.toml").unlink()
    intact(shelf)


@pytest.mark.parametrize("kind", KINDS)
def test_messages_name_the_option(kind, shelf, call):
    for name, _, _, default in listed(KINDS[kind]):
        if not isinstance(default, bool):
            flag = f"--{name.replace('_', '-')}"
            code, out, err = call([kind, "--show-settings", flag, ""], shelf[0])
            check(code, out, err, flag)
            assert code == 2, flag
            assert flag in err


@pytest.mark.parametrize("seed", range(8))
def test_random_settings_files(seed, shelf, call):
    chance = random.Random(100 + seed)
    folder, _ = shelf
    file = folder / "settings.toml"
    for _ in range(25):
        kind = chance.choice(list(KINDS))
        names = [name for name, *_ in listed(KINDS[kind])]
        head = chance.choice(
            ["", "[study]\n", "[glass]\n", "[stduy]\n", "[study]\n[study]\n", 'study = "x"\n', "seed = 3\n[study]\n"]
        )
        rows = [f"{name} = {chance.choice(TOML_VALUES)}\n" for name in chance.sample(names, chance.randint(0, 2))]
        if chance.random() < 0.1:
            rows.append("batch-size = 8\nbatch_size = 9\n")
        file.write_text(head + "".join(rows))
        words = [kind, "--config", "settings.toml", "--show-settings"]
        code, out, err = call(words, folder)
        check(code, out, err, (head, *rows)[:2])
        if code == 0:
            assert read_toml(file, KINDS[kind]) is not None
            from_mapping(KINDS[kind], read_toml(file, KINDS[kind]))
        else:
            assert "settings.toml" in err
    file.unlink()
    intact(shelf)


STRAY = {
    "key before the table": ("seed = 3\n[study]\nepochs = 4", "'seed' stands outside [study]"),
    "another table": ("[study]\nepochs = 4\n[figures]\ndpi = 3", "'figures' stands outside [study]"),
    "misspelt table": ("[stduy]\nepochs = 4", "stduy"),
    "other command only": ("[glass]\nspins = 10", "has no table [study]"),
    "twice": ("batch-size = 8\nbatch_size = 9", "batch_size"),
}


@pytest.mark.parametrize(("text", "named"), STRAY.values(), ids=STRAY)
def test_no_key_of_a_settings_file_is_passed_over(text, named, tmp_path, call):
    (tmp_path / "s.toml").write_text(text)
    code, out, err = call(["study", "--config", "s.toml", "--show-settings"], tmp_path)
    assert code in (1, 2)
    assert "s.toml" in err
    assert named in err
    assert out == ""


def test_one_file_may_serve_both_commands(tmp_path, call):
    (tmp_path / "s.toml").write_text("[study]\nepochs = 4\n[glass]\nspins = 10\n")
    for kind, row in (("study", "epochs = 4"), ("glass", "spins = 10")):
        code, out, _ = call([kind, "--config", "s.toml", "--show-settings"], tmp_path)
        assert code == 0
        assert row in out

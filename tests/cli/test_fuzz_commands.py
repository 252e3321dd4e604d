"""Command lines that nobody would write, and some that people do: each ends with a code of ours and one line.

Random command lines and settings files run in this process; a few dozen, and everything about signals, closed
outputs and full disks, in processes of their own.
"""

import os
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

import h5py
import pytest

from spinland.chapters.settings import from_mapping, listed, read_toml
from spinland.store.hdf5 import Store
from spinland.study.glasses import GlassConfig
from spinland.study.networks import StudyConfig
from tests.oracles.pages import check_self_contained

KINDS = {"study": StudyConfig, "glass": GlassConfig}

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


@pytest.fixture(scope="session")
def call(here):
    """A function that runs a command line here in a folder; returns exit code, standard output and error."""

    def run(words, folder):
        done = here(*words, code=None, cwd=folder)
        return done.returncode, done.stdout, done.stderr

    return run


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


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder with files of others, and what must be in them afterwards; home and working folder."""
    (tmp_path / "letter.txt").write_text("mine")
    (tmp_path / "letter.html").write_text("mine")
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["mine"] = [1, 2, 3]
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("HOME", str(tmp_path))
    kept = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    return tmp_path, kept


def intact(shelf):
    folder, kept = shelf
    for path, content in kept.items():
        assert path.read_bytes() == content
    assert {path.name for path in folder.iterdir()} == {*(path.name for path in kept), "folder", "pipe"}


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


@pytest.mark.parametrize(
    "out", ["", ".", "..", "/", "folder", "folder/", "pipe", "/dev/null", "x.html", "X.HTML", "a" * 300, "~"]
)
@pytest.mark.parametrize("kind", ["study", "report"])
def test_what_is_no_file_is_not_written_to(out, kind, shelf, study, call):
    folder, _ = shelf
    words = [kind, *([study] if kind == "report" else []), "--overwrite", "--out", out]
    if kind == "report" and out.lower() == "x.html":
        pytest.skip("a page may be called so")
    before = study.read_bytes()
    code, text, err = call(list(map(str, words)), folder)
    check(code, text, err, words)
    assert code != 0
    assert study.read_bytes() == before
    study.unlink()
    intact(shelf)


def test_no_page_takes_the_place_of_its_results(study, call):
    before = study.read_bytes()
    for extra in ([], ["--overwrite"]):
        code, _, err = call(["report", str(study), "--out", str(study), *extra], study.parent)
        assert code == 1
        assert "holds the results" in err
        assert study.read_bytes() == before


NAMES = [
    (b"data[v2]", "utf-8"),
    (b"[bold] :smile:", "ascii"),
    (b"\xff\xfe.h5", "utf-8"),
    (b"\xff.h5", "latin-1"),
    ("σ.h5".encode(), "latin-1"),
    ("σ.h5".encode(), "ascii"),
    (b"a\nb.h5", "utf-8"),
    (b"lr0.001", "utf-8"),
]


@pytest.fixture
def on_terminal(request, here, command_line):
    """A function that runs words on a terminal of this encoding; returns the bytes of standard output and error."""

    def in_here(words, encoding):
        done = here(*words, encoding=encoding)
        return os.fsencode(done.stdout), os.fsencode(done.stderr)

    def in_process(words, encoding):
        process = command_line(PYTHONIOENCODING=encoding)
        process["args"] += words
        done = subprocess.run(**process, check=False, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    return in_here if request.param == "here" else in_process


#: What differs between the two is how Python decodes the words and finds the encoding: two names see to it.
@pytest.mark.parametrize(
    ("name", "encoding", "on_terminal"),
    [*((*case, "here") for case in NAMES), *((*NAMES[i], "in a process of its own") for i in (3, 5))],
    indirect=["on_terminal"],
)
def test_any_name_on_any_terminal(name, encoding, on_terminal, finished, begun_study, tmp_path, tiny):
    path = os.fsencode(tmp_path) + b"/" + name
    begun = begun_study.read_bytes()
    begun_study.unlink()
    runs = (
        (finished.read_bytes(), ["study", *tiny, "--no-page", "--out", path]),
        (begun, ["report", path]),  # the page of little is written soon
    )
    for content, words in runs:
        Path(os.fsdecode(path)).write_bytes(content)
        out, err = on_terminal(words, encoding)
        assert b"Traceback" not in err
    assert os.path.exists(out.rstrip(b"\n")) or b"\n" in name  # the name itself, whatever the terminal's letters
    shown = name.decode("ascii", "ignore").split("\n")[0]
    assert len(list(tmp_path.iterdir())) == 2
    page = next(p for p in tmp_path.iterdir() if p.name.endswith(".html"))
    assert shown.split(".")[0] in check_self_contained(page.read_text("utf-8")).words.replace("\\", "")


def test_help_and_output_on_an_ascii_terminal(spinland, here):
    for words in (["study", "--help"], ["glass", "--help"], ["info"], ["data", "list"]):
        assert here(*words, encoding="ascii").stdout
    assert spinland("info", PYTHONIOENCODING="ascii").stdout


@pytest.mark.parametrize("words", [["info"], ["study", "--help"], ["data", "list"], ["study", "--show-settings"]])
@pytest.mark.parametrize("place", ["closed", "head", "full"])
def test_output_that_nobody_takes(words, place, command_line):
    process = command_line(*words)
    if place == "full":
        if not os.path.exists("/dev/full"):
            pytest.skip("no /dev/full")
        with open("/dev/full", "w") as full:
            done = subprocess.run(**process, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
    elif place == "closed":
        done = subprocess.run(**process, preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE, check=False, text=True)
        assert done.returncode in (0, 1)
        assert done.stderr.count("\n") <= 1
    else:
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(**process, stdout=write, stderr=subprocess.PIPE, check=False, text=True)
        os.close(write)
        assert done.returncode in (0, 1)
        assert done.stderr == ""
    assert "Traceback" not in done.stderr


def test_a_study_outlives_its_terminal(command_line, tiny, tmp_path, finished):
    study = tmp_path / "study.h5"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        **command_line("study", *tiny, "--no-page", "--out", study),
        stderr=write,
        stdout=write,
        check=False,
        timeout=300,
    )
    os.close(write)
    assert done.returncode == 0
    assert study.read_bytes() == finished.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_at_any_moment(number, command_line, tiny, tmp_path, finished, here):
    study = tmp_path / "study.h5"
    chance = random.Random(int(number))
    words = ["study", *tiny, "--out", study]
    for _ in range(6):
        process = subprocess.Popen(**command_line(*words), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(chance.uniform(0.1, 4.0))
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        # Before the program runs at all, while Python itself starts, the system's own way of ending holds.
        assert process.returncode in (0, 130) or (err == "" and process.returncode == -number), err
        assert "Traceback" not in err
        assert out == ""
        rests = {path.name for path in tmp_path.iterdir()}
        assert rests <= {"study.h5", "study.html"}
        if study.exists():
            Store(study, "r").names()
    here(*words)
    assert study.read_bytes() == finished.read_bytes()
    check_self_contained(study.with_suffix(".html").read_text("utf-8"))


@pytest.mark.skipif(os.geteuid() == 0, reason="to root no folder is read-only")
def test_a_folder_that_may_not_be_written(spinland, tiny, tmp_path):
    tmp_path.chmod(0o500)
    error = spinland("study", *tiny, "--out", tmp_path / "study.h5", code=1).stderr
    tmp_path.chmod(0o700)
    assert "study.h5" in error
    assert error.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("room", [100, 1000, 30_000, 200_000])
def test_full_at_any_size(room, spinland, here, tiny, tmp_path, finished):
    study = tmp_path / "study.h5"

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    error = spinland("study", *tiny, "--out", study, "--quiet", code=1, preexec_fn=limit).stderr
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"study.h5"}
    here("study", *tiny, "--out", study, "--quiet", "--no-page")
    assert study.read_bytes() == finished.read_bytes()

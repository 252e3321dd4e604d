"""The command line's words: help, settings files, wrong usage, failures, and their exit codes."""

import os
import shutil
import signal
import subprocess
import tomllib
from contextlib import suppress

import h5py
import pytest

from spinland.cli.main import run

WRONG = {
    "no such option": (["study", "--colour", "red"], "--colour"),
    "no such command": (["train"], "train"),
    "no neurons": (["study", "--hidden", "0"], "hidden"),
    "fewer than none": (["study", "--hidden", "8,-1"], "hidden"),
    "not a list": (["study", "--hidden", "8;4"], "--hidden"),
    "an open list": (["study", "--hidden", "8,"], "--hidden"),
    "no step": (["study", "--sigmas", "0"], "sigmas"),
    "not a step": (["study", "--sigmas", "nan"], "sigmas"),
    "twice": (["study", "--batch-sizes", "8,8"], "--batch-sizes"),
    "too many swaps": (["study", "--hidden", "8", "--swaps", "9"], "swaps"),
    "too few replicas": (["study", "--replicas", "2"], "replicas"),
    "no such data": (["study", "--data", "digitz"], "data: expected one of digits"),
    "batch too large": (["study", "--n-train", "50", "--batch-size", "51"], "--batch-size"),
    "a page as the file": (["study", "--out", "study.html"], "--out"),
    "a folder as the file": (["study", "--out", "."], "--out"),
    "nothing to report": (["report"], "STUDY"),
    "no data to fetch": (["data", "fetch", "digitz"], "digitz"),
}


def test_wrong_usage_has_its_exit_code(spinland, tmp_path):
    """That of the process; what is said is looked at below."""
    for name in ("no such option", "no neurons"):
        words, named = WRONG[name]
        assert named in spinland(*words, code=2, cwd=tmp_path).stderr


@pytest.mark.parametrize(("words", "named"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_told_in_one_line(words, named, here, tmp_path):
    done = here(*words, code=2, cwd=tmp_path)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("compiling kernels")]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert named in lines[0]
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0, 1, 3])
def test_debug_shows_the_traceback(place, spinland):
    words = ["study", "--hidden", "0"]
    words.insert(place, "--debug")
    error = spinland(*words, code=1).stderr
    assert "Traceback" in error
    assert "ArgumentError: hidden" in error


def foreign_text(path):
    path.write_text("a letter")


def foreign_hdf5(path):
    with h5py.File(path, "w") as file:
        file["mine"] = [1, 2, 3]


def truncated(path):
    foreign_hdf5(path)
    path.write_bytes(path.read_bytes()[:600])


@pytest.mark.parametrize("make", [foreign_text, foreign_hdf5, truncated])
@pytest.mark.parametrize("words", [["study", "--overwrite", "--out"], ["report"]])
def test_files_of_others_are_left_alone(make, words, here, tmp_path):
    path = tmp_path / "study.h5"
    make(path)
    before = path.read_bytes()
    error = here(*words, path, code=1).stderr
    assert str(path) in error
    assert error.count("\n") == 1
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["study.h5"]


def test_missing_places(here, tmp_path):
    for words in (
        ["study", "--out", tmp_path / "nowhere" / "study.h5"],
        ["study", "--data", tmp_path / "nowhere.npz", "--out", tmp_path / "study.h5"],
        ["study", "--data", "mnist", "--data-dir", tmp_path / "nowhere", "--out", tmp_path / "study.h5"],
        ["report", tmp_path / "nowhere.h5"],
    ):
        error = here(*words, code=1).stderr
        assert "nowhere" in error
        assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_settings_make_the_round_through_toml(here, tmp_path):
    settings = [
        "--hidden",
        "16,8",
        "--sigmas",
        "0.1,1e-3",
        "--widths",
        "none",
        "--no-bias",
        "--data-dir",
        'a "b"\\c',
        "--seed",
        str(2**64 - 1),
        "--batch-size",
        "16",
    ]
    shown = here("study", *settings, "--show-settings").stdout
    values = tomllib.loads(shown)["study"]
    assert values["hidden"] == [16, 8]
    assert values["widths"] == []
    assert values["bias"] is False
    assert values["seed"] == 2**64 - 1
    assert "swaps" not in values
    file = tmp_path / "study.toml"
    file.write_text(shown)
    assert here("study", "--config", file, "--show-settings").stdout == shown
    won = here("study", "--config", file, "--hidden", "32", "--bias", "--show-settings").stdout
    assert tomllib.loads(won)["study"] == values | {"hidden": [32], "bias": True}
    file.write_text("batch-size = 7\nhidden = 5\nswaps = [0, 2]\n")
    flat = tomllib.loads(here("study", "--config", file, "--show-settings").stdout)["study"]
    assert (flat["batch_size"], flat["hidden"], flat["swaps"]) == (7, [5], [0, 2])
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("replica = 5", 2, "replica"),
        ('replicas = "five"', 2, "replicas"),
        ("bias = 1", 2, "bias"),
        ("replicas = ", 1, "study.toml"),
        ("study = 3", 1, "study.toml"),
        (b"\xff\xfe", 1, "study.toml"),
        (None, 1, "study.toml"),
    ],
)
def test_bad_settings_files(text, code, named, here, tmp_path):
    file = tmp_path / "study.toml"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    error = here("study", "--config", file, "--show-settings", code=code).stderr
    assert named in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["study"],
        ["report"],
        ["compile"],
        ["info"],
        ["worker-check"],
        ["data"],
        ["data", "list"],
        ["data", "fetch"],
        ["data", "check"],
    ],
)
def test_help(words, here):
    done = here(*words, "--help")
    assert done.stdout.startswith(f"Usage: {' '.join(['spinland', *words])}")
    assert done.stderr == ""


def test_help_of_a_study_tells_every_setting(here):
    from spinland.chapters.settings import listed
    from spinland.study.networks import StudyConfig

    text = here("study", "--help").stdout
    for name, chapter, _, _ in listed(StudyConfig):
        assert f"--{name.replace('_', '-')}" in text
        assert f"{chapter}:" in text


def test_version_and_info(spinland, tmp_path):
    version = spinland("--version").stdout.split()[-1]
    info = spinland("info", XDG_CACHE_HOME=str(tmp_path), NUMBA_CACHE_DIR="", NUMBA_NUM_THREADS="1").stdout
    lines = dict(line.split(maxsplit=1) for line in info.splitlines())
    assert lines["spinland"] == version
    assert lines["threads"].startswith("1 ")
    assert lines["kernel"].startswith(f"cache   {tmp_path}")
    assert "(XDG_CACHE_HOME; empty)" in info


def test_info_names_the_kernel_cache_in_use_and_why(spinland, tmp_path):
    wanted, temporary = tmp_path / "file", tmp_path / "temporary"
    wanted.touch()
    temporary.mkdir()
    info = spinland("info", NUMBA_CACHE_DIR=str(wanted), TMPDIR=str(temporary)).stdout
    (line,) = [line for line in info.splitlines() if line.startswith("kernel cache")]
    assert f"{temporary}/spinland-" in line
    assert f"(temporary directory; not {wanted}/spinland-" in line
    assert ": Not a directory; " in line


@pytest.mark.slow
def test_a_damaged_kernel_cache_is_mended_and_called_no_interruption(spinland, tiny, finished, tmp_path):
    from spinland_kernels import diskcache

    warm = diskcache.folders()[0].path  # by the study that was finished
    cache = tmp_path / "spinland" / "kernels" / warm.name
    shutil.copytree(warm, cache)
    emptied = list(cache.glob("philox.*"))
    for path in emptied:
        os.truncate(path, 0)
    places = {"XDG_CACHE_HOME": str(tmp_path), "NUMBA_CACHE_DIR": ""}
    done = spinland("study", *tiny, "--out", tmp_path / "study.h5", **places)
    assert "interrupted" not in done.stderr
    assert any(path.stat().st_size for path in emptied)  # those that a study needs


def test_clearing_the_cache_deletes_kernels_only(spinland, tmp_path):
    kernels = tmp_path / "spinland" / "kernels"
    (kernels / "0123456789abcdef").mkdir(parents=True)
    (kernels / "0123456789abcdef" / "kernel.nbc").write_text("old")
    (kernels / "mine").mkdir()
    (tmp_path / "spinland" / "mnist").mkdir()
    places = {"XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path), "NUMBA_CACHE_DIR": ""}
    done = spinland("info", "--clear-cache", **places)
    assert "deleted 1 folders" in done.stdout
    assert [path.name for path in kernels.iterdir()] == ["mine"]
    assert (tmp_path / "spinland" / "mnist").is_dir()


def test_data_commands(here, tmp_path):
    assert [line.split()[0] for line in here("data", "list").stdout.splitlines()] == [
        "digits",
        "mnist",
        "fashion_mnist",
        "linnerud",
        "teacher",
    ]
    checked = here("data", "check", "mnist", "--data-dir", tmp_path, code=1).stdout.splitlines()
    assert len(checked) == 4
    assert all(line.startswith("missing ") for line in checked)


def test_a_dead_server_is_told_in_one_line(spinland, tmp_path):
    words = ["data", "fetch", "mnist", "--data-dir", tmp_path]
    error = spinland(*words, code=1, SPINLAND_MNIST_URL="http://127.0.0.1:9/").stderr
    assert "127.0.0.1:9" in error
    assert error.count("\n") == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_stop_that_an_import_swallows_takes_effect_at_the_next_line(monkeypatch, capsys):
    """Some libraries catch whatever is raised while they are imported."""
    from spinland.cli import commands
    from spinland.cli.display import Terminal

    said = []

    def invoke(words):
        terminal = Terminal(quiet=True)
        terminal.say("before")
        with suppress(BaseException):
            os.kill(os.getpid(), signal.SIGINT)
        said.append("swallowed")
        terminal.say("after")
        said.append("went on")

    monkeypatch.setattr(commands, "invoke", invoke)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what starts the tests may ignore it
    try:
        code = run(["study"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 130
    assert said == ["swallowed"]
    assert "stopped" in capsys.readouterr().err


@pytest.mark.parametrize("moment", ["exec", "eval"])
def test_a_stop_within_an_exec_ends_with_130_too(moment, command_line, tmp_path):
    # Named tuples and dataclasses are made by exec: a stop that comes while one is imported comes in there.
    statement = f'{moment}("stop()")'
    (tmp_path / "stopped.py").write_text(
        "import rich.console\n"
        "from spinland import displays\n"
        "from spinland.cli import commands, main\n"
        "def stop():\n    raise KeyboardInterrupt\n"
        f"def invoke(words):\n    {statement}\n"
        "commands.invoke = invoke\n"
        "main.main()\n"
    )
    process = command_line()
    process["args"][-1] = "stopped"
    done = subprocess.run(**process, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "error: stopped\n")

"""A study begun on one processor and gone on with on another, on damaged numbers, or asked of a card that is absent."""

import json
import platform
import resource

import h5py
import pytest

from spinland.environment import current, difference
from spinland.store.hdf5 import Store


@pytest.fixture(scope="session")
def stopped(made_once, finished, spinland, tiny):
    """A study that a full disk has stopped after its ensemble; its kernels were compiled for the finished one."""
    limit = (120_000, resource.RLIM_INFINITY)

    def make(folder):
        spinland(
            "study",
            *tiny,
            "--out",
            folder / "study.h5",
            "--quiet",
            code=1,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        )

    path = made_once("stopped", make) / "study.h5"
    assert "ensemble" in Store(path, "r").names()
    assert not Store(path, "r").meta["finished"]
    return path


@pytest.fixture
def begun(stopped, tmp_path):
    """A copy of the study that was stopped, alone in its folder."""
    path = tmp_path / "study.h5"
    path.write_bytes(stopped.read_bytes())
    return path


@pytest.mark.slow
def test_going_on_with_other_routines_is_refused_until_allowed(begun, spinland, here, tiny):
    """OPENBLAS_CORETYPE makes OpenBLAS choose the routines of another processor, as moving there would."""
    if platform.machine() != "x86_64" or "openblas" not in current()["blas"]:
        pytest.skip("OpenBLAS for x86 only")
    other = "Nehalem" if "Haswell" in current()["blas"] else "Haswell"
    words, before = ["study", *tiny, "--out", begun, "--no-page"], begun.read_bytes()
    error = spinland(*words, code=1, OPENBLAS_CORETYPE=other).stderr
    assert f"was begun elsewhere (blas {current()['blas']}, here" in error
    assert other in error
    assert "--mixed" in error
    assert error.count("\n") == 1
    assert begun.read_bytes() == before

    first = set(Store(begun).names())
    done = spinland(*words, "--mixed", OPENBLAS_CORETYPE=other).stderr
    assert "going on with" in done
    assert "begun on another processor or with other libraries" in done
    store = Store(begun, "r")
    assert store.meta["finished"]
    assert [other in item["blas"] for item in store.meta["environments"]] == [False, True]
    for name in store.names():
        made = json.loads(store.load(name).provenance.environment)
        assert (other in made["blas"]) == (name not in first), name
    here("report", begun, "--overwrite")
    page = begun.with_suffix(".html").read_text("utf-8")
    assert "bit for bit" not in page
    assert "<code>--mixed</code>" in page
    assert current()["blas"] in page
    assert other in page


def test_going_on_from_damaged_numbers_is_refused(begun, finished, here, tiny):
    with h5py.File(begun) as file:
        place = file["ensemble/params"].id.get_offset()
    content = bytearray(begun.read_bytes())
    content[place + 2] ^= 1
    begun.write_bytes(content)
    words = ["study", *tiny, "--out", begun, "--no-page"]
    error = here(*words, code=1).stderr
    assert f"{begun}: 'ensemble' is damaged: the bytes of row 0" in error
    assert error.count("\n") == 1
    assert begun.read_bytes() == content
    here(*words, "--overwrite")
    assert begun.read_bytes() == finished.read_bytes()


def test_a_link_is_locked_and_overwritten_as_the_file_it_leads_to(begun, finished, here, tiny):
    link = begun.parent / "elsewhere" / "link.h5"
    link.parent.mkdir()
    link.symlink_to(begun)
    here("study", *tiny, "--out", link, "--no-page")
    assert link.is_symlink()
    assert begun.read_bytes() == finished.read_bytes()
    here("study", *tiny, "--out", link, "--no-page", "--overwrite")
    assert link.is_symlink()
    assert begun.read_bytes() == finished.read_bytes()


def test_differences_in_words():
    here = current()
    assert difference(here, here) == ""
    fewer = here | {"instructions": " ".join(here["instructions"].split()[1:]), "numpy": "2.0.0 (AVX2)"}
    words = difference(fewer, here)
    assert f"numpy 2.0.0 (AVX2), here {here['numpy']}" in words
    assert f"instructions: 1 more ({here['instructions'].split()[0]})" in words
    assert "libm" not in words
    assert "processor nothing known, here" in difference({}, here)


@pytest.mark.parametrize("kind", ["study", "glass"])
def test_an_absent_card_is_told_before_anything_is_compiled(kind, spinland, tmp_path):
    """As other settings are: by its option, in one line."""
    words = [kind, "--device", "cuda:99", "--out", tmp_path / "study.h5"]
    done = spinland(*words, code=1, XDG_CACHE_HOME=str(tmp_path))
    assert done.stderr.startswith("error: --device: ")
    assert done.stderr.endswith("; use 'cpu'\n")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "study.h5").exists()

"""MNIST files: found, read, refused, downloaded from a server on loopback, verified."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import socket
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pooch
import pytest

from spinland import progress
from spinland.data import DOWNLOADS, fetch, load_dataset, sources, verify
from spinland.errors import ArgumentError, DataError
from tests.oracles.idx import idx_bytes

_zipped = partial(gzip.compress, mtime=0)  # without the time: tests have the same names in every process


_N_TRAIN, _N_TEST = 12, 7
_PIXELS = np.arange((_N_TRAIN + _N_TEST) * 6).reshape(-1, 2, 3).astype(np.uint8)
_LABELS = (np.arange(_N_TRAIN + _N_TEST) * 3 % 10).astype(np.uint8)
_PARTS = {
    "train-images-idx3-ubyte.gz": _PIXELS[:_N_TRAIN],
    "train-labels-idx1-ubyte.gz": _LABELS[:_N_TRAIN],
    "t10k-images-idx3-ubyte.gz": _PIXELS[_N_TRAIN:],
    "t10k-labels-idx1-ubyte.gz": _LABELS[_N_TRAIN:],
}
_FILES = {name: _zipped(idx_bytes(array)) for name, array in _PARTS.items()}
_TRAIN_IMAGES, _TRAIN_LABELS, _TEST_IMAGES, _TEST_LABELS = _FILES


def _closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of its own for every test, and no way to any server but those on loopback."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("SPINLAND_DATA", raising=False)
    for name in DOWNLOADS:
        monkeypatch.setenv(f"SPINLAND_{name.upper()}_URL", f"http://127.0.0.1:{_closed_port()}/")
    return tmp_path / "cache" / "spinland" / "mnist"


@pytest.fixture
def small_mnist(monkeypatch):
    """The published "mnist" is the small set above; returns how to exchange its mirrors."""

    def publish(*urls):
        files = tuple(
            sources.SourceFile(name, len(body), hashlib.sha256(body).hexdigest()) for name, body in _FILES.items()
        )
        monkeypatch.setitem(sources._SOURCES, "mnist", sources.Source("mnist", urls, files))
        if urls:
            monkeypatch.delenv("SPINLAND_MNIST_URL")

    publish()
    return publish


def _write(folder, files=_FILES, plain=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        path = folder / (name.removesuffix(".gz") if plain else name)
        path.write_bytes(gzip.decompress(body) if plain else body)
    return folder


class _Server:
    """Serves ``files`` under /; ``announce`` bytes more than sent, ``halfway`` called in the middle of a body."""

    def __init__(self, files):
        self.files, self.requests = dict(files), []
        self.announce = 0
        self.halfway = lambda name: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.lstrip("/")
                outer.requests.append(name)
                if name not in outer.files:
                    self.send_error(404)
                    return
                body = outer.files[name]
                self.send_response(200)
                if outer.announce is not None:
                    self.send_header("Content-Length", str(len(body) + outer.announce))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                outer.halfway(name)
                self.wfile.write(body[len(body) // 2 :])

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *args):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server():
    with _Server(_FILES) as running:
        yield running


def _is_small_set(dataset):
    assert np.array_equal(dataset.x_train, _PIXELS[:_N_TRAIN].reshape(_N_TRAIN, 6) / np.float32(255))
    assert np.array_equal(dataset.x_test, _PIXELS[_N_TRAIN:].reshape(_N_TEST, 6) / np.float32(255))
    assert np.array_equal(dataset.y_train, _LABELS[:_N_TRAIN])
    assert np.array_equal(dataset.y_test, _LABELS[_N_TRAIN:])
    assert dataset.n_classes == 10
    return True


# Finding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("below", ["", "mnist"])
def test_found_in_a_folder_or_its_subfolder_zipped_or_not(tmp_path, monkeypatch, plain, below):
    _write(tmp_path / "data" / below, plain=plain)
    assert _is_small_set(load_dataset("mnist", tmp_path / "data"))
    monkeypatch.setenv("SPINLAND_DATA", str(tmp_path / "data"))
    assert _is_small_set(load_dataset("mnist"))


def test_each_name_has_its_subfolder(tmp_path):
    _write(tmp_path / "fashion_mnist")
    dataset = load_dataset("fashion_mnist", str(tmp_path))
    assert _is_small_set(dataset)
    assert dataset.name == "fashion_mnist"
    with pytest.raises(DataError, match="'mnist' missing"):
        load_dataset("mnist", tmp_path)


def test_a_named_folder_must_hold_all_the_files(tmp_path, small_mnist, server, monkeypatch):
    monkeypatch.setenv("SPINLAND_MNIST_URL", server.url)
    with pytest.raises(DataError, match="absent: no such folder"):
        load_dataset("mnist", tmp_path / "absent")
    _write(tmp_path / "data" / "mnist")
    (tmp_path / "data" / "mnist" / _TEST_IMAGES).unlink()
    with pytest.raises(DataError) as caught:
        load_dataset("mnist", tmp_path / "data")
    assert caught.value.path == tmp_path / "data"
    assert _TEST_IMAGES in str(caught.value)
    assert _TRAIN_IMAGES not in str(caught.value)
    assert server.requests == []  # and nothing is downloaded behind the user's back


def test_another_set_of_the_same_file_names_is_refused(tmp_path, small_mnist, monkeypatch, server):
    _write(tmp_path / "data")
    with pytest.raises(DataError, match="these are the files of 'mnist', but 'fashion_mnist' was asked for"):
        load_dataset("fashion_mnist", tmp_path / "data")
    # A general folder is no demand: the files are looked for elsewhere.
    monkeypatch.setenv("SPINLAND_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SPINLAND_FASHION_MNIST_URL", server.url)
    with pytest.raises(DataError, match="wrong SHA-256"):
        load_dataset("fashion_mnist")
    assert len(server.requests) == 1


# Reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        (_TRAIN_IMAGES, _FILES[_TRAIN_IMAGES][:-20], "truncated gzip data"),
        (_TEST_LABELS, b"<html>", "not an IDX file"),
        (_TRAIN_LABELS, _zipped(idx_bytes(_LABELS)), f"19 labels for the 12 images of {_TRAIN_IMAGES}"),
        (_TEST_LABELS, _zipped(idx_bytes(np.array([0, 1, 2, 10, 4, 5, 255], np.uint8))), "label 10 of sample 3"),
        (_TRAIN_IMAGES, _FILES[_TRAIN_LABELS], "not a file of images: expected unsigned bytes of 3 dimensions"),
        (_TRAIN_LABELS, _FILES[_TRAIN_IMAGES], "not a file of labels"),
        (_TRAIN_LABELS, _zipped(idx_bytes(_LABELS[:12].astype(np.int32))), "not a file of labels.*int32"),
        (_TEST_IMAGES, _zipped(idx_bytes(np.zeros((7, 3, 3), np.uint8))), r"images of \(3, 3\) pixels"),
    ],
)
def test_a_damaged_file_is_named_with_its_fault(tmp_path, file, content, problem):
    _write(tmp_path, {**_FILES, file: content})
    with pytest.raises(DataError, match=problem) as caught:
        load_dataset("mnist", tmp_path)
    assert caught.value.path == tmp_path / file


# Downloading --------------------------------------------------------------------------------------------------


def test_downloaded_once_to_the_cache(small_mnist, server, monkeypatch, cache, capfd):
    monkeypatch.setenv("SPINLAND_MNIST_URL", server.url.rstrip("/"))
    assert _is_small_set(load_dataset("mnist"))
    assert sorted(server.requests) == sorted(_FILES)
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == _FILES
    assert _is_small_set(load_dataset("mnist"))
    assert fetch("mnist") == cache
    assert len(server.requests) == 4
    assert capfd.readouterr() == ("", "")


def test_without_a_home_directory_the_place_is_asked_for(small_mnist, server, monkeypatch, tmp_path):
    def no_home(*_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pooch.os_cache", no_home)
    with pytest.raises(DataError, match="no home directory to keep data in; name data_dir, or set"):
        load_dataset("mnist")
    assert load_dataset("digits").x_train.shape[1] == 64
    assert fetch("mnist", tmp_path, base_url=server.url) == tmp_path / "mnist"


def test_an_argument_goes_before_the_environment(small_mnist, server, tmp_path):
    folder = fetch("mnist", tmp_path / "data", base_url=server.url)
    assert folder == tmp_path / "data" / "mnist"
    assert _is_small_set(load_dataset("mnist", tmp_path / "data"))


def test_the_next_mirror_steps_in(small_mnist, server):
    with _Server({_TRAIN_IMAGES: b"something else"}) as poor:
        small_mnist(poor.url, server.url)
        assert _is_small_set(load_dataset("mnist"))
        assert len(poor.requests) == 4


def _refused(cache, *texts):
    """The download fails with our words only, and leaves nothing behind."""
    with pytest.raises(DataError) as caught:
        load_dataset("mnist")
    message = str(caught.value)
    for text in (*texts, "SPINLAND_DATA", "SPINLAND_MNIST_URL"):
        assert text in message
    assert "\n" not in message
    assert "pooch" not in message.lower()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert caught.value.path.parent == cache
    assert list(cache.iterdir()) == []


def test_a_wrong_checksum_is_refused(small_mnist, server, monkeypatch, cache):
    monkeypatch.setenv("SPINLAND_MNIST_URL", server.url)
    server.files[_TRAIN_IMAGES] = _zipped(idx_bytes(_PIXELS[:_N_TRAIN] + np.uint8(1)))
    _refused(cache, f"{server.url}{_TRAIN_IMAGES}: ", "wrong SHA-256")


def test_a_connection_that_ends_early_is_refused(small_mnist, server, monkeypatch, cache):
    monkeypatch.setenv("SPINLAND_MNIST_URL", server.url)
    server.announce = 10
    size = len(_FILES[_TRAIN_IMAGES])
    _refused(cache, f"the connection ended after {size} of {size + 10} bytes")


def test_a_short_file_of_unannounced_length_is_refused(small_mnist, server, monkeypatch, cache):
    monkeypatch.setenv("SPINLAND_MNIST_URL", server.url)
    server.announce = None
    server.files[_TRAIN_IMAGES] = _FILES[_TRAIN_IMAGES][:-1]
    _refused(cache, "wrong SHA-256")


def test_not_found_and_no_server_are_told(small_mnist, server, monkeypatch, cache):
    monkeypatch.setenv("SPINLAND_MNIST_URL", server.url)
    server.files.clear()
    _refused(cache, "the server answers 404 Not Found")
    monkeypatch.setenv("SPINLAND_MNIST_URL", f"http://127.0.0.1:{_closed_port()}/")
    _refused(cache, "cannot be reached", "refused")
    monkeypatch.setenv("SPINLAND_MNIST_URL", "nonsense")
    _refused(cache, "cannot be reached", "unknown url type")
    small_mnist(server.url, server.url + "other/")
    _refused(cache, f"{server.url}{_TRAIN_IMAGES}: ", f"{server.url}other/{_TRAIN_IMAGES}: ")


def test_a_partial_download_never_has_the_name_of_the_whole(small_mnist, server, monkeypatch, cache):
    monkeypatch.setenv("SPINLAND_MNIST_URL", server.url)
    named = {}
    server.halfway = lambda name: named.update({name: (cache / name).exists()})
    fetch("mnist")
    assert named == dict.fromkeys(_FILES, False)
    assert sorted(os.listdir(cache)) == sorted(_FILES)


def test_a_damaged_file_in_the_cache_is_replaced(small_mnist, server, monkeypatch, cache):
    monkeypatch.setenv("SPINLAND_MNIST_URL", server.url)
    _write(cache, {**_FILES, _TRAIN_LABELS: b"half"})
    assert _is_small_set(load_dataset("mnist"))
    assert server.requests == [_TRAIN_LABELS]


def test_a_file_of_the_user_is_not_replaced(small_mnist, server, tmp_path):
    own = _write(tmp_path / "mnist", {_TRAIN_LABELS: b"mine"}) / _TRAIN_LABELS
    with pytest.raises(DataError, match="checksum differs from the published 'mnist'; move the file away") as caught:
        fetch("mnist", tmp_path, base_url=server.url)
    assert caught.value.path == own
    assert own.read_bytes() == b"mine"


def test_a_folder_that_cannot_be_written_is_named(small_mnist, server, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="file/mnist: cannot be written"):
        fetch("mnist", tmp_path / "file", base_url=server.url)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pooch, "retrieve", full)
    with pytest.raises(DataError, match="No space left on device"):
        fetch("mnist", tmp_path, base_url=server.url)


def test_progress_counts_the_bytes(small_mnist, server, tmp_path):
    seen = []

    @contextmanager
    def display(total, description):
        counted = []
        yield lambda n=1: counted.append(n)
        seen.append((description, total, sum(counted)))

    progress.set_display(display)
    try:
        fetch("mnist", tmp_path, base_url=server.url)
    finally:
        progress.set_display(None)
    assert seen == [(f"downloading {name}", len(body), len(body)) for name, body in _FILES.items()]


# Verifying ----------------------------------------------------------------------------------------------------


def test_verify_tells_of_each_file(small_mnist, tmp_path, cache):
    assert verify("mnist") == [(cache / name, "missing") for name in _FILES]
    assert verify("mnist", tmp_path) == [(tmp_path / "mnist" / name, "missing") for name in _FILES]
    own = _zipped(idx_bytes(_LABELS[:_N_TRAIN][::-1].copy()))
    _write(tmp_path, {_TRAIN_IMAGES: _FILES[_TRAIN_IMAGES], _TRAIN_LABELS: own})
    _write(tmp_path, {_TEST_IMAGES: _FILES[_TEST_IMAGES]}, plain=True)
    assert verify("mnist", tmp_path) == [
        (tmp_path / _TRAIN_IMAGES, "ok"),
        (tmp_path / _TRAIN_LABELS, "wrong checksum"),
        (tmp_path / _TEST_IMAGES.removesuffix(".gz"), "no known checksum"),
        (tmp_path / _TEST_LABELS, "missing"),
    ]
    # A set of one's own in the same form is no error of loading.
    _write(tmp_path, {_TEST_LABELS: _FILES[_TEST_LABELS]})
    assert np.array_equal(load_dataset("mnist", tmp_path).y_train, _LABELS[:_N_TRAIN][::-1])


def test_verify_looks_where_loading_looks(small_mnist, tmp_path, cache, monkeypatch):
    monkeypatch.setenv("SPINLAND_DATA", str(tmp_path / "data"))
    _write(cache)
    assert {file.parent for file, _ in verify("mnist")} == {cache}
    _write(tmp_path / "data")
    assert {file.parent for file, _ in verify("mnist")} == {tmp_path / "data"}


@pytest.mark.parametrize("function", [fetch, verify])
def test_only_published_sets_can_be_fetched_and_verified(function):
    with pytest.raises(ArgumentError, match="'mnist', 'fashion_mnist'"):
        function("digits")

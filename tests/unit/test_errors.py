"""Our errors reach the parent of a worker process, with their message and all that they hold."""

import copy
import pickle

import pytest

import spinland as sl
from spinland import errors


def every_subclass(kind):
    return [kind, *(deeper for below in kind.__subclasses__() for deeper in every_subclass(below))]


EXAMPLES = {
    errors.DeviceMemoryError: (2, 1),
    errors.ArgumentError: ("n", "a whole number", -3),
    errors.FileError: ("a/b.h5", "is damaged"),
    errors.DataError: ("a/b.h5", "is damaged"),
    errors.StoreError: ("a/b.h5", "is damaged"),
    errors.WorkerMismatch: (("host", 7), "processor this, here that"),
    errors.WorkersLost: (3, OSError("gone")),
}


@pytest.mark.parametrize("kind", every_subclass(errors.SpinlandError))
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_every_error_survives_pickling(kind, again):
    error = kind(*EXAMPLES.get(kind, ("said in words",)))
    error.add_note("and a note")
    back = again(error)
    assert type(back) is kind
    assert str(back) == str(error)
    assert vars(back) == vars(error)


def test_a_class_of_any_arguments_survives_without_code_of_its_own():
    back = pickle.loads(pickle.dumps(Odd(1, words="x")))
    assert (type(back), str(back), back.words) == (Odd, "1 x", "x")


class Odd(errors.SpinlandError):
    def __init__(self, number, *, words):
        self.words = words
        super().__init__(f"{number} {words}")


class Speechless:
    def __repr__(self):
        raise OSError


@pytest.mark.parametrize("got", [10**5000, "x" * 10**6, list(range(10**5)), Speechless()], ids=list("abcd"))
def test_messages_stay_short_whatever_came(got):
    assert len(str(sl.ArgumentError("n", "a number", got))) < 300


def test_the_same_complaint_about_another_argument():
    error = sl.ArgumentError("inner", "a number", "x")
    assert str(error.about("outer")) == "outer: expected a number, got x"
    assert str(error) == "inner: expected a number, got x"

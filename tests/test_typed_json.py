"""Any number of threads may be the first to read a form."""

import subprocess
import sys

import msgspec
import pytest

from bartizan.typed_json import decoded, known

RACE = """
import sys, threading, msgspec
from typing import Literal
from bartizan.typed_json import decoded

sys.setswitchinterval(1e-7)
words = {f"f{k}": "a" for k in range(40)}
body = msgspec.json.encode(words)
for number in range(200):
    form = msgspec.defstruct(f"Form{number}", [(name, Literal["a", "b"]) for name in words])
    gate = threading.Barrier(8)

    def read():
        gate.wait()
        assert read_(body, form).f0 == "a"

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


class Form(msgspec.Struct):
    name: str


def race(read: str) -> int:
    said = RACE.replace("read_(body, form)", read)
    return subprocess.run((sys.executable, "-c", said), check=False, timeout=240).returncode


def test_threads_that_read_a_form_for_the_first_time_read_it() -> None:
    assert race("decoded(body, form)") == 0


def test_it_says_what_is_wrong_as_msgspec_does() -> None:
    assert decoded(b'{"name": "a"}', Form) == Form("a")
    assert known(Form) is Form
    with pytest.raises(msgspec.ValidationError):
        decoded(b'{"name": 1}', Form)

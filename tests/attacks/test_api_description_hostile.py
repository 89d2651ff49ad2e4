"""An adversary writes the description that an operator takes over: a bomb, a circle, a way to a file, two readings."""

import os
from pathlib import Path
from typing import Any

import pytest

from bartizan.app.description import DescriptionUnreadable, read_description
from bartizan.gateway.openapi import schema
from bartizan.gateway.openapi.describe import described
from bartizan.gateway.openapi.document import DocumentInvalid
from tests.gateway.openapi.pets import parameter, takes

HEAD = 'openapi: "3.1.0"\npaths:\n  /a: {get: {}}\n'
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


def refused(folder: Path, text: str | bytes, name: str = "api.yaml") -> str:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises((DescriptionUnreadable, DocumentInvalid)) as caught:
        read_description(file)
    assert "root:" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + BOMB, "more than 20000 values"),
        (HEAD + "x: &x [*x]\n", "contains itself"),
        (HEAD + "x: !!python/object/apply:os.system [id]\n", "stands for more than plain data"),
        (HEAD + "paths: {}\n", "a key stands twice"),
        (HEAD + "x: .inf\n", "a form that JSON does not have"),
        (HEAD + "x: " + "[" * 40 + "]" * 40, "nested more than"),
        (HEAD + "---\n" + HEAD, "it is not YAML"),
        (b"\xff\xfe", "not UTF-8"),
        ("", "empty"),
        ("- 1", "must be an object"),
        (HEAD + "components: {schemas: {A: {$ref: /etc/passwd}}}\n", ""),
    ],
)
def test_a_hostile_yaml_file_is_refused_in_a_sentence(tmp_path: Path, text: str | bytes, said: str) -> None:
    if said:
        assert said in refused(tmp_path, text)
    else:  # nobody refers to it: it is not looked at
        (tmp_path / "api.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
        assert read_description(tmp_path / "api.yaml")[0].operations


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"openapi":"3.1.0","openapi":"3.0.0"}', "two readings"),
        ('{"openapi":"3.1.0","x":NaN}', "is not JSON"),
        ("{", "is not JSON from line 1 on"),
        ("[" * 100 + "]" * 100, "nested too deep"),
        (" " * (2 << 20) + "{}", "is larger than"),
        (
            '{"openapi":"3.1.0","paths":{"/a":{"$ref":"#/paths/~1b"},"/b":{"$ref":"#/paths/~1a"}}}',
            "refers to itself",
        ),
        ('{"openapi":"3.1.0","paths":{"/a":{"$ref":"file:///etc/passwd"}}}', "outside of this description"),
        ('{"openapi":"3.1.0","paths":{"/../a":{"get":{}}}}', "neither plain text"),
        ('{"openapi":"3.1.0","paths":{"/a\\r\\nHost: x":{"get":{}}}}', "neither plain text"),
    ],
)
def test_a_hostile_json_file_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text, "api.json")


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for place in (tmp_path / "pipe.json", tmp_path, Path("/dev/zero"), tmp_path / "nowhere"):
        with pytest.raises(DescriptionUnreadable):
            read_description(place)


WORDS = sorted({*schema._EACH, *schema._LISTS, *schema._SINGLE, *schema._KEPT, *schema._SAID, "$ref", "x-y"})
STRANGE: tuple[Any, ...] = (
    *(None, 5, -1.5, True, "x", "#/components/schemas/A", [], {}, [[1]], [{"a": 1}], {"a": 5}, {"a": [[]]}),
    *({"propertyName": "a", "mapping": {"a": 5}}, {"propertyName": ["a"]}, ["string", 5], {"$ref": []}),
)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("word", WORDS)
def test_whatever_a_schema_says_is_judged_or_refused_in_a_sentence(word: str, version: str) -> None:
    for value in STRANGE:
        said = {"properties": {"a": {}}, "anyOf": [{"$ref": "#/components/schemas/A"}], word: value}
        item = {
            "post": {"requestBody": takes(said)},
            "get": {"parameters": [parameter("q", "query", {word: value})]},
        }
        document = {
            "openapi": version,
            "paths": {"/a": item},
            "components": {"schemas": {"A": {word: value}}},
        }
        try:
            found: tuple[object, ...] = described(document).operations
        except DocumentInvalid as fault:
            found = fault.faults
        assert found

"""The file of a description is read in one way, and what it leaves unserved is said."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest

from bartizan.app import description
from bartizan.app.description import DescriptionUnreadable, read_description
from bartizan.app.description_settings import left_out
from bartizan.app.platform import plan
from bartizan.app.settings import read
from bartizan.config import ConfigurationInvalid
from bartizan.gateway.openapi.describe import described
from tests.gateway.openapi.pets import DOCUMENT

YAML = """
openapi: "3.1.0"
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
        - {name: limit, in: query, schema: {type: number, multipleOf: 0.5, maximum: 1.0e+2}}
      responses: {200: {description: on, x-since: 2026-01-01}}
  /photo:
    post: {requestBody: {content: {image/png: {}}}}
"""
SERVICE = '[[service]]\nname = "shop"\nupstream = "https://shop.example"\nprotocol = "http"\n'


def test_yaml_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(YAML)
    found, text = read_description(tmp_path / "api.yaml")
    (tmp_path / "api.json").write_text(text)
    again, same = read_description(tmp_path / "api.json")
    assert same == text
    assert [one.id for one in found.operations] == [one.id for one in again.operations] == ["listPets"]
    schema = json.loads(text)["paths"]["/pets"]["get"]["parameters"][0]["schema"]
    assert schema == {"type": "number", "multipleOf": 0.5, "maximum": 100.0}


def test_what_is_left_out_is_said_by_service_and_place(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(YAML)
    (sentence,) = left_out(tmp_path, {"shop": "api.yaml"})
    assert sentence.startswith("shop: /paths/~1photo/post is left out: ")
    assert "image/png" in sentence


def test_what_was_judged_is_judged_again_only_where_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = Mock(wraps=described)
    monkeypatch.setattr(description, "described", judged)
    (tmp_path / "api.yaml").write_text(f"{YAML}# {tmp_path}")
    (tmp_path / "bartizan.toml").write_text(f'{SERVICE}openapi = "api.yaml"')
    found = read(None, tmp_path)
    left_out(tmp_path, {"shop": "api.yaml"})
    assert plan(found, tmp_path).services[0].description
    assert judged.call_count == 1
    (tmp_path / "api.yaml").write_text(f"{YAML}# {tmp_path} x")
    read(None, tmp_path)
    assert judged.call_count == 2


def test_without_the_extra_the_configuration_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT))
    monkeypatch.setattr(description, "find_spec", lambda _: None)
    with pytest.raises(DescriptionUnreadable, match=r"pip install 'bartizan\[openapi\]'"):
        read_description(tmp_path / "api.json")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('openapi = "api.yaml"\n[service.limits]\ntokens_per_minute = 5', "service[0].limits: are of tokens or money"),
        ('openapi = "nowhere.yaml"', "service[0].openapi: cannot be read: there is no such file"),
        (r'openapi = "a\u0000b"', "service[0].openapi: cannot be read: its name holds a null character"),
        ('openapi = "broken.yaml"', "service[0].openapi: /paths/~1{x}/get has a path with {x}, which"),
    ],
)  # fmt: skip
def test_a_service_and_its_description_are_refused_with_the_line_of_the_configuration(
    tmp_path: Path, more: str, said: str
) -> None:
    (tmp_path / "api.yaml").write_text(YAML)
    (tmp_path / "broken.yaml").write_text('openapi: "3.1.0"\npaths:\n  "/{x}": {get: {}}\n')
    (tmp_path / "bartizan.toml").write_text(SERVICE + more)
    with pytest.raises(ConfigurationInvalid) as caught:
        read(tmp_path / "bartizan.toml", tmp_path)
    assert said in str(caught.value)

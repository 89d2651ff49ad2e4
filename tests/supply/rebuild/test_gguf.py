"""GGUF is written anew without templates that are not proven inert; all else stays octet for octet."""

from pathlib import Path

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.rebuild.report import Rebuilt
from bartizan.supply.scan import known
from bartizan.supply.subject import Standing
from tests.supply.formats.built import gguf, gguf_model, text, value
from tests.supply.rebuild.written import rebuilt, word

ESCAPE = "{{ ''.__class__.__mro__[1].__subclasses__() }}"


def rewritten(octets: bytes, folder: Path) -> tuple[Rebuilt, bytes]:
    said, new = rebuilt(octets, folder)
    assert isinstance(said, Rebuilt), said
    found = looker(known())(Octets(new, "model.gguf"), Budget())
    assert (found.format, found.standing) == ("gguf", Standing.INERT), found
    return said, new


def test_a_file_that_is_inert_comes_out_as_it_is(tmp_path: Path) -> None:
    said, new = rewritten(gguf_model(), tmp_path)
    assert new == gguf_model()
    assert (said.verdict, said.names, said.octets, said.left) == (Standing.INERT, ("t", "h", "q"), 320, ())


def test_a_template_that_escapes_is_left_out_and_nothing_else(tmp_path: Path) -> None:
    said, new = rewritten(gguf_model(ESCAPE), tmp_path)
    assert said.verdict is Standing.MALICIOUS
    assert [each.name for each in said.left] == ["tokenizer.chat_template"]
    template = value("tokenizer.chat_template", 8, text(ESCAPE))
    assert template not in new
    assert b"general.architecture" in new
    assert b"tokenizer.chat_templates" in new


@pytest.mark.parametrize("padding", [b"", b"x", b"x" * 9, b"x" * 31])
def test_tensors_stay_where_they_were_aligned(padding: bytes, tmp_path: Path) -> None:
    model = gguf_model(ESCAPE, more=value("x.y", 8, text(padding)))
    assert rewritten(model, tmp_path)[1][-320:] == model[-320:]


def test_one_of_several_templates_is_kept(tmp_path: Path) -> None:
    more = value("tokenizer.chat_template.rag", 8, text(ESCAPE))
    said, new = rewritten(gguf_model(more=more), tmp_path)
    assert [each.name for each in said.left] == ["tokenizer.chat_template.rag"]
    assert b"messages[0]" in new


def test_what_is_wrong_with_more_than_a_template_is_refused(tmp_path: Path) -> None:
    assert word(gguf_model(ESCAPE)[:-1], tmp_path) == "cut-off"
    assert word(gguf_model(ESCAPE) + b"x" * 32, tmp_path) in {"octets-left", "tensors-apart"}
    assert word(gguf([value("a.chat_template", 4, bytes(4))], [], b""), tmp_path) == "template-malformed"

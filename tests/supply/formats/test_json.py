"""JSON and YAML: data, of which what a loader would run is told, whichever document it stands in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.format import claims
from bartizan.supply.formats import jinja, yaml
from bartizan.supply.formats.json import FORMAT
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Standing
from tests.supply.formats.looking import known_to_none, seen, words

ESCAPE = "{{ x.__class__ }}"


def standing(document: object) -> tuple[Standing, set[str]]:
    """Return what is said of a document, which is the same where it stands within another."""
    read = seen(FORMAT, json.dumps(document).encode())
    within = seen(FORMAT, json.dumps({"a": [{"b": document}]}).encode())
    assert (within.standing, words(within)) == (read.standing, words(read))
    return read.standing, words(read)


@pytest.mark.parametrize(
    "document",
    [
        {
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "rope_scaling": None,
            "x": [0.0, float("inf")],
        },
        {"tokenizer_class": "X", "chat_template": "{{ messages[0]['content'] }}", "auto_map": None},
        {
            "chat_template": [
                {"name": "default", "template": "{{ a }}"},
                {"name": "rag", "template": "{{ b }}"},
            ]
        },
        {
            "version": "1.0",
            "added_tokens": [],
            "model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]},
        },
        {
            "_class_name": "StableDiffusionPipeline",
            "_diffusers_version": "0.30",
            "vae": ["diffusers", "AutoencoderKL"],
            "safety_checker": [None, None],
        },
        [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}],
        {"_target_": "torch.nn.Linear", "in_features": 1},
        {"_target_": "nemo.collections.asr.modules.conv_asr.ConvASREncoder"},
        {"target": "a sentence", "params": 1},
        {"type": "constructor"},
        {"trust_remote_code": False, "custom_pipelines": {}},
        {"class_name": "Dense", "config": {"name": "dense/kernel", "activation": "relu"}},
        [],
        {},
    ],
)
def test_documents_that_are_data_are_inert(document: object) -> None:
    assert standing(document) == (Standing.INERT, set())


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ({"auto_map": {"AutoModel": "modeling.X"}}, "remote-code"),
        ({"trust_remote_code": True}, "remote-code"),
        ({"custom_pipelines": {"x": {"impl": "pipe.X"}}}, "remote-code"),
        ({"_attn_implementation": "someone/kernels"}, "remote-code"),
        ({"_target_": "somebody.Thing"}, "target-not-allowed"),
        ({"_target_": ["a"]}, "target-not-allowed"),
        ({"_target_": "torch.nn.init.constant_"}, "target-not-allowed"),
        ({"_target_": "torch.hub.load"}, "target-not-allowed"),
        ({"target": "ldm.models.X", "params": {}}, "target-not-allowed"),
        ({"idx": 0, "path": "", "type": "mine.Module"}, "target-not-allowed"),
        ({"lc": 1, "type": "constructor", "id": ["langchain", "llms", "X"]}, "target-not-allowed"),
        ({"_diffusers_version": "1", "unet": ["my_unet", "X"]}, "code-named"),
        ({"py/object": "somebody.Thing"}, "jsonpickle"),
        ({"chat_template": "{{ x.format_map(y) }}"}, "template-code"),
        ({"class_name": "Lambda", "config": {}}, "layer-code"),
        ({"class_name": "TFOpLambda", "config": {"function": "io.write_file"}}, "layer-code"),
        (
            {"class_name": "TorchModuleWrapper", "module": "keras.layers", "config": {"module": "gA=="}},
            "layer-code",
        ),
        ({"class_name": "__lambda__", "config": {"code": "4wE="}}, "layer-code"),
        ({"class_name": "Mine", "config": {}, "registered_name": "my>Mine"}, "class-custom"),
        ({"class_name": "Dense", "module": "somebody.layers", "config": {}}, "class-custom"),
        (
            {"class_name": "SGD", "module": "keras.src.backend.torch.optimizers.torch_adam", "config": {}},
            "class-custom",
        ),
        (
            {"class_name": "Adam", "module": "keras.src.backend.torch.optimizers.torch_adam.x", "config": {}},
            "class-custom",
        ),
        (
            {
                "class_name": "Adam",
                "module": "keras.src.backend.torch.optimizers.torch_parallel_optimizer",
                "config": {},
            },
            "class-custom",
        ),
        ({"class_name": "function", "module": "builtins", "config": "mine"}, "class-custom"),
        (
            {"class_name": "StringLookup", "module": "keras.layers", "config": {"vocabulary": "words.txt"}},
            "file-read",
        ),
        ({"class_name": "__typespec__", "config": {}}, "class-custom"),
        ({"class_name": ["Dense"], "config": {}}, "class-custom"),
        ({"class_name": "Map", "module": "keras.src.ops.core", "config": {}}, "class-custom"),
    ],
)
def test_code_that_a_document_names_needs_a_person(document: object, word: str) -> None:
    assert standing(document) == (Standing.CODE, {word})


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ({"_target_": "os.system", "command": "id"}, "target-dangerous"),
        ({"_target_": "torch.nn.modules.subprocess.Popen"}, "target-dangerous"),
        ({"_target_": "builtins.eval"}, "target-dangerous"),
        ({"_target_": "a.__init__.b"}, "target-dangerous"),
        ({"target": "os.system"}, "target-dangerous"),
        ({"idx": 0, "path": "", "type": "sentence_transformers.os.system"}, "target-dangerous"),
        ({"lc": 1, "type": "constructor", "id": ["os", "system"]}, "target-dangerous"),
        ({"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["id"]}]}, "jsonpickle"),
        ({"chat_template": ESCAPE}, "template-escape"),
        ({"chat_template": [{"name": "a", "template": ESCAPE}]}, "template-escape"),
        ({"chat_template": {"rag": ESCAPE}}, "template-escape"),
        ({"class_name": "system", "module": "os", "config": "id"}, "class-dangerous"),
        ({"class_name": "function", "module": "keras.utils", "config": "get_file"}, "class-dangerous"),
        ({"class_name": "get_file", "module": "keras.utils", "config": {}}, "class-dangerous"),
        ({"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}, "file-read"),
        ({"class_name": "StringLookup", "config": {"vocabulary": "https://example.org"}}, "file-read"),
        ({"class_name": "TextVectorization", "config": {"vocabulary": "../x"}}, "file-read"),
        ({"class_name": "Dense", "config": {"name": "../../x"}}, "name-outside"),
    ],
)
def test_what_has_no_place_in_a_model_is_malicious(document: object, word: str) -> None:
    found, said = standing(document)
    assert found is Standing.MALICIOUS
    assert word in said


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b'{"a":1,"a":2}', "json-name-twice"),
        (b'{"b":[{"_target_":"os.system","_target_":"torch.nn.Linear"}]}', "json-name-twice"),
        (b'{"a":1} {"a":2}', "json-malformed"),
        (b'{"a":1', "json-malformed"),
        (b'{"a":01}', "json-malformed"),
        (b'{"a":"\xff"}', "json-malformed"),
        (b'["a",' + b"[" * 100_000, "too-deep"),
        (b'{"chat_template":"{% if %}"}', "template-malformed"),
    ],
)
def test_what_has_two_readings_or_none_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {word})


def test_work_is_bounded() -> None:
    assert words(seen(FORMAT, b"[" + b"1," * 10_000 + b"1]", Budget(operations=5000))) == {"too-much-work"}


@pytest.mark.parametrize("text", [b"{{ x }}", b"{% if x %}", b"text", b"", b"{a: 1}", b"[section]\n"])
def test_other_texts_are_no_json(text: bytes) -> None:
    assert not FORMAT.knows(Octets(text))


def test_white_space_before_it_hides_nothing() -> None:
    assert words(seen(FORMAT, b" " * 10_000 + b'{"_target_":"os.system"}')) == {"target-dangerous"}


def test_lines_are_documents_where_the_name_says_so() -> None:
    lines = b'{"a":1}\n\n' + b'{"text":"' + b"x" * 2_000_000 + b'"}\n{"_target_":"os.system"}'
    read = FORMAT.read(Octets(lines, "data/train.JSONL"), Budget(), known_to_none)
    assert (read.format, words(read)) == ("json-lines", {"target-dangerous"})
    cut = FORMAT.read(Octets(b'{"a":1}\n{"a":', "train.jsonl"), Budget(), known_to_none)
    assert words(cut) == {"json-malformed"}
    assert words(seen(FORMAT, b'{"a":1}\n{"a":1}')) == {"json-malformed"}


def test_what_is_loaded_as_a_template_or_yaml_by_its_name_is_read_as_such() -> None:
    hidden = b'{"a": "{{ x.__class__ }}"}'
    assert claims((FORMAT, jinja.FORMAT, yaml.FORMAT), Octets(hidden, "chat_template.jinja")) == (
        jinja.FORMAT,
    )
    assert claims((FORMAT, jinja.FORMAT, yaml.FORMAT), Octets(hidden, "a.yml")) == (yaml.FORMAT,)
    assert claims((FORMAT, jinja.FORMAT, yaml.FORMAT), Octets(hidden, "chat_template.json")) == (FORMAT,)


def notebook(*cells: dict[str, object]) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


PROSE: dict[str, object] = {"cell_type": "markdown", "source": ["# A title\n", "text"], "metadata": {}}


def test_a_notebook_without_code_is_inert() -> None:
    read = seen(FORMAT, notebook(PROSE, {"cell_type": "code", "source": [" \n"], "outputs": []}))
    assert (read.standing, read.format) == (Standing.INERT, "notebook")


def test_a_notebook_with_code_needs_a_person() -> None:
    read = seen(FORMAT, notebook(PROSE, {"cell_type": "code", "source": "import os", "outputs": []}))
    assert (read.standing, words(read)) == (Standing.CODE, {"notebook-code"})
    assert "cell 2" in read.reasons[0].what


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "markdown", "source": "<script>alert(1)</script>"},
        {"cell_type": "markdown", "source": ["<img src=x on", "error=alert(1)>"]},
        {"cell_type": "code", "source": "", "outputs": [{"data": {"text/html": ["<scr", "ipt>"]}}]},
        {"cell_type": "code", "source": "", "outputs": [{"data": {"application/javascript": "x"}}]},
        {"cell_type": "code", "source": "", "outputs": [{"data": {"image/svg+xml": "<svg onload=x>"}}]},
    ],
)
def test_what_is_active_when_a_notebook_is_opened_is_told(cell: dict[str, object]) -> None:
    read = seen(FORMAT, notebook(cell))
    assert (read.standing, words(read)) == (Standing.CODE, {"notebook-active"})


def test_a_cell_of_an_unknown_kind_is_not_understood() -> None:
    assert words(seen(FORMAT, notebook({"cell_type": "prompt"}))) == {"cell-unknown"}


NAMES = st.sampled_from([
    "class_name", "config", "module", "registered_name", "name", "vocabulary", "_target_", "target", "params", "type", "idx", "path",
    "lc", "id", "py/reduce", "auto_map", "trust_remote_code", "chat_template", "template", "_diffusers_version", "cells", "nbformat",
    "cell_type", "source", "outputs", "data", "text/html", "attachments", "__module__", "__class__", "__loader__", "content", "learner", "version",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(document=st.dictionaries(NAMES, VALUES, max_size=6) | st.lists(VALUES, max_size=3))
def test_whatever_stands_where_a_name_should_no_reader_crashes(document: object) -> None:
    octets = json.dumps(document).encode()
    if FORMAT.knows(Octets(octets)):
        seen(FORMAT, octets)


@pytest.mark.parametrize(
    "text",
    [
        b"[tool.x]\na = 1\n",
        b"[fits]\ndescription = words\n",
        b"[[package]]\nname = 1\n",
        b"[no-value]\n",
        b"[x]\n",
        b"[a, b](c)\n",
        b"{a}\n",
    ],
)
def test_what_begins_with_a_bracket_and_no_value_is_no_json(text: bytes) -> None:
    assert not FORMAT.knows(Octets(text))


@pytest.mark.parametrize("before", ["[NaN, ", "[Infinity, ", "[[[true, ", "[ [\n[-1, ", "[null,"])
def test_a_list_is_judged_whatever_its_first_value_is(before: str) -> None:
    octets = (before + '{"_target_": "os.system"}' + "]" * before.count("[")).encode()
    json.loads(octets)
    assert seen(FORMAT, octets).standing is Standing.MALICIOUS


def test_a_mark_of_the_order_of_octets_before_it_changes_nothing() -> None:
    octets = b"\xef\xbb\xbf" + b'{"_target_": "os.system"}'
    assert json.loads(octets)
    assert seen(FORMAT, octets).standing is Standing.MALICIOUS
    assert seen(FORMAT, b"\xef\xbb\xbf{}").standing is Standing.INERT


@pytest.mark.parametrize(
    "name", ["Adadelta", "Adagrad", "Adam", "Adamax", "AdamW", "Lion", "Nadam", "RMSprop", "SGD"]
)
def test_an_optimizer_of_keras_on_pytorch_only_computes(name: str) -> None:
    module = f"keras.src.backend.torch.optimizers.torch_{name.lower()}"
    assert standing({"module": module, "class_name": name, "config": {"name": "adam"}}) == (
        Standing.INERT,
        set(),
    )

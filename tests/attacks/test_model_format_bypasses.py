"""An adversary who knows the bypasses that were published for scanners and loaders of formats that are no pickles.

Each is made anew, small, in the form that its report describes; none may be inert. Source: the research's list of bypass classes.
"""

import json

import pytest

from bartizan.supply.format import Format, claims
from bartizan.supply.formats import gguf, hdf5, jinja, keras, onnx, safetensors, saved_model, skops, yaml
from bartizan.supply.formats import json as json_format
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import ModelFile, Standing

from tests.supply.formats.built import gguf_model, safetensors as tensors  # isort: skip
from tests.supply.formats.looking import NAMES, NOTHING_KNOWN
from tests.supply.formats.made import made
from tests.supply.formats.test_saved_model import model, operation

from tests.supply.formats.wired import external, node, onnx as graph, sub  # isort: skip
from tests.supply.formats.zipped import archive, changed, members

SSTI = "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}"
MALICIOUS, CODE, UNKNOWN = Standing.MALICIOUS, Standing.CODE, Standing.UNKNOWN


def layer(kind: str, module: str | None = "keras.layers", /, **config: object) -> bytes:
    return json.dumps({"class_name": kind, "module": module, "config": config}).encode()


def within_keras(document: bytes) -> bytes:
    found = members(made("dense.keras"))
    return archive({**found, "config.json": document})


ATTACKS: dict[str, tuple[Format, bytes, Standing]] = {
    "CVE-2024-3660: Lambda in an archive": (keras.FORMAT, made("lambda.keras"), CODE),
    "CVE-2025-9905: Lambda in HDF5, where safe mode is not heeded": (hdf5.FORMAT, made("lambda.h5"), CODE),
    "CVE-2025-1550: any module by the configuration": (keras.FORMAT, within_keras(layer("system", "os", command="id")), MALICIOUS),
    "CVE-2025-8747: Keras's own get_file": (
        keras.FORMAT,
        within_keras(json.dumps({"class_name": "function", "module": "keras.utils", "config": "get_file"}).encode()),
        MALICIOUS,
    ),
    "CVE-2025-9906: safe mode turned off by the configuration": (
        keras.FORMAT,
        within_keras(json.dumps({"class_name": "enable_unsafe_deserialization", "module": "keras.config", "config": {}}).encode()),
        CODE,
    ),
    "CVE-2025-49655: TorchModuleWrapper unpickles": (keras.FORMAT, within_keras(layer("TorchModuleWrapper", torch_module="gASV")), CODE),
    "GHSA-qg93-c7p6-gg7f: StringLookup reads a file": (keras.FORMAT, within_keras(layer("StringLookup", vocabulary="/etc/passwd")), MALICIOUS),
    "GHSA-qg93-c7p6-gg7f: StringLookup asks a server": (
        keras.FORMAT, within_keras(layer("StringLookup", vocabulary="https://example.org/x")), MALICIOUS,
    ),
    "CVE-2026-12479: a layer's name leads out": (keras.FORMAT, within_keras(layer("Dense", name="../../../tmp/x")), MALICIOUS),
    "CVE-2022-25882: external data above the folder": (onnx.FORMAT, graph(sub(5, external("../../etc/passwd"))), MALICIOUS),
    "CVE-2024-27318: external data behind a folder": (onnx.FORMAT, graph(sub(5, external("a/../../etc/passwd"))), MALICIOUS),
    "CVE-2026-27489: external data by a path without letters": (onnx.FORMAT, graph(sub(5, external("./.././x"))), MALICIOUS),
    "ONNX Runtime's address in memory": (onnx.FORMAT, graph(sub(5, external("*/_ORT_MEM_ADDR_/*", offset="4096"))), MALICIOUS),
    "external data in an attribute of a subgraph": (
        onnx.FORMAT, graph(node("If", sub(5, sub(6, sub(5, external("/etc/passwd")))))), MALICIOUS,
    ),
    "external data under a key that loaders set blindly": (onnx.FORMAT, graph(sub(5, external("w", basepath="/etc"))), UNKNOWN),
    "an operator from a library of somebody's": (onnx.FORMAT, graph(node("PyOp", domain="ai.onnx.contrib")), CODE),
    "a graph that reads a file": (saved_model.FORMAT, made("text.pb"), MALICIOUS),
    "a graph that writes a file": (saved_model.FORMAT, model(operation("w", "WriteFile")), MALICIOUS),
    "a graph that saves elsewhere": (saved_model.FORMAT, made("save.pb"), CODE),
    "CVE-2024-34359: a template in GGUF": (gguf.FORMAT, gguf_model(SSTI), MALICIOUS),
    "CVE-2024-34359: a template in a tokenizer's configuration": (json_format.FORMAT, json.dumps({"chat_template": SSTI}).encode(), MALICIOUS),
    "CVE-2024-34359: a template in its own file": (jinja.FORMAT, SSTI.encode(), MALICIOUS),
    "a template that composes its names": (jinja.FORMAT, b"{% set u = '_' * 2 %}{{ x[u ~ 'class' ~ u] }}", CODE),
    "CVE-2025-23304: Hydra in NeMo's configuration": (yaml.FORMAT, b"model:\n  a: {_target_: os.system, command: id}\n", MALICIOUS),
    "CVE-2025-23304: the same in JSON": (json_format.FORMAT, b'{"_target_":"subprocess.Popen","args":["id"]}', MALICIOUS),
    "Hydra by an alias": (yaml.FORMAT, b"a: &t builtins.exec\nb: {_target_: *t}\n", MALICIOUS),
    "CVE-2025-54412: a trusted operator's name on another class": (
        skops.FORMAT,
        changed("linear.skops", "schema.json", b'"__loader__": "ObjectNode"', b'"__loader__": "OperatorFuncNode"'),
        CODE,
    ),
    "CVE-2025-54413: a method of what is trusted": (
        skops.FORMAT, changed("linear.skops", "schema.json", b'"__loader__": "ObjectNode"', b'"__loader__": "MethodNode"'), CODE,
    ),
    "CVE-2025-54886: an archive that is not what its name says": (
        skops.FORMAT, archive({**members(made("linear.skops")), "schema.json": b'{"a":1,"a":2}'}), UNKNOWN,
    ),
    "HDF5 leads to another file": (hdf5.FORMAT, made("ext.h5"), MALICIOUS),
    "HDF5 keeps a tensor in another file": (hdf5.FORMAT, made("extst.h5"), UNKNOWN),
    "HDF5 needs a plug-in": (hdf5.FORMAT, made("lzf.h5"), UNKNOWN),
    "safetensors with a second header": (safetensors.FORMAT, tensors(b'{"a":{},"a":{}}', b""), UNKNOWN),
    "safetensors with octets that are nobody's": (safetensors.FORMAT, tensors({}, b"payload"), UNKNOWN),
}  # fmt: skip


def look(octets: Octets, budget: Budget) -> ModelFile:
    if octets.begins(b"\x93NUMPY"):
        return ModelFile("npy", Standing.INERT)
    for shape in claims((hdf5.FORMAT, json_format.FORMAT), octets)[:1]:
        read = shape.read(octets, budget, look)
        return ModelFile(shape.name, read.standing, read.reasons)
    return NOTHING_KNOWN


@pytest.mark.parametrize("name", ATTACKS)
def test_no_published_bypass_is_inert(name: str) -> None:
    shape, octets, standing = ATTACKS[name]
    file = Octets(octets, NAMES.get(shape.name, "model"))
    assert shape.knows(file)
    read = shape.read(file, Budget(), look)
    assert read.standing is standing
    assert read.reasons

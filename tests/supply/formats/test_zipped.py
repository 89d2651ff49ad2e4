"""Keras's and skops's archives: each member is judged by its own format, and only what these libraries write is there."""

import pytest

from bartizan.supply.format import Format, claims
from bartizan.supply.formats import hdf5, json, keras, skops
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.formats.looking import NOTHING_KNOWN, words
from tests.supply.formats.made import made
from tests.supply.formats.zipped import archive, changed, members

INERT = ModelFile("npy", Standing.INERT)


def look(octets: Octets, budget: Budget) -> ModelFile:
    """Know what stands in such archives; arrays are inert here, whatever they are."""
    if octets.begins(b"\x93NUMPY"):
        return INERT
    for shape in claims((hdf5.FORMAT, json.FORMAT), octets)[:1]:
        read = shape.read(octets, budget, look)
        return ModelFile(shape.name, read.standing, read.reasons)
    return NOTHING_KNOWN


def judged(shape: Format, octets: bytes) -> tuple[Standing, set[str]]:
    assert shape.knows(Octets(octets))
    read = shape.read(Octets(octets), Budget(), look)
    return read.standing, words(read)


@pytest.mark.parametrize(("shape", "name"), [(keras.FORMAT, "dense.keras"), (skops.FORMAT, "linear.skops")])
def test_files_of_the_real_libraries_are_inert(shape: Format, name: str) -> None:
    assert judged(shape, made(name)) == (Standing.INERT, set())
    assert shape.kind_of == ("zip",)


def test_a_lambda_of_the_real_library_needs_a_person() -> None:
    read = keras.FORMAT.read(Octets(made("lambda.keras")), Budget(), look)
    assert (read.standing, words(read)) == (Standing.CODE, {"layer-code"})
    assert {reason.member for reason in read.reasons} == {"config.json"}


@pytest.mark.parametrize(
    ("old", "new", "standing", "word"),
    [
        (b'"module": "keras.layers", "class_name": "Dense"', b'"module": "os", "class_name": "system"', Standing.MALICIOUS, "class-dangerous"),
        (b'"module": "keras.layers"', b'"module": "builtins"', Standing.CODE, "class-custom"),
        (b'"class_name": "Dense"', b'"class_name": "TFSMLayer"', Standing.CODE, "layer-code"),
        (b'"units": 1', b'"vocabulary": "/etc/passwd"', Standing.MALICIOUS, "file-read"),
        (b'"name": "dense"', b'"name": "../../x"', Standing.MALICIOUS, "name-outside"),
        (b'"units": 1', b'"units": 1, "units": 2', Standing.UNKNOWN, "json-name-twice"),
    ],
)  # fmt: skip
def test_a_configuration_is_judged(old: bytes, new: bytes, standing: Standing, word: str) -> None:
    found, said = judged(keras.FORMAT, changed("dense.keras", "config.json", old, new))
    assert found is standing
    assert word in said


@pytest.mark.parametrize(("shape", "name"), [(keras.FORMAT, "dense.keras"), (skops.FORMAT, "linear.skops")])
def test_a_member_that_the_library_does_not_write_is_not_understood(shape: Format, name: str) -> None:
    first, *others = members(made(name)).items()
    octets = archive(dict([first, ("model.pkl", b"x"), *others]))
    assert judged(shape, octets) == (Standing.UNKNOWN, {"member-unexpected", "format-unknown"})


def test_an_archive_without_its_description_is_not_understood() -> None:
    found = members(made("dense.keras"))
    assert judged(keras.FORMAT, archive({"metadata.json": found["metadata.json"], "assets/config.json": b"{}", "model.weights.h5": found["model.weights.h5"]}))[1] == {"part-missing"}  # fmt: skip
    assert judged(skops.FORMAT, archive({"a/schema.json": b"{}"}))[1] == {"part-missing"}


def test_weights_are_judged() -> None:
    found = members(made("dense.keras"))
    assert judged(keras.FORMAT, archive({**found, "model.weights.h5": made("ext.h5")})) == (
        Standing.MALICIOUS,
        {"external-link"},
    )


@pytest.mark.parametrize(
    ("loader", "module", "name", "standing"),
    [
        ("TypeNode", "builtins", "eval", Standing.MALICIOUS),
        ("FunctionNode", "os", "system", Standing.MALICIOUS),
        ("ObjectNode", "subprocess", "Popen", Standing.MALICIOUS),
        ("ObjectNode", "sklearn.utils._testing.os", "PathLike", Standing.MALICIOUS),
        ("OperatorFuncNode", "operator", "methodcaller", Standing.MALICIOUS),
        ("OperatorFuncNode", "operator", "add", Standing.CODE),
        ("MethodNode", "builtins", "dict", Standing.CODE),
        ("FunctionNode", "builtins", "dict", Standing.CODE),
        ("FunctionNode", "numpy", "load", Standing.CODE),
        ("FunctionNode", "sklearn.datasets", "fetch_openml", Standing.CODE),
        ("ObjectNode", "mine", "Model", Standing.CODE),
        ("ObjectNode", "sklearn.linear_model", "lower", Standing.CODE),
        ("ObjectNode", "sklearn.linear_model._base", "Mine", Standing.CODE),
        ("ObjectNode", "sklearn.utils.parallel", "_FuncWrapper", Standing.CODE),
        ("ObjectNode", "sklearn.neighbors._kd_tree", "KDTree", Standing.CODE),
        ("TreeNode", "sklearn.linear_model._base", "LinearRegression", Standing.CODE),
        ("PartialNode", "functools", "partial", Standing.CODE),
        ("", "", "", Standing.CODE),
    ],
)
def test_what_a_schema_makes_is_judged(loader: str, module: str, name: str, standing: Standing) -> None:
    old = b'"__class__": "LinearRegression",\n  "__module__": "sklearn.linear_model._base",\n  "__loader__": "ObjectNode"'
    new = f'"__class__": "{name}", "__module__": "{module}", "__loader__": "{loader}"'.encode()
    found, said = judged(skops.FORMAT, changed("linear.skops", "schema.json", old, new))
    assert found is standing
    assert len(said) == 1
    assert said <= {"class-custom", "class-dangerous"}


def test_a_schema_that_does_not_stand_where_skops_has_it_is_judged_as_a_document() -> None:
    schema = members(made("linear.skops"))["schema.json"]
    read = json.FORMAT.read(Octets(schema), Budget(), look)
    assert (read.standing, words(read)) == (Standing.MALICIOUS, {"target-dangerous", "target-not-allowed"})

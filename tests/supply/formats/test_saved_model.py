"""SavedModel: operators that only compute; what saves and restores does so where its caller says."""

import pytest

from bartizan.supply.formats.saved_model import FORMAT, _operators, _schema
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Standing
from tests.supply.formats.looking import seen, words
from tests.supply.formats.made import made
from tests.supply.formats.wired import num, onnx, sub


def operation(name: str, operator: str, *inputs: str, attr: bytes = b"") -> bytes:
    return sub(1, name) + sub(2, operator) + b"".join(sub(3, each) for each in inputs) + attr


def constant(name: str, text: str) -> bytes:
    value = sub(8, num(1, 7), sub(2), sub(8, text))
    return operation(name, "Const", attr=sub(5, sub(1, "value"), sub(2, value)))


def calling(function: str) -> bytes:
    return sub(5, sub(1, "f"), sub(2, sub(10, sub(1, function))))


def function(name: str, arguments: tuple[str, ...], *nodes: bytes) -> bytes:
    signature = sub(1, sub(1, name), *(sub(2, sub(1, each)) for each in arguments))
    return sub(1, signature, *(sub(3, each) for each in nodes))


def model(*nodes: bytes, functions: tuple[bytes, ...] = (), more: bytes = b"") -> bytes:
    graph = b"".join(sub(1, each) for each in nodes) + sub(2, *functions)
    return num(1, 1) + sub(2, sub(1, sub(4, "serve")), sub(2, graph), more)


RESTORE = function("restore", ("file_prefix", "other"), operation("r", "RestoreV2", "file_prefix"))


def test_a_model_of_the_real_library_is_inert() -> None:
    assert seen(FORMAT, made("dense.pb")).reasons == ()


def test_a_model_that_reads_a_file_is_malicious() -> None:
    read = seen(FORMAT, made("text.pb"))
    assert (read.standing, words(read)) == (Standing.MALICIOUS, {"operator-reaches", "operator-custom"})


def test_a_model_that_saves_where_it_says_itself_needs_a_person() -> None:
    read = seen(FORMAT, made("save.pb"))
    assert (read.standing, words(read)) == (Standing.CODE, {"file-operator"})


@pytest.mark.parametrize("operator", ["WriteFile", "ReadFile", "MatchingFiles", "PrintV2", "DebugIdentityV3"])
def test_an_operator_that_reaches_files_is_malicious_in_graphs_and_functions(operator: str) -> None:
    for octets in (
        model(operation("a", operator)),
        model(functions=(function("f", (), operation("a", operator)),)),
    ):
        read = seen(FORMAT, octets)
        assert (read.standing, words(read)) == (Standing.MALICIOUS, {"operator-reaches"})


@pytest.mark.parametrize(
    "operator", ["PyFunc", "EagerPyFunc", "PyFuncStateless", "MyOwn", "InitializeTableFromTextFileV2", ""]
)
def test_an_operator_that_is_not_on_the_list_needs_a_person(operator: str) -> None:
    read = seen(FORMAT, model(operation("a", operator)))
    assert (read.standing, words(read)) == (Standing.CODE, {"operator-custom"})


@pytest.mark.parametrize(
    "octets",
    [
        model(operation("p", "Placeholder"), operation("r", "RestoreV2", "p")),
        model(operation("p", "Placeholder"), operation("c", "StatefulPartitionedCall", "p", attr=calling("restore")), functions=(RESTORE,)),
        model(
            operation("p", "Placeholder"), constant("x", "/etc/passwd"),
            operation("c", "StatefulPartitionedCall", "p", "x", attr=calling("restore")), functions=(RESTORE,),
        ),
        model(
            operation("p", "PlaceholderWithDefault", "m"), constant("m", "model"), constant("t", "_temp/part"),
            operation("j", "StringJoin", "p", "t"), operation("s", "ShardedFilename", "j"), operation("w", "SaveV2", "s:0", "^c"),
        ),
    ],
)  # fmt: skip
def test_a_place_that_a_caller_gives_is_inert(octets: bytes) -> None:
    assert seen(FORMAT, octets).reasons == ()


@pytest.mark.parametrize(
    "octets",
    [
        model(constant("p", "/etc/passwd"), operation("r", "RestoreV2", "p")),
        model(constant("p", "variables"), operation("r", "SaveV2", "p")),
        model(operation("p", "Placeholder"), constant("x", "/../../x"), operation("j", "StringJoin", "p", "x"), operation("r", "SaveV2", "j")),
        model(constant("p", "model"), constant("d", "/etc/x"), operation("m", "MergeV2Checkpoints", "p", "d")),
        model(operation("p", "PlaceholderWithDefault", "m"), constant("m", "/etc/x"), operation("r", "RestoreV2", "p")),
        model(operation("r", "RestoreV2", "nothing")),
        model(operation("p", "DecodeBase64", "x"), operation("r", "RestoreV2", "p")),
        model(constant("p", "/etc/x"), operation("c", "PartitionedCall", "p", attr=calling("restore")), functions=(RESTORE,)),
        model(constant("p", "/etc/x"), operation("c", "StatefulPartitionedCall", "p", attr=calling("outer")),
              functions=(function("outer", ("a",), operation("d", "StatefulPartitionedCall", "a", "a", attr=calling("restore"))), RESTORE)),
        model(operation("p", "Placeholder"), operation("c", "If", "p", "p", attr=calling("restore")), functions=(RESTORE,)),
    ],
)  # fmt: skip
def test_a_place_that_the_graph_gives_needs_a_person(octets: bytes) -> None:
    read = seen(FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.CODE, {"file-operator"})


def test_files_beside_are_told_and_those_elsewhere_malicious() -> None:
    read = seen(FORMAT, model(more=sub(6, sub(2, "words.txt"))))
    assert [(each.word, each.member, each.standing) for each in read.reasons] == [
        ("external-data", "words.txt", Standing.INERT)
    ]
    assert words(seen(FORMAT, model(more=sub(6, sub(2, "../words.txt"))))) == {"external-data-outside"}


def kept(metadata: str) -> bytes:
    return model(more=sub(7, sub(1, sub(4, sub(1, "_tf_keras_layer"), sub(3, metadata)))))


def test_what_keras_remembers_of_its_layers_is_judged() -> None:
    assert seen(FORMAT, kept('{"class_name":"Dense","config":{"name":"dense"}}')).reasons == ()
    read = seen(FORMAT, kept('{"class_name":"Lambda","config":{"function":["4wE=",null,null]}}'))
    assert (read.standing, words(read)) == (Standing.CODE, {"layer-code"})
    assert words(seen(FORMAT, kept('{"class_name":'))) == {"json-malformed"}


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (model(operation("a", "Add"), operation("a", "Mul")), "name-twice"),
        (num(1, 1) + sub(2, sub(1, sub(4, "serve"))), "part-missing"),
        (model(operation("a", "Add")) + num(9, 1), "field-unknown"),
        (model(operation("a", "Add"))[:-1], "cut-off"),
    ],
)
def test_what_is_not_exact_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {word})


def test_work_is_bounded_however_functions_call_each_other() -> None:
    chain = tuple(
        function(f"f{n}", ("a",), operation("c", "PartitionedCall", "a", attr=calling(f"f{n + 1}")))
        for n in range(100)
    )
    last = function("f100", ("a",), operation("r", "RestoreV2", "a"))
    assert words(seen(FORMAT, model(functions=(*chain, last)), Budget(operations=20_000))) == {
        "too-much-work"
    }
    assert seen(FORMAT, model(functions=(*chain, last))).reasons == ()


def test_the_schema_names_only_messages_that_it_has() -> None:
    kinds = {"varint", "fixed32", "fixed64", "octets", "text", *_schema()}
    assert {field.kind for fields in _schema().values() for field in fields.values()} <= kinds
    assert {"MatMul", "BiasAdd", "AddV2", "VarHandleOp"} <= _operators()
    assert not _operators() & {
        "ReadFile",
        "WriteFile",
        "PyFunc",
        "SaveV2",
        "PrintV2",
        "Skipgram",
        "RecordInput",
    }


def test_an_onnx_model_is_none() -> None:
    assert not FORMAT.knows(Octets(onnx()))

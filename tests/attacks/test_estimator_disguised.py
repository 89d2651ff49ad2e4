"""An adversary sends an estimator of a well-known library that does more than compute, or that breaks the C code beneath it."""

import pytest

from bartizan.supply.subject import ModelFile, Standing
from tests.supply.pickles.built import framed, mapping, named, text
from tests.supply.pickles.estimated import (
    CALLS,
    VERSION,
    alone,
    changed,
    function,
    instance,
    judged,
    pipeline,
    whole,
    written,
)

RIDGE = "sklearn.linear_model._ridge", "Ridge"
TREE = written("DecisionTreeClassifier.p4.pkl")
ROOT, SECOND, LEAF = whole(1, 4, 0), whole(2, 3, 3), whole(-1, -1, -2)
TEMPLATE = mapping({"_parse_arg_template": text("import os")})


def refused(file: ModelFile, *words: str) -> None:
    assert file.standing is Standing.UNKNOWN
    assert {each.word for each in file.reasons} <= {*words}, file.reasons


def test_what_is_attacked_is_inert_before() -> None:
    assert judged(TREE).standing is Standing.INERT
    assert alone(instance(*RIDGE, alpha=b"K\1", _sklearn_version=VERSION)).standing is Standing.INERT
    assert alone(pipeline(function(func=b"N"))).standing is Standing.INERT


@pytest.mark.parametrize(
    "name", ["__class__", "__dict__", "__setstate__", "__reduce__", "predict", "fit", "_repr_html_", "x"]
)
def test_an_attribute_that_the_class_never_has(name: str) -> None:
    refused(alone(instance(*RIDGE, **{name: b"N", "_sklearn_version": VERSION})), "state-refused")
    refused(alone(instance(*RIDGE, **{name: b"N"})), "state-refused")


@pytest.mark.parametrize("name", ["func", "inverse_func", "kw_args"])
def test_a_function_that_runs_commands_as_a_parameter(name: str) -> None:
    assert alone(function(**{name: CALLS})).standing is Standing.MALICIOUS
    assert alone(function(**{name: named("builtins", "eval")})).standing is Standing.MALICIOUS
    assert alone(pipeline(function(**{name: CALLS}))).standing is Standing.MALICIOUS


@pytest.mark.parametrize(
    "called",
    [
        named("_codecs", "encode"), named("torch.storage", "_load_from_bytes"), named("copyreg", "_reconstructor"),
        named("numpy._core.multiarray", "_reconstruct"), named("functools", "partial"), named("pathlib", "PosixPath"),
        named("sklearn.linear_model._ridge", "Ridge"), named("sklearn.tree._tree", "Tree"), named("sklearn.neighbors._kd_tree", "newObj"),
        named("numpy.random._pickle", "__generator_ctor"),
    ],
)  # fmt: skip
def test_what_a_pickle_may_call_is_nothing_that_an_estimator_may(called: bytes) -> None:
    refused(alone(function(func=called)), "estimator-refused")
    refused(alone(function(kw_args=mapping({"func": called}))), "estimator-refused")
    refused(alone(pipeline(function(func=called))), "estimator-refused")


def test_a_list_that_is_filled_once_the_estimator_has_it() -> None:
    late = (
        b"]\x940"
        + instance(*RIDGE, alpha=b"h\0", _sklearn_version=VERSION)
        + b"h\0"
        + named("_codecs", "encode")
        + b"a0"
    )
    refused(alone(late), "estimator-refused")
    late = b"]\x940" + instance(*RIDGE, alpha=b"h\0", _sklearn_version=VERSION) + b"h\0" + CALLS + b"a0"
    assert alone(late).standing is Standing.MALICIOUS


def test_a_state_that_is_changed_once_the_estimator_has_it_is_not_what_it_keeps() -> None:
    state = mapping({"alpha": b"K\1"})
    refused(
        alone(named(*RIDGE) + b")\x81" + state + b"\x94b" + mapping({"alpha": b"K\2"}) + b"b"),
        "state-refused",
    )
    refused(alone(instance(*RIDGE) + text("a") + b"Ns"), "target-refused")
    refused(alone(instance(*RIDGE) + b"Na"), "target-refused")


@pytest.mark.parametrize(
    "made",
    [
        named(*RIDGE) + b")R", named(*RIDGE) + b"K\1\x85\x81", named(*RIDGE) + b")}" + text("alpha") + b"Ns\x92",
        named("copyreg", "_reconstructor") + named(*RIDGE) + named("builtins", "dict") + b"}\x87R",
        named("copyreg", "_reconstructor") + named("sklearn.utils._bunch", "Bunch") + named("builtins", "object") + b"N\x87R",
        named(*RIDGE) + b")\x81N}" + text("alpha") + b"Ns\x86b",
    ],
)  # fmt: skip
def test_an_instance_that_is_made_in_another_way_than_picklers_write(made: bytes) -> None:
    refused(alone(made), "call-refused", "state-refused")


def test_an_estimator_that_holds_itself() -> None:
    body = named(*RIDGE) + b")\x81\x94" + mapping({"alpha": b"h\0"}) + b"b"
    refused(alone(body), "cyclic")


@pytest.mark.parametrize(
    "step",
    [
        CALLS + text("id") + b"\x85R",
        named("builtins", "eval") + text("1") + b"\x85R",
        instance("os", "_wrap_close"),
    ],
)
def test_a_step_that_hides_a_call(step: bytes) -> None:
    assert alone(pipeline(step)).standing is Standing.MALICIOUS


def test_a_distribution_whose_state_is_code() -> None:
    frozen = named("scipy.stats._continuous_distns", "uniform_gen") + b")\x81" + TEMPLATE + b"b"
    assert alone(pipeline(function(kw_args=mapping({"C": frozen})))).standing is Standing.CODE
    assert alone(frozen).standing is Standing.CODE


def test_a_function_with_its_arguments_at_hand() -> None:
    partial = named("functools", "partial")
    assert alone(function(func=partial + CALLS + b"\x85R(" + CALLS + b")}Ntb")).standing is Standing.MALICIOUS
    for inner in (named("_codecs", "encode"), named("builtins", "getattr")):
        assert (
            alone(function(func=partial + inner + b"\x85R(" + inner + b")}Ntb")).standing
            is not Standing.INERT
        )
    check = named("sklearn.utils.validation", "check_array")
    assert alone(function(func=partial + check + b"\x85R(" + check + b")}Ntb")).standing is Standing.INERT
    refused(
        alone(function(func=partial + check + b"\x85R(" + named("_codecs", "encode") + b")}Ntb")),
        "state-refused",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ROOT, whole(7, 4, 0)), (ROOT, whole(1, 1 << 40, 0)), (ROOT, whole(-2, 4, 0)), (ROOT, whole(1, -1, 0)),
        (ROOT, whole(0, 4, 0)), (SECOND, whole(2, 0, 3)), (SECOND, whole(1, 3, 3)), (ROOT, whole(1, 4, 4)), (ROOT, whole(1, 4, -5)),
        (LEAF, whole(0, -1, -2)), (b"node_count\x94K\x07", b"node_count\x94K\x06"), (b"node_count\x94K\x07", b"node_count\x94K\x08"),
        (b"h\x09K\x02\x8c\nnode_count", b"h\x09K\x01\x8c\nnode_count"), (b"h\x09K\x02\x8c\nnode_count", b"h\x09K\x09\x8c\nnode_count"),
        (b"n_features_in_\x94K\x04", b"n_features_in_\x94K\x03"), (b"n_features_in_\x94K\x04", b"n_features_in_\x94K\x05"),
        (b"K\x07K\x01K\x03\x87", b"K\x07K\x03K\x01\x87"), (b"C\x08" + whole(3), b"C\x08" + whole(2)),
    ],
)  # fmt: skip
def test_a_tree_with_an_index_that_lies_outside_of_it(old: bytes, new: bytes) -> None:
    which = 1 if old.startswith(b"C") else 0  # the second is of the tree, the first of its estimator
    refused(judged(changed(TREE, old, new, which)), "estimator-refused", "state-refused", "call-refused")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("neighbours-kd.p4.pkl", whole(0, 1, 2, 3), whole(0, 1, 2, 99)),
        ("neighbours-kd.p4.pkl", whole(0, 24, 1), whole(0, 25, 1)),
        ("neighbours-kd.p4.pkl", whole(0, 24, 1), whole(0, 24, 0)),
        ("neighbours-kd.p4.pkl", whole(0, 24, 1), whole(-1, 24, 1)),
        ("svc-sparse.p2.pkl", b"X\x08\0\0\0_n_features", b"X\x08\0\0\0_n_features"[:-1] + b"z"),
    ],
)
def test_another_index_that_lies_outside(name: str, old: bytes, new: bytes) -> None:
    octets = written(name)
    assert judged(octets).standing is Standing.INERT
    if old in octets:
        refused(judged(changed(octets, old, new)), "estimator-refused", "state-refused")
    else:
        assert name.startswith("svc")


def test_a_generator_whose_place_lies_outside_of_its_row() -> None:
    octets = written("gradient-random-state.p3.pkl")
    assert judged(octets).standing is Standing.INERT
    at = octets.index(b"M\x70\2", octets.index(b"pos"))
    refused(judged(octets[: at + 1] + b"\xff\xff" + octets[at + 3 :]), "state-refused")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("lightgbm-classes.p4.pkl", b"end of trees", b"end.of trees"),
        ("lightgbm-classes.p4.pkl", b"tree\nversion", b"tree\nVersion"),
        ("xgboost-classes.p4.pkl", b"Config", b"config"),
        ("xgboost-classes.p4.pkl", b"{L\0\0\0\0\0\0\0\6Config", b"{L\0\0\0\0\0\1\0\6Config"),
        ("catboost-classes.p4.pkl", b"CBM1", b"CBM2"),
        ("catboost-classes.p4.pkl", b"FlabuffersModel_v1", b"FlabuffersModel_v9"),
    ],
)
def test_a_model_of_a_booster_that_is_not_whole(name: str, old: bytes, new: bytes) -> None:
    octets = written(name)
    assert judged(octets).standing is Standing.INERT
    refused(judged(changed(octets, old, new)), "estimator-refused")


@pytest.mark.parametrize(
    ("module", "name", "attribute", "value"),
    [
        ("lightgbm.basic", "Booster", "_handle", b"K\1"), ("lightgbm.basic", "Booster", "_handle", b"C\1x"),
        ("xgboost.core", "Booster", "handle", b"K\1"), ("xgboost.core", "Booster", "handle", b"C\1x"),
        ("catboost.core", "CatBoost", "__model", b"K\1"), ("catboost.core", "CatBoost", "__model", text("CBM1")),
        ("xgboost.core", "Booster", "handle", named("builtins", "object")),
    ],
)  # fmt: skip
def test_a_pointer_in_the_place_of_a_model(module: str, name: str, attribute: str, value: bytes) -> None:
    refused(alone(instance(module, name, **{attribute: value})), "state-refused")


def test_objects_that_are_hidden_in_an_array() -> None:
    forest = written("GradientBoostingClassifier.p4.pkl")
    assert judged(forest).standing is Standing.INERT
    array = named("numpy._core.multiarray", "_reconstruct") + named("numpy", "ndarray") + b"K\0\x85C\1b\x87R"
    dtype = (
        named("numpy", "dtype")
        + text("O8")
        + b"\x89\x88\x87R(K\3"
        + text("|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
    )
    for inner, standing in (
        (CALLS + text("id") + b"\x85R", Standing.MALICIOUS),
        (named("_codecs", "encode"), Standing.UNKNOWN),
    ):
        hidden = array + b"(K\1K\1\x85" + dtype + b"\x89](" + inner + b"etb"
        assert alone(instance(*RIDGE, alpha=hidden, _sklearn_version=VERSION)).standing is standing


@pytest.mark.parametrize(
    ("subclass", "standing"),
    [
        (CALLS, Standing.MALICIOUS), (named("numpy", "memmap"), Standing.MALICIOUS), (named("numpy.ma", "MaskedArray"), Standing.UNKNOWN),
        (named(*RIDGE), Standing.UNKNOWN), (named("builtins", "object"), Standing.UNKNOWN),
    ],
)  # fmt: skip
def test_an_array_of_joblib_that_becomes_something_else(subclass: bytes, standing: Standing) -> None:
    wrapper = named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81"
    dtype = (
        named("numpy", "dtype")
        + text("i8")
        + b"\x89\x88\x87R(K\3"
        + text("<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    )
    state = {"subclass": subclass, "shape": b"K\1\x85", "order": text("C"), "dtype": dtype, "allow_mmap": b"\x88", "numpy_array_alignment_bytes": b"K\x10"}  # fmt: skip
    body = b"\x80\4" + wrapper + mapping(state) + b"b" + b"\1\xff" + whole(1) + b"."
    assert judged(body).standing is standing


def test_a_model_of_pytorch_within_an_estimator() -> None:
    inner = named("collections", "OrderedDict") + b")R"
    assert alone(instance(*RIDGE, alpha=inner)).standing is Standing.INERT
    refused(
        alone(instance(*RIDGE, alpha=named("torch", "device") + text("cpu") + b"\x85R")), "estimator-refused"
    )


def test_a_class_that_no_table_has_beside_those_that_one_has() -> None:
    assert (
        judged(framed(instance("sklearn.utils._testing", "TempMemmap", data=b"N"))).standing
        is Standing.MALICIOUS
    )
    assert (
        alone(pipeline(instance("sklearn.utils.parallel", "_FuncWrapper", function=b"N"))).standing
        is Standing.CODE
    )
    assert alone(pipeline(instance("sklearn.mine", "Ridge"))).standing is Standing.CODE
    assert alone(pipeline(instance("mine", "Ridge"))).standing is Standing.UNKNOWN


def reals(shape: bytes, count: int) -> bytes:
    """Return the instructions that push an array of zeros."""
    kind = (
        named("numpy", "dtype")
        + text("f8")
        + b"\x89\x88\x87R(K\3"
        + text("<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    )
    array = named("numpy._core.multiarray", "_reconstruct") + named("numpy", "ndarray") + b"K\0\x85C\1b\x87R"
    return array + b"(K\1" + shape + kind + b"\x89C" + bytes((8 * count,)) + bytes(8 * count) + b"tb"


def test_a_module_of_a_bare_name_is_taken_only_after_what_puts_it_there() -> None:
    loss = named("_loss", "CyHalfSquaredError") + b")R"
    refused(alone(loss), "global-unknown")
    assert alone(instance("sklearn._loss.loss", "HalfSquaredError", closs=loss)).standing is Standing.INERT


def test_what_fills_a_masked_array_is_looked_at_too() -> None:
    kind = (
        named("numpy", "dtype")
        + text("f8")
        + b"\x89\x88\x87R(K\3"
        + text("<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    )
    masked = (
        named("numpy.ma.core", "_mareconstruct")
        + b"("
        + named("numpy.ma", "MaskedArray")
        + named("numpy", "ndarray")
        + b"K\0\x85"
    )
    for filled, standing in (
        (b"N", Standing.INERT),
        (function(func=named("_codecs", "encode")), Standing.UNKNOWN),
    ):
        state = b"(K\1K\1\x85" + kind + b"\x89C\x08" + bytes(8) + b"C\1\0" + filled + b"tb"
        file = alone(instance(*RIDGE, alpha=masked + text("b") + b"tR" + state))
        assert file.standing is standing, file.reasons


@pytest.mark.parametrize(
    ("name", "count", "inert"),
    [("Minkowski", 0, True), ("Minkowski", 1, False), ("Euclidean", 1, True), ("Euclidean", 0, False)],
)
def test_weights_of_a_distance_that_are_not_as_many_as_its_dimensions(
    name: str, count: int, *, inert: bool
) -> None:
    made = (
        named("sklearn.metrics._dist_metrics", "newObj")
        + named("sklearn.metrics._dist_metrics", f"{name}Distance64")
        + b"\x85R"
    )
    state = (
        b"G\x40\0\0\0\0\0\0\0"
        + reals(b"K" + bytes((count,)) + b"\x85", count)
        + reals(b"K\1K\1\x86", 1)
        + b"\x87b"
    )
    assert (alone(made + state).standing is Standing.INERT) is inert

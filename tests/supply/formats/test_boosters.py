"""XGBoost, LightGBM and CatBoost in their own formats: numbers and names, to the last octet."""

import pytest

from bartizan.supply.format import Format
from bartizan.supply.formats import catboost, json, lightgbm, xgboost
from bartizan.supply.octets import Budget
from bartizan.supply.subject import Standing
from tests.supply.formats.looking import seen, words
from tests.supply.formats.made import made

UBJ = made("booster.ubj")
TEXT = made("booster.txt")
CBM = made("classifier.cbm")
LEARNER = b"{L\0\0\0\0\0\0\0\7learner"
VERSION = b"L\0\0\0\0\0\0\0\7version[#L\0\0\0\0\0\0\0\0}"


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (xgboost.FORMAT, "booster.ubj"),
        (json.FORMAT, "booster.json"),
        (lightgbm.FORMAT, "booster.txt"),
        (catboost.FORMAT, "classifier.cbm"),
    ],
)
def test_files_of_the_real_libraries_are_inert(shape: Format, name: str) -> None:
    read = seen(shape, made(name))
    assert read.reasons == ()
    assert read.format == ("xgboost-json" if name == "booster.json" else "")


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (UBJ + b"x", "octets-left"),
        (UBJ[:-1], "cut-off"),
        (LEARNER + b"Z}", "part-missing"),
        (LEARNER + b"Z" + VERSION[:-1] + VERSION, "name-twice"),
        (LEARNER + b"Q" + VERSION, "ubjson-malformed"),
        (LEARNER + b"[$Z#L\xff\xff\xff\xff\xff\xff\xff\xff" + VERSION, "ubjson-malformed"),
        (LEARNER + b"[#L\xff\xff\xff\xff\xff\xff\xff\xff" + VERSION, "ubjson-malformed"),
        (LEARNER + b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff" + VERSION, "cut-off"),
        (LEARNER + b"[$d1]" + VERSION, "ubjson-malformed"),
        (LEARNER + b"S" + b"L\x7f\xff\xff\xff\xff\xff\xff\xff" + VERSION, "cut-off"),
        (LEARNER + b"[" * 100 + b"]" * 100 + VERSION, "too-deep"),
        (LEARNER + b"{SU\1a}" + VERSION, "ubjson-malformed"),
        (LEARNER + b"{U\1\xffZ}" + VERSION, "not-text"),
        (LEARNER + b"Z" + VERSION.replace(b"}", b"U\1aZ}"), "part-missing"),
    ],
)
def test_an_xgboost_that_is_not_exact_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(xgboost.FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {word})


def test_a_list_that_counts_nothing_costs_what_it_says() -> None:
    endless = LEARNER + b"[#L\x7f\xff\xff\xff\xff\xff\xff\xff" + b"Z" * 1000
    assert words(seen(xgboost.FORMAT, endless, Budget(operations=500))) == {"too-much-work"}


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (TEXT[:-1] + b"x\n", "json-malformed"),
        (TEXT[: TEXT.index(b"pandas_categorical")], "cut-off"),
        (TEXT[: TEXT.index(b"end of trees")], "cut-off"),
        (TEXT.replace(b"num_leaves=3", b"num_leaves=33333", 1), "tree-size"),
        (TEXT.replace(b"Tree=0", b"Tree=x"), "line-malformed"),
        (TEXT.replace(b"num_class=1", b"cos\nsystem"), "line-malformed"),
        (TEXT.replace(b"end of trees", b"import os\nend of trees"), "line-malformed"),
        (TEXT.replace(b"parameters:", b"\x1b[2J\nparameters:"), "line-malformed"),
        (TEXT.replace(b"[boosting: gbdt]", b"import os"), "line-malformed"),
        (TEXT.replace(b"tree_sizes=", b"tree_sizes=1 "), "tree-size"),
        (TEXT.replace(b"tree_sizes=", b"tree_sizes=x"), "line-malformed"),
    ],
)
def test_a_lightgbm_that_is_not_exact_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(lightgbm.FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {word})


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (CBM + b"x", "part-unknown"),
        (CBM[:-1], "cut-off"),
        (CBM.replace(b"FlabuffersModel_v1", b"FlabuffersModel_v2"), "version-unknown"),
        (CBM[:8] + b"\xff" * 4 + CBM[12:], "cut-off"),
        (b"CBM1\0\0\0\0", "cut-off"),
    ],
)
def test_a_catboost_that_is_not_exact_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(catboost.FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {word})

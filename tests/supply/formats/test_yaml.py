"""YAML: the same as JSON is held to, and no tag, alias or second name that changes what is read."""

import pytest

from bartizan.supply.formats.yaml import FORMAT
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Standing
from tests.supply.formats.looking import seen, words


def standing(text: str) -> tuple[Standing, set[str]]:
    read = seen(FORMAT, text.encode())
    return read.standing, words(read)


@pytest.mark.parametrize(
    "text",
    [
        "model:\n  encoder:\n    _target_: nemo.collections.asr.modules.ConvASREncoder\n    layers: [1, 2]\n",
        "a: &x {b: 1}\nc: *x\n---\nd: !!str 1\n",
        "a: &x [*x]\n",
        "a: 2026-11-28\nb: ~\n? [1, 2]\n: c\n",
        "",
        "# nothing\n",
    ],
)
def test_configurations_are_inert(text: str) -> None:
    assert standing(text) == (Standing.INERT, set())


@pytest.mark.parametrize(
    ("text", "found", "word"),
    [
        ("a:\n  - _target_: os.system\n", Standing.MALICIOUS, "target-dangerous"),
        ("a: &t os.system\nb: {_target_: *t}\n", Standing.MALICIOUS, "target-dangerous"),
        ("a: &k _target_\nb: {*k : os.system}\n", Standing.MALICIOUS, "target-dangerous"),
        ("---\na: 1\n---\n_target_: os.system\n", Standing.MALICIOUS, "target-dangerous"),
        ('"_tar\\x67et_": os.system\n', Standing.MALICIOUS, "target-dangerous"),
        ("a: !!python/object/apply:os.system [id]\n", Standing.MALICIOUS, "yaml-tag"),
        ("a: !<tag:yaml.org,2002:python/name:os.system> x\n", Standing.MALICIOUS, "yaml-tag"),
        ("%TAG ! tag:yaml.org,2002:python/\n---\na: !name:os.system x\n", Standing.MALICIOUS, "yaml-tag"),
        ("a: !mine x\n", Standing.CODE, "yaml-tag"),
        ("_target_: somebody.Thing\n", Standing.CODE, "target-not-allowed"),
        ("base: &b {_target_: somebody.Thing}\nx: {<<: *b}\n", Standing.CODE, "target-not-allowed"),
        ("trust_remote_code: true\n", Standing.CODE, "remote-code"),
        ("a: 1\na: 2\n", Standing.UNKNOWN, "yaml-name-twice"),
        ("a: *nothing\n", Standing.UNKNOWN, "yaml-malformed"),
        ("a: [1\n", Standing.UNKNOWN, "yaml-malformed"),
        ("a: " + "[" * 200 + "]" * 200, Standing.UNKNOWN, "too-deep"),
    ],
)
def test_what_a_loader_would_run_is_told(text: str, found: Standing, word: str) -> None:
    assert standing(text) == (found, {word})


@pytest.mark.parametrize("value", ["false", "no", "off", "False", "null", "~", "''"])
def test_what_is_turned_off_is_off(value: str) -> None:
    assert standing(f"trust_remote_code: {value}\n") == (Standing.INERT, set())


def test_aliases_of_aliases_cost_what_they_are() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    assert seen(FORMAT, text.encode(), Budget(operations=20_000)).standing is Standing.INERT


def test_size_and_work_are_bounded() -> None:
    assert standing("a: " + "x" * (1 << 20)) == (Standing.UNKNOWN, {"yaml-too-large"})
    assert words(seen(FORMAT, b"- a\n" * 1000, Budget(operations=500))) == {"too-much-work"}
    assert words(seen(FORMAT, b"a: \xff")) == {"not-text"}


def test_it_is_known_by_its_name() -> None:
    assert FORMAT.knows(Octets(b"a: 1", "conf/model_config.YAML"))
    assert not FORMAT.knows(Octets(b"a: 1", "model"))

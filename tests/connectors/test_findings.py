"""Findings of other tools: read by their standards, counted, and nothing of their text gets on record."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.connectors import ocsf_findings, sarif
from bartizan.connectors.findings import (
    DEEPEST,
    KIND,
    LARGEST,
    MOST_ROWS,
    DocumentRefused,
    Finding,
    Read,
    name,
    rows,
    subject,
)
from bartizan.connectors.ocsf import encode
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event, Outcome
from tests.connectors.drawn import SOURCE, entries


def log(*results: dict[str, Any], rules: list[dict[str, Any]] | None = None, tool: str = "CodeQL") -> bytes:
    driver = {"name": tool, "rules": rules or []}
    return json.dumps(
        {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results)}]}
    ).encode()


def event(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    known: dict[str, Any] = {
        "class_uid": 2004,
        "activity_id": 1,
        "severity_id": 4,
        "metadata": {"product": {"name": "Scanner"}},
        "finding_info": {"uid": "1", "title": "a person's text", "analytic": {"uid": "py/sqli"}},
    }
    return known | more


@pytest.mark.parametrize(
    ("result", "rule", "found"),
    [
        ({"ruleId": "a"}, {}, ("a", "medium", False)),
        ({"ruleId": "a", "level": "error"}, {}, ("a", "high", False)),
        ({"ruleId": "a", "level": "none", "kind": "review"}, {}, ("a", "informational", False)),
        ({"ruleId": "a"}, {"id": "a", "defaultConfiguration": {"level": "note"}}, ("a", "low", False)),
        (
            {"ruleIndex": 0, "level": "note"},
            {"id": "b", "properties": {"security-severity": "9.1"}},
            ("b", "critical", False),
        ),
        (
            {"rule": {"index": 0}},
            {"id": "b", "properties": {"security-severity": 4.0}},
            ("b", "medium", False),
        ),
        ({"ruleId": "a"}, {"id": "a", "properties": {"security-severity": "nan"}}, ("a", "medium", False)),
        ({"ruleId": "a", "baselineState": "absent"}, {}, ("a", "medium", True)),
        (
            {"ruleId": "a", "suppressions": [{"kind": "inSource", "status": "rejected"}]},
            {},
            ("a", "medium", False),
        ),
        ({"ruleId": "a", "ruleIndex": -1}, {"id": "b"}, ("a", "medium", False)),
        ({"level": ["x"]}, {}, ("", "unknown", False)),
        ({"ruleId": "a", "kind": "pass"}, {}, None),
        ({"ruleId": "a", "suppressions": [{"kind": "external"}]}, {}, None),
    ],
)
def test_a_result_of_sarif_is_what_the_standard_says(
    result: dict[str, Any], rule: dict[str, Any], found: tuple[str, str, bool] | None
) -> None:
    read = sarif.read(log(result, rules=[rule]))
    assert read.tools == ("CodeQL",)
    assert read.findings == (() if found is None else (Finding("CodeQL", *found),))
    assert read.left == (found is None)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, [("py/sqli", "high", False)]),
        ({"activity_id": 3}, [("py/sqli", "high", True)]),
        ({"severity_id": 6}, [("py/sqli", "critical", False)]),
        ({"severity_id": True}, [("py/sqli", "unknown", False)]),
        (
            {"class_uid": 2003, "finding_info": {}, "compliance": {"control": "ac-2"}},
            [("ac-2", "high", False)],
        ),
        (
            {
                "class_uid": 2002,
                "vulnerabilities": [{"cve": {"uid": "CVE-2024-1"}}, {"cve": {"uid": "CVE-2024-2"}}],
            },
            [("CVE-2024-1", "high", False), ("CVE-2024-2", "high", False)],
        ),
        ({"finding_info": {"title": "single"}}, [("", "high", False)]),
        ({"class_uid": 302_004}, [("py/sqli", "high", False)]),
        ({"class_uid": 6003}, []),
    ],
)
def test_an_event_of_ocsf_is_a_finding_by_its_category(
    more: dict[str, Any], found: list[tuple[str, str, bool]]
) -> None:
    read = ocsf_findings.read(json.dumps(event(**more)).encode())
    assert [(one.rule, one.severity, one.cleared) for one in read.findings] == found
    assert read.left == (not found)


def test_ocsf_comes_alone_in_an_array_or_one_a_line() -> None:
    one = json.dumps(event())
    for text, count in ((one, 1), (f"[{one},{one}]", 2), (f"{one}\n{one}\r\n\n", 2), (f"\ufeff{one}", 1)):
        assert len(ocsf_findings.read(text.encode()).findings) == count


DEEP = b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1)


@pytest.mark.parametrize("read", [sarif.read, ocsf_findings.read])
@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{",
        b"\xff",
        b"[NaN]",
        b'{"class_uid":1,"class_uid":2}',
        b'{"version":"2.1.0","runs":[],"runs":[]}',
        b'{"version":"2.1.0","runs":{}}',
        b'{"version":"2.1.0","runs":[3]}',
        b'{"version":"2.0.0","runs":[]}',
        b'{"class_uid":"2004"}',
        b'{"class_uid":2004}',
        b'{"class_uid":-1,"metadata":{"product":{"name":"x"}}}',
        b'"' + b"a" * 100,
        DEEP,
        b"[" * 200_000,
        b"1" * 10_000,
        json.dumps(event(metadata={"product": {"name": "x" * 5000}})).encode(),
        log({"ruleId": 7}),
        log({"ruleId": "x" * 5000}),
        log(tool="").replace(b'""', b"null"),
    ],
    ids=range(23),
)
def test_what_is_no_such_document_is_refused_in_words(read: Any, octets: bytes) -> None:  # noqa: ANN401
    with pytest.raises(DocumentRefused) as refused:
        read(octets)
    assert str(refused.value).startswith("the document cannot be imported: ")
    assert "x" * 50 not in str(refused.value)


def test_brackets_within_texts_are_no_depth() -> None:
    assert ocsf_findings.read(json.dumps(event(message="[{" * 500 + '\\"[')).encode()).findings


@given(st.binary())
def test_whatever_comes_is_read_or_refused(octets: bytes) -> None:
    for read in (sarif.read, ocsf_findings.read):
        try:
            found = read(octets)
        except DocumentRefused:
            continue
        assert isinstance(found, Read)


TEXTS = st.text(max_size=40)


@given(TEXTS, TEXTS, st.sampled_from(["high", "low", "unknown"]), st.booleans())
def test_no_text_of_a_document_gets_on_record(tool: str, rule: str, severity: str, cleared: bool) -> None:  # noqa: FBT001
    """But for a tool's name and a rule's id, in the record's own form: a letter, then letters, digits, `.`, `_`, `-`."""
    octets = f"{tool}\0{rule}".encode("utf-8", "surrogatepass")
    for row in rows("sarif", octets, Read((Finding(tool, rule, severity, cleared),), (tool,))):
        made = Event(0, KIND, "owner", subject("sarif", octets), Outcome.FOUND, "", row.detail)
        assert made.detail["source"] == name(tool)
        assert made.detail.get("rule", rule.lower()) == rule.lower()
        if rule:
            assert made.detail["digest"] == hashlib.sha256(rule.encode("utf-8", "surrogatepass")).hexdigest()


def test_rows_are_counted_the_same_each_time_and_a_silent_tool_has_one() -> None:
    found = (
        Finding("CodeQL", "py/sqli", "high"),
        Finding("CodeQL", "xss", "low"),
        Finding("CodeQL", "xss", "low"),
    )
    read = Read(found, ("CodeQL", "Semgrep OSS"))
    one = rows("sarif", b"x", read)
    assert one == rows("sarif", b"x", Read(found[::-1], ("Semgrep OSS", "CodeQL")))
    assert [(row.detail["source"], row.detail.get("rule"), row.detail["count"]) for row in one] == [
        ("codeql", None, 1),
        ("codeql", "xss", 2),
        ("semgrep-oss", None, 0),
    ]
    assert [row.cleared for row in one] == [False, False, True]


def test_a_document_of_endless_rules_is_refused() -> None:
    many = tuple(Finding("x", str(number), "low") for number in range(MOST_ROWS + 1))
    with pytest.raises(DocumentRefused, match="more than 10000"):
        rows("sarif", b"x", Read(many, ("x",)))
    with pytest.raises(DocumentRefused, match="larger than"):
        sarif.read(b" " * (LARGEST + 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Return the way to every value within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in places(one, (*at, key)))]


def with_another(value: Any, at: tuple[Any, ...], other: Any) -> Any:  # noqa: ANN401
    """Return a copy of a value with another one at a place."""
    if not at:
        return other
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[at[0]] = with_another(value[at[0]], at[1:], other)
    return copied


FULL_RESULT = {
    "ruleId": "a",
    "rule": {"id": "a", "index": 0},
    "ruleIndex": 0,
    "kind": "fail",
    "level": "error",
    "baselineState": "new",
    "suppressions": [{"status": "rejected"}],
}
FULL_RULE = {
    "id": "a",
    "properties": {"security-severity": "9.1"},
    "defaultConfiguration": {"level": "note"},
}
FULL_EVENT = event(vulnerabilities=[{"cve": {"uid": "CVE-1"}, "uid": "x"}], compliance={"control": "c"})


@pytest.mark.parametrize(
    ("form", "read", "document"),
    [
        ("sarif", sarif.read, json.loads(log(FULL_RESULT, rules=[FULL_RULE]))),
        ("ocsf", ocsf_findings.read, FULL_EVENT),
    ],
)
@given(data=st.data())
def test_whatever_stands_where_something_else_should_is_read_or_refused_in_a_sentence(
    form: str, read: Callable[[bytes], Read], document: dict[str, Any], data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from(places(document)))
    octets = json.dumps(with_another(document, at, data.draw(JSON))).encode()
    try:
        found = rows(form, octets, read(octets))
    except DocumentRefused:
        return
    assert len(found) <= MOST_ROWS


MEASURED = """
import resource, sys
from bartizan.connectors.findings import documents
limit = 1 << 30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
list(documents(eval(sys.argv[1])))
print("read")
"""


@pytest.mark.parametrize(
    "octets", ["b'\"' + b'a' * (24 << 20) + b'\"'", "b'\"' + b'\\\\n' * (12 << 20) + b'\"'"]
)
def test_a_long_string_takes_memory_of_its_own_length_and_not_a_hundred_times_that(octets: str) -> None:
    done = subprocess.run(  # a limit on memory is for a whole process
        [sys.executable, "-c", MEASURED, octets], capture_output=True, text=True, check=False
    )
    assert done.stdout == "read\n", done.stderr[-500:]


@given(entries())
def test_what_we_tell_in_ocsf_can_be_imported(entry: Entry) -> None:
    read = ocsf_findings.read(encode(SOURCE, entry))
    assert read.tools == ("Bartizan",)
    assert len(read.findings) + read.left == 1

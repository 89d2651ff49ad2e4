"""Requests: OTLP by OpenTelemetry's own schema, a webhook that is checked as its receiver checks it, and answers."""

import base64
import hashlib
import hmac
import json

import msgspec
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from bartizan.connectors import hec, nats, otlp, webhook
from bartizan.connectors.source import fields
from bartizan.ledger.entry import Entry
from tests.connectors.drawn import SOURCE, entries

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.mark.slow
@given(st.lists(entries(), max_size=4))
def test_a_request_of_otlp_is_read_by_its_schema_and_holds_every_entry(told: list[Entry]) -> None:
    request = json_format.Parse(
        otlp.request(SOURCE, told), ExportLogsServiceRequest(), ignore_unknown_fields=False
    )
    (several,) = request.resource_logs
    (scope,) = several.scope_logs
    assert len(scope.log_records) == len(told)
    for record, entry in zip(scope.log_records, told, strict=True):
        found = {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in record.attributes}
        assert record.time_unix_nano == entry.event.at
        assert found.pop("log.record.uid") == f"{SOURCE.ledger}/{entry.index}"
        assert found == {f"bartizan.{part}": value for part, value in fields(entry).items() if value != ""}


@given(st.lists(entries(), max_size=4))
def test_a_request_to_splunk_is_one_object_after_the_other(told: list[Entry]) -> None:
    body = hec.request(SOURCE, told)
    found = [json.loads(line) for line in body.split(b"\n")] if told else []
    assert [each["event"]["entry"] for each in found] == [entry.index for entry in told]


@given(st.lists(entries(), min_size=1, max_size=4), st.integers(0, 2**62))
def test_a_webhook_is_accepted_by_who_has_the_key_and_no_part_of_it_can_be_changed(
    told: list[Entry], at: int
) -> None:
    identity, body = webhook.request(SOURCE, told)
    headers = dict(webhook.signed(KEY, identity, at, body))
    assert verified(headers, body, KEY)
    assert not verified(headers, body + b" ", KEY)
    assert not verified(headers, body, KEY[::-1])
    assert not verified(headers | {"webhook-id": identity + "0"}, body, KEY)
    assert not verified(headers | {"webhook-timestamp": str(at // 10**9 + 1)}, body, KEY)
    data = json.loads(body)["data"]
    assert [each["entry"] for each in data["entries"]] == [entry.index for entry in told]
    assert webhook.request(SOURCE, told) == (identity, body)


def verified(headers: dict[str, str], body: bytes, key: bytes) -> bool:
    """Check a webhook as the specification tells its receivers to."""
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    version, _, signature = headers["webhook-signature"].partition(",")
    made = base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()
    return version == "v1" and hmac.compare_digest(signature, made)


@pytest.mark.parametrize(
    "text", ["", "secret", "whsec_", "whsec_AAAA", "whsec_" + "A" * 200, "whsec_ö", KEY.decode()]
)
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(webhook.KeyUnusable) as refused:
        webhook.key(text)
    assert len(text) < 10 or text not in str(refused.value)


def test_a_key_is_what_its_text_says() -> None:
    assert webhook.key("whsec_" + base64.b64encode(KEY).decode()) == KEY


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"code":"0"}', b"[" * 5000, b"\xff"])
def test_an_answer_that_is_none_of_the_collectors_is_told(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        hec.taken(body)
    if body:
        with pytest.raises((ValueError, RecursionError)):
            otlp.rejected(body if body != b'{"code":"0"}' else b'{"partialSuccess":3}')


def test_answers_say_what_they_say() -> None:
    assert hec.taken(b'{"text":"Success","code":0}')
    assert not hec.taken(b'{"text":"Server is busy","code":9}')
    assert otlp.rejected(b"") == 0
    assert otlp.rejected(b"{}") == 0
    assert otlp.rejected(b'{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"no"}}') == 3


# ---- NATS ------------------------------------------------------------------------------------------------
@given(st.binary(max_size=200))
def test_a_message_of_nats_says_how_long_it_is(payload: bytes) -> None:
    octets = nats.publish("audit.entries", "_INBOX.a.1", "bartizan.local/ab/7", payload)
    line, _, rest = octets.partition(b"\r\n")
    *words, head, whole = line.split(b" ")
    assert words == [b"HPUB", b"audit.entries", b"_INBOX.a.1"]
    assert rest == rest[: int(head)] + payload + b"\r\n"
    assert len(rest) == int(whole) + 2
    assert b"Nats-Msg-Id: bartizan.local/ab/7\r\n" in rest[: int(head)]


@pytest.mark.parametrize(
    ("subject", "identity"),
    [("a b", "x"), ("a\r\nPUB", "x"), ("", "x"), ("a.*", "x"), ("a", "x y"), ("a", "x\r\n")],
)
def test_no_subject_and_no_id_begins_another_message(subject: str, identity: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        nats.publish(subject, "_INBOX.a.1", identity, b"")


def test_a_credential_is_a_token_or_a_user_with_a_password() -> None:
    token = msgspec.json.decode(nats.connect("1", "s3cret", tls=True).partition(b" ")[2])
    person = msgspec.json.decode(nats.connect("1", "bartizan:s3cret:with", tls=False).partition(b" ")[2])
    nobody = msgspec.json.decode(nats.connect("1", "", tls=False).partition(b" ")[2])
    assert (token["auth_token"], token["tls_required"]) == ("s3cret", True)
    assert (person["user"], person["pass"]) == ("bartizan", "s3cret:with")
    assert not {"user", "pass", "auth_token"} & nobody.keys()


@given(st.binary(max_size=100))
def test_whatever_a_server_says_is_one_of_its_lines_or_refused(line: bytes) -> None:
    found = nats.message(line)
    assert found is None or (0 <= found[1] <= found[2])
    for read in (nats.info, nats.acknowledged):
        try:
            read(line)
        except nats.NotNats:
            continue


def test_a_servers_lines_are_read() -> None:
    assert nats.message(b"MSG _INBOX.a.1 1 27") == ("_INBOX.a.1", 0, 27)
    assert nats.message(b"MSG _INBOX.a.1 1  27") == ("_INBOX.a.1", 0, 27)
    assert nats.message(b"MSG _INBOX.a.1 1 reply.to 27") == ("_INBOX.a.1", 0, 27)
    assert nats.message(b"HMSG _INBOX.a.1 1 12 12") == ("_INBOX.a.1", 12, 12)
    assert nats.message(b"HMSG _INBOX.a.1 1 13 12") is None
    assert nats.message(b"PONG") is None
    assert nats.acknowledged(b'{"stream":"AUDIT","seq":4,"duplicate":true}')
    assert not nats.acknowledged(b'{"error":{"code":400,"err_code":10054},"stream":"AUDIT","seq":0}')
    assert nats.info(b'INFO {"headers":true,"jetstream":true,"max_payload":1048576}').jetstream

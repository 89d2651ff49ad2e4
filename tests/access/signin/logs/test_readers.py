"""Readers of foreign logs: what each line means, and that no line does more than be unreadable."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.signin.logs import READERS
from bartizan.access.signin.logs.told import LineUnreadable, Told, lines
from bartizan.access.signin.subject import Act, Credential, Reason
from bartizan.clock import SECOND
from tests.access.signin.logs import lines as of

EIGHT = int(datetime(2026, 11, 27, 8, tzinfo=UTC).timestamp()) * SECOND


def _read(name: str, line: bytes) -> Told:
    told = READERS[name].read(line)
    assert told is not None
    return told


@pytest.mark.parametrize(
    ("name", "line", "act", "reason", "principal", "address"),
    [
        ("keycloak", of.KEYCLOAK_LOGIN, Act.SIGN_IN, Reason.NONE, "4e2fbbbc", "203.0.113.7"),
        ("keycloak", of.KEYCLOAK_WRONG, Act.SIGN_IN, Reason.SECRET_WRONG, "4e2fbbbc", "203.0.113.7"),
        ("keycloak", of.KEYCLOAK_NOBODY, Act.SIGN_IN, Reason.PRINCIPAL_UNKNOWN, "admin", "203.0.113.8"),
        ("keycloak", of.KEYCLOAK_REUSED, Act.RENEW, Reason.REFRESH_REUSED, "4e2fbbbc", "203.0.113.7"),
        ("oidc", of.OIDC_LOGIN, Act.SIGN_IN, Reason.NONE, "anna", "2001:db8:1:2::7"),
        ("oidc", of.OIDC_REUSED, Act.RENEW, Reason.REFRESH_REUSED, "anna", "203.0.113.7"),
        ("oidc", of.OIDC_CONSENT, Act.CONSENT, Reason.NONE, "anna", ""),
        ("entra", of.ENTRA_WRONG, Act.SIGN_IN, Reason.SECRET_WRONG, "26be570a", "203.0.113.7"),
        ("entra", of.ENTRA_EXPORTED, Act.RENEW, Reason.NONE, "26be570a", "203.0.113.7"),
        ("entra", of.ENTRA_CONSENT, Act.CONSENT, Reason.NONE, "26be570a", "203.0.113.7"),
        ("okta", of.OKTA_WRONG, Act.SIGN_IN, Reason.SECRET_WRONG, "00u1", "203.0.113.7"),
        ("okta", of.OKTA_REUSED, Act.RENEW, Reason.REFRESH_REUSED, "00u1", "203.0.113.7"),
        ("sshd", of.SSHD_ACCEPTED, Act.SIGN_IN, Reason.NONE, "anna", "203.0.113.7"),
        ("sshd", of.SSHD_FAILED, Act.SIGN_IN, Reason.SECRET_WRONG, "anna", "203.0.113.9"),
        ("sshd", of.SSHD_INVALID, Act.SIGN_IN, Reason.PRINCIPAL_UNKNOWN, "admin", "2001:db8::9"),
        ("sshd", of.SSHD_LEFT, Act.SIGN_IN, Reason.SECRET_WRONG, "anna", "203.0.113.9"),
        ("kubernetes", of.KUBERNETES_GOOD, Act.SIGN_IN, Reason.NONE, "anna", "203.0.113.7"),
        ("kubernetes", of.KUBERNETES_ANONYMOUS, Act.SIGN_IN, Reason.PRINCIPAL_UNKNOWN, "", "203.0.113.9"),
        ("kubernetes", of.KUBERNETES_BINDING, Act.CONSENT, Reason.NONE, "anna", "203.0.113.7"),
    ],
)
def test_a_line_tells_what_was_tried_by_whom_and_from_where(
    name: str, line: bytes, act: Act, reason: Reason, principal: str, address: str
) -> None:
    told = _read(name, line)
    assert (told.act, told.reason, told.principal, told.address) == (act, reason, principal, address)


def test_instants_are_read_with_their_zone_and_fraction() -> None:
    assert _read("sshd", of.SSHD_FAILED).at == EIGHT
    assert _read("oidc", of.OIDC_LOGIN).at == EIGHT - 3600 * SECOND
    assert _read("entra", of.ENTRA_WRONG).at == EIGHT + 123_456_000
    assert _read("keycloak", of.KEYCLOAK_WRONG).at == EIGHT + SECOND + 199_000_000
    assert _read("sshd", of.SSHD_ACCEPTED).at == 1_764_230_400_123_456_000


def test_devices_places_sessions_and_credentials_are_taken_where_they_are_told() -> None:
    login = _read("oidc", of.OIDC_LOGIN)
    assert (login.device, login.place, login.session, login.credential) == (
        "laptop",
        "SE",
        "s1",
        Credential.PASSKEY,
    )
    assert _read("okta", of.OKTA_WRONG).device == "9f3a"
    assert _read("okta", of.OKTA_WRONG).session == ""
    assert _read("entra", of.ENTRA_EXPORTED).session == "se-1"
    assert _read("entra", of.ENTRA_WRONG).place == "SE"
    assert _read("sshd", of.SSHD_ACCEPTED).device == "SHA256:abc"


def test_far_reaching_consents_are_grave() -> None:
    for name, line in (
        ("oidc", of.OIDC_CONSENT), ("entra", of.ENTRA_CONSENT), ("kubernetes", of.KUBERNETES_BINDING)
    ):  # fmt: skip
        assert _read(name, line).grave


def test_a_try_that_sshd_writes_twice_counts_once() -> None:
    assert READERS["sshd"].read(of.SSHD_AGAIN) is None


def test_the_cluster_s_own_parts_and_other_programs_tell_of_no_sign_in() -> None:
    own = of.KUBERNETES_GOOD.replace(b'"username":"anna"', b'"username":"system:node:n1"')
    assert READERS["kubernetes"].read(own) is None
    cron = of.SSHD_ACCEPTED.replace(b'"SYSLOG_IDENTIFIER":"sshd"', b'"SYSLOG_IDENTIFIER":"cron"')
    assert READERS["sshd"].read(cron) is None


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_a_line_is_read_or_unreadable_and_nothing_else(name: str, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(of.SAMPLES[name]))
    at = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(at, min(len(line), at + 40)))
    hostile = line[:at] + data.draw(st.binary(max_size=30)) + line[end:]
    try:
        told = READERS[name].read(hostile)
    except LineUnreadable:
        return
    assert told is None or told.at >= 0


@pytest.mark.parametrize("name", ["entra", "keycloak", "okta", "oidc", "kubernetes"])
def test_an_array_and_its_lines_tell_the_same(name: str) -> None:
    samples = [each for each in of.SAMPLES[name] if each[:1] == b"{"]
    array = b"[" + b",\n".join(samples) + b"]"
    member = json.dumps({"@odata.context": "x", "value": [json.loads(each) for each in samples]}).encode()
    wanted = [READERS[name].read(each) for each in samples]
    assert [READERS[name].read(each) for each in lines(array)] == wanted
    assert [READERS[name].read(each) for each in lines(member)] == wanted
    assert [READERS[name].read(each) for each in lines(b"\n".join(samples))] == wanted


@given(octets=st.binary(max_size=200))
def test_any_octets_come_apart_into_lines(octets: bytes) -> None:
    assert all(lines(octets))

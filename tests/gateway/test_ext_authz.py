"""Decisions for proxies that forward by themselves: the whole chain, both records, and nothing for who may not ask."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.crypto.secret import Secret
from bartizan.gateway.ext_authz import PROTOCOL, service_of
from bartizan.gateway.ports import Ports
from bartizan.gateway.service import ServiceRoute
from tests.gateway.scene import GOOD, Answer, Scene, client, request, run, standing, turns

SECRET = "an edge's secret of thirty-two octets"  # noqa: S105 - of this test
READS = (b"GET", b"HEAD", b"OPTIONS")
WRITES = (b"POST", b"PUT", b"PATCH", b"DELETE")


def guarded(scene: Scene) -> None:
    """Have the scene's gateway decide for a service `reports` of its proxies."""
    plain = scene.ports

    def ports() -> Ports:
        before = plain()
        more = ServiceRoute("reports", "", protocol=PROTOCOL, base="")
        return msgspec.structs.replace(
            before, services=(*before.services, more), edge=Secret(SECRET.encode())
        )

    scene.ports = ports  # type: ignore[method-assign]  # the same, with one service more


def check(
    method: bytes = b"GET",
    path: bytes = b"/ext-authz/reports",
    *more: bytes,
    bearer: str = GOOD,
    secret: str = SECRET,
) -> bytes:
    """Return a check as Envoy sends it: the client's method, no body, and a length of nothing."""
    fields = (b"Content-Length: 0", *([b"x-bartizan-edge: " + secret.encode()] if secret else []), *more)
    lines = [b"%b %b HTTP/1.1" % (method, path), b"Host: localhost", *fields]
    if bearer:
        lines.append(b"Authorization: Bearer " + bearer.encode())
    return b"\r\n".join(lines) + b"\r\n\r\n"


def asked(*checks: bytes, prepare: str = "", methods: tuple[bytes, ...] = ()) -> tuple[list[Answer], Scene]:
    """Ask on one connection; return the answers and the scene as it was left."""

    async def scenario() -> tuple[list[Answer], Scene]:
        async with standing(guarded) as scene, client(scene) as one:
            if prepare:
                scene.forbidden.add(prepare)
            answers = []
            for number, octets in enumerate(checks):
                one.send(octets)
                answers.append(await one.answer(methods[number] if methods else b"GET"))
            await turns()
            scene.kept = scene.events()  # type: ignore[attr-defined]  # the file goes with the scene
            return answers, scene

    return run(scenario())


@pytest.mark.parametrize("method", [*READS, *WRITES])
def test_what_may_pass_is_let_through_with_both_records_and_nothing_is_forwarded(method: bytes) -> None:
    (answer,), scene = asked(check(method), methods=(method,))
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers[b"x-envoy-auth-headers-to-remove"] == b"authorization,x-bartizan-edge"
    assert answer.headers[b"x-bartizan-principal"] == b"p-00000000000000aa"
    admitted, completed = scene.kept  # type: ignore[attr-defined]
    request_id = answer.headers[b"x-request-id"].decode()
    assert (admitted.kind, completed.kind) == ("gateway.request.admitted", "gateway.request.completed")
    assert admitted.subject == completed.subject == request_id
    assert (admitted.detail["service"], admitted.detail["route"]) == ("reports", "ext-authz")
    assert (completed.detail["status"], completed.detail["reason"]) == (200, "done")
    assert scene.decided == [("workload.drill", "read" if method in READS else "write", "")]
    assert scene.upstream.received == []


def test_what_may_not_pass_is_refused_with_the_words_for_it_and_is_on_record() -> None:
    async def scenario() -> None:
        async with standing(guarded) as scene, client(scene) as one:
            scene.forbidden.add("write")
            for octets, status, reason in (
                (check(bearer=""), 401, "token-missing"),
                (check(bearer="forged"), 401, "signature-invalid"),
                (check(b"POST"), 403, "not-permitted"),
                (check(), 429, "principal-rate"),
            ):
                if status == 429:
                    scene.waits["workload.drill"] = 3_000_000_000
                one.send(octets)
                answer = await one.answer(b"GET")
                assert (answer.status, answer.reason) == (status, reason)
                if status == 429:
                    assert answer.headers[b"retry-after"] == b"3"
            await turns()
            refused = [event.detail["reason"] for event in scene.events("gateway.request.refused")]
            assert "not-permitted" in refused

    run(scenario())


def test_a_proxy_may_append_what_was_asked_for() -> None:
    (answer, *_), scene = asked(
        check(path=b"/ext-authz/reports/of/2026/q3"), check(path=b"/ext-authz/reports/")
    )
    assert answer.status == 200
    assert len(scene.decided) == 2


@pytest.mark.parametrize("secret", ["", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "*"])
@pytest.mark.parametrize("bearer", [GOOD, "forged", ""])
def test_who_does_not_show_the_secret_reads_what_any_path_that_leads_nowhere_says(
    secret: str, bearer: str
) -> None:
    nowhere = request(b"GET", b"/nowhere/reports", bearer=bearer)
    (answer, other), scene = asked(check(secret=secret, bearer=bearer), nowhere)
    said, told = answer.json(), other.json()
    assert (answer.status, said | {"instance": ""}) == (404, told | {"instance": ""})
    assert answer.headers.keys() == other.headers.keys()
    assert scene.decided == []
    assert scene.kept == []  # type: ignore[attr-defined]


def test_a_service_that_is_not_guarded_so_is_not_decided_for() -> None:
    paths = (
        b"/ext-authz/main",
        b"/ext-authz/control",
        b"/ext-authz/",
        b"/ext-authz",
        b"/reports/v1/models",
        b"/ext-authz/other",
    )
    answers, scene = asked(*(check(path=path) for path in paths))
    assert [answer.status for answer in answers] == [404] * len(paths)
    assert scene.decided == []


def test_two_secrets_are_one_too_many_and_a_body_is_not_read() -> None:
    async def scenario() -> None:
        async with standing(guarded) as scene:
            for octets, status in (
                (check(b"GET", b"/ext-authz/reports", b"x-bartizan-edge: other"), 400),
                (check(b"POST").replace(b"Content-Length: 0", b"Content-Length: 2") + b"{}", 413),
                (
                    check(b"POST").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
                    + b"2\r\n{}\r\n0\r\n\r\n",
                    413,
                ),
            ):
                async with client(scene) as one:
                    one.send(octets)
                    assert (await one.answer(b"GET")).status == status
            assert scene.decided == []

    run(scenario())


def test_a_revocation_holds_for_the_next_check() -> None:
    async def scenario() -> None:
        async with standing(guarded) as scene, client(scene) as one:
            for _ in range(2):
                one.send(check())
                assert (await one.answer(b"GET")).status == 200
            scene.revoked.add("workload.drill")
            scene.number += 1
            one.send(check())
            assert (await one.answer(b"GET")).status == 401

    run(scenario())


@given(path=st.binary(max_size=40))
def test_only_paths_below_the_prefix_name_a_service(path: bytes) -> None:
    name = service_of(path)
    assert not name or path.startswith(b"/ext-authz/" + name)
    assert service_of(b"/ext-authz/reports" + b"/" + path) == b"reports"

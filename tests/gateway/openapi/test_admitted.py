"""A described service over sockets: what a head got through with is kept, and nothing of an earlier body with it."""

import json

import pytest

from bartizan.gateway.ports import Ports
from bartizan.gateway.service import ServiceRoute
from tests.gateway.openapi.pets import DOCUMENT
from tests.gateway.scene import GOOD, Scene, client, run, standing


@pytest.fixture(autouse=True)
def _described(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Scene.ports

    def ports(scene: Scene) -> Ports:
        found = plain(scene)
        shop = ServiceRoute("shop", "shop.example", "http", "/api", description=json.dumps(DOCUMENT))
        scene.targets["shop"] = scene.upstream
        return _with(found, shop)

    monkeypatch.setattr(Scene, "ports", ports)


def _with(found: Ports, service: ServiceRoute) -> Ports:
    values = {name: getattr(found, name) for name in found.__struct_fields__}
    return Ports(**{**values, "services": (*found.services, service)})


def patch(body: bytes, media: bytes = b"application/json") -> bytes:
    kind = b"\r\nContent-Type: " + media if media else b""
    return (
        b"PATCH /shop/pets/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b%b\r\nContent-Length: %d\r\n\r\n%b"
        % (GOOD.encode(), kind, len(body), body)
    )


def test_a_remembered_head_says_nothing_of_the_next_body() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            for _ in range(3):
                assert (await one.ask(patch(b"", media=b""))).status == 200
                assert (await one.ask(patch(b"{}"))).status == 200
                assert (await one.ask(patch(b"[]"))).status == 422
                assert (await one.ask(patch(b"x"))).reason == "json-malformed"
                assert (await one.ask(patch(b""))).status == 200
            assert [seen.body for seen in scene.upstream.received] == [b"", b"{}", b""] * 3
            assert {seen.target for seen in scene.upstream.received} == {b"/api/pets/1"}
            assert {asked[1] for asked in scene.decided} == {"write"}

    run(scenario())


def test_a_body_without_its_media_type_is_refused_though_its_head_got_through_without_one() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(patch(b"", media=b""))).status == 200
            answer = await one.ask(patch(b"{}", media=b""))
            assert (answer.status, answer.reason) == (415, "content-type-unknown")
            assert len(scene.upstream.received) == 1

    run(scenario())


def test_other_services_have_no_escapes_beside_a_described_one() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            for target in (
                b"/v1/%6dodels",
                b"/v1/models?a=%41",
                b"/spare/v1/models%2f",
                b"/az/openai/models?api-version=%32",
            ):
                head = b"GET %b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n\r\n"
                answer = await one.ask(head % (target, GOOD.encode()))
                assert answer.reason in ("path-encoded", "query-malformed")
            assert not scene.upstream.received

    run(scenario())

"""An adversary who writes JSON that two readers understand differently, or that costs much to read."""

import pytest

from tests.gateway.scene import client, request, run, standing

START = b'{"model":"m","messages":[{"role":"user","content":"x"}]'
TOOL = b',"tools":[{"type":"function","function":{"name":"f","parameters":%b}}]}'
BAD = {
    "a model twice": (START + b',"model":"n"}', "json-member-repeated"),
    "a role twice": (
        b'{"model":"m","messages":[{"role":"user","role":"user","content":"x"}]}',
        "json-member-repeated",
    ),
    "a content twice": (
        b'{"model":"m","messages":[{"role":"user","content":"a","content":"b"}]}',
        "json-member-repeated",
    ),
    "a member twice, once escaped": (START + b',"\\u006dodel":"n"}', "json-member-repeated"),
    "a member twice, deep": (START + TOOL % b'{"a":{"b":[{"c":1,"c":2}]}}', "json-member-repeated"),
    "a member twice, hidden by an escaped colon": (
        START + b',"user":"\\u003a","n":1,"n":1}',
        "json-member-repeated",
    ),
    "a member twice, hidden by a capital one": (
        START + b',"user":"\\u003A","n":1,"n":1}',
        "json-member-repeated",
    ),
    "a member twice, hidden in its own value": (
        START + b',"user":"a:b","user":"\\u003a\\u003a"}',
        "json-member-repeated",
    ),
    "members 65 deep": (START + TOOL % (b'{"a":' * 61 + b"1" + b"}" * 61), "json-too-deep"),
    "arrays 60,000 deep": (
        START + TOOL % (b'{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}"),
        "json-too-deep",
    ),
    "arrays that do not end": (START + TOOL[:-3] % (b'{"a":' + b"[" * 60_000), "json-too-deep"),
    "a number beyond range": (START + b',"temperature":1e999}', "json-number-range"),
    "not a number": (START + b',"temperature":NaN}', "json-malformed"),
    "octets that are no UTF-8": (START + b',"user":"\xff"}', "json-malformed"),
    "UTF-8 that is too long": (START + b',"user":"\xc0\xaf"}', "json-malformed"),
    "half a surrogate pair": (START + b',"user":"\\ud800"}', "json-malformed"),
    "a byte order mark": (b"\xef\xbb\xbf" + START + b"}", "json-malformed"),
    "a comment": (START + b"/* */}", "json-malformed"),
    "a comma at the end": (START + b",}", "json-malformed"),
    "two documents": (START + b"}" + START + b"}", "json-malformed"),
    "nothing": (b"", "json-malformed"),
    "an array": (b"[]", "field-invalid"),
    "a field that nobody knows": (START + b',"__proto__":{}}', "field-unknown"),
    "a field of another API, deep": (
        b'{"model":"m","messages":[{"role":"user","content":"x","y":1}]}',
        "field-unknown",
    ),
    "no model": (b'{"messages":[{"role":"user","content":"x"}]}', "field-missing"),
    "no messages": (b'{"model":"m","messages":[]}', "field-invalid"),
    "a role that nobody has": (b'{"model":"m","messages":[{"role":"root","content":"x"}]}', "field-invalid"),
    "a number for a text": (START + b',"user":1}', "field-invalid"),
    "a text for a number": (START + b',"n":"1"}', "field-invalid"),
    "a truth for a number": (START + b',"n":true}', "field-invalid"),
    "choices without bound": (START + b',"n":1000000}', "field-invalid"),
    "a negative number of tokens": (START + b',"max_tokens":-1}', "field-invalid"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_doubtful_body_is_refused_by_name(name: str) -> None:
    body, reason = BAD[name]

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(body=body))
            assert (answer.status, answer.reason) == (400, reason)
            assert (await one.ask(request())).status == 200
            assert len(scene.upstream.received) == 1

    run(scenario())


@pytest.mark.parametrize(
    "media", [b"text/plain", b"application/x-www-form-urlencoded", b"application/jsonp", b"*/*", b""]
)
def test_a_body_of_another_type_is_not_read(media: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(media=media))
            assert (answer.status, answer.reason) == (415, "content-type-unknown")

    run(scenario())


def test_a_compressed_body_is_not_read() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(
                request(b"POST", b"/v1/chat/completions", b"{}", b"Content-Encoding: gzip")
            )
            assert (answer.status, answer.reason) == (415, "encoding-refused")

    run(scenario())


FORM = b"application/x-www-form-urlencoded"
BAD_FORMS = {
    b"grant_type=a&grant_type=b": "form-repeated",
    b"grant_type=a&grant%5Ftype=b": "form-repeated",
    b"grant_type=a;scope=b": "form-malformed",
    b"grant_type": "form-malformed",
    b"grant_type=%zz": "form-malformed",
    b"grant_type=%ff": "form-malformed",
    b"grant_type=%00": "form-malformed",
    b"grant_type=a%0d%0ascope=b": "form-malformed",
    b"grant_type=\xe9": "form-malformed",
    b"grant_type=a&admin=true": "form-unknown",
    b"&".join(b"a%d=b" % n for n in range(40)): "form-malformed",
}


@pytest.mark.parametrize("form", BAD_FORMS)
def test_a_doubtful_form_does_not_reach_the_authorization_server(form: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", b"/oauth/token", form, bearer="", media=FORM))
            assert (answer.status, answer.reason) == (400, BAD_FORMS[form])
            assert scene.control.received == []

    run(scenario())


def test_a_form_beyond_16_kib_is_not_read() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            octets = request(b"POST", b"/oauth/token", b"scope=" + b"a" * 16_400, bearer="", media=FORM)
            answer = await one.ask(octets)
            assert (answer.status, answer.reason) == (413, "body-too-large")

    run(scenario())

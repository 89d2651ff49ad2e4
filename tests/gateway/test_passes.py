"""What is remembered of a head is what reading it anew would say, and is gone with the first change."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.bounds import PASS_OCTETS, PASSES
from bartizan.gateway.faults import Refusal
from bartizan.gateway.passes import Pass, Passes
from bartizan.gateway.ports import Circumstances
from bartizan.gateway.request import HeadReader, RequestHead
from bartizan.gateway.routes import Routes
from bartizan.gateway.service import ServiceRoute
from bartizan.gateway.share import Shares
from bartizan.ledger.content import content_tag
from tests.gateway.scene import CHAT, DRILL, NOBODY, OTHER, Changed, Known, client, request, run, standing

READER = HeadReader(["localhost"])
ROUTE = Routes([ServiceRoute("main", "main")], "main").all()[0]
HEAD = RequestHead(b"POST", b"/v1/chat/completions", 1, True, 5, False, "t", b"", b"application/json", False)
LENGTHS = st.one_of(
    st.integers(0, 10**13).map(str), st.sampled_from(["", "05", "+5", "-1", "5 ", "0x5", "5,5", "1_0"])
)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SAID = st.one_of(
    st.text("0123456789abcdef-= ;,\t\n\r\x00\x7f\xff", max_size=8),
    st.sampled_from(["", "a.b.c", "d.e.f", "a b", TRACE, TRACE.replace("4", "5"), TRACE.replace("f", "F"), TRACE + "-x", TRACE + " ",
                     f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01"]),
)  # fmt: skip
LINES = st.lists(
    st.sampled_from([
        "Content-Length: {}", "content-length: {}", "CONTENT-LENGTH: {}", "Content-Length:{}", "Content-Length:\t{}",
        "X: Content-Length: {}", "X-Content-Length: {}", "Transfer-Encoding: chunked", "Host: localhost",
        "Authorization: Bearer t", "Connection: close", "Expect: 100-continue", "traceparent: []", "Traceparent: []",
        "TRACEPARENT: []", "traceparent:[]", f"traceparent: {TRACE}", "tracestate: []", "Baggage:[]", "X-Request-ID:\t[]",
        "sentry-trace: []", "x-request-id: []", "DPoP: []", "dpop:[]", "DPOP: \t[]", "dpop: a.b.c", "Authorization: DPoP t",
    ]),
    max_size=7,
)  # fmt: skip
METHODS = st.sampled_from(["POST", "GET", "DELETE", "PUT", "PRI"])


def read(head: bytes) -> RequestHead | str:
    try:
        return READER.read(head)
    except Refusal as fault:
        return fault.reason


@given(METHODS, LINES, st.tuples(LENGTHS, LENGTHS), st.tuples(SAID, SAID))
def test_heads_that_are_kept_under_one_key_differ_in_their_length_trace_and_proof_alone(
    method: str, lines: list[str], lengths: tuple[str, str], said: tuple[str, str]
) -> None:
    one, other = (
        "\r\n".join([f"{method} /v1/chat/completions HTTP/1.1", "Host: localhost", *lines])
        .replace("{}", length)
        .replace("[]", words)
        .encode("latin-1")
        for length, words in zip(lengths, said, strict=True)
    )
    known, passes = read(one), Passes()
    key, values = passes.split(other)
    if not isinstance(known, RequestHead) or passes.split(one)[0] != key:
        return  # only what was accepted is kept
    found, passed = read(other), Pass(known, ROUTE, key)
    assert isinstance(found, RequestHead)
    trace, parent = passed.caller(values)
    proof = passed.proof(values)
    assert found == RequestHead(
        known.method, known.path, known.minor, known.keep_alive, passed.length(values), known.expects, known.token,
        known.basic, known.media, known.encoded, known.edge, trace, parent, known.query,
        {**known.fields, **({b"dpop": proof.encode()} if proof else {})}, known.scheme, proof, known.host,
    )  # fmt: skip


def test_a_head_with_another_trace_and_another_request_id_is_known_again() -> None:
    passes = Passes()
    one, other = (
        b"POST /a HTTP/1.1\r\ntraceparent: 00-%032x-%016x-01\r\nx-request-id: %d\r\nContent-Length: %d"
        % (number, number, number, number)
        for number in (1, 23)
    )
    key, _ = passes.split(one)
    same, values = passes.split(other)
    assert key == same
    passed = Pass(READER.read(one.replace(b"\r\n", b"\r\nHost: localhost\r\n", 1)), ROUTE, key)
    assert passed.length(values) == 23
    assert passed.caller(values) == (f"{23:032x}", f"{23:016x}")


def test_what_a_description_looks_at_is_part_of_the_key() -> None:
    heads = [b"GET /a HTTP/1.1\r\nbaggage: %d" % number for number in (1, 2)]
    assert len({Passes().split(head)[0] for head in heads}) == 1
    assert len({Passes(told=(b"baggage",)).split(head)[0] for head in heads}) == 2


def test_heads_that_differ_elsewhere_have_other_keys() -> None:
    heads = {
        b"POST /a HTTP/1.1\r\nContent-Length: 5\r\nX: 5",
        b"POST /a HTTP/1.1\r\nContent-Length: 5\r\nX: 6",
        b"POST /a HTTP/1.1\r\nX: 5\r\nContent-Length: 5",
        b"POST /a HTTP/1.1\r\nX: 5",
        b"GET /a HTTP/1.1\r\nContent-Length: 0",
        b"GET /a HTTP/1.1\r\nContent-Length: 5",
        b"GET /a HTTP/1.1\r\ntracestate: 5",
        b"GET /a HTTP/1.1\r\nTracestate: 5",
        b"GET /a HTTP/1.1\r\ntracestate: 5\xff",
        b"GET /a HTTP/1.1\r\ntracestate: 5\r\ntracestate: 5",
        b"GET /a HTTP/1.1\r\ntraceparent: 5",
        b"GET /a HTTP/1.1\r\nDPoP: a",
        b"GET /a HTTP/1.1\r\nDPoP: a b",
        b"GET /a HTTP/1.1\r\nX-DPoP: a",
    }
    assert len({Passes().split(head)[0] for head in heads}) == len(heads)


def test_a_change_leaves_nothing_but_the_reading_of_the_head() -> None:
    passes, key = Passes(), (b"POST /a HTTP/1.1",)
    passed = Pass(HEAD, ROUTE)
    passed.recognize(DRILL, 7, Shares().of(ROUTE.service, DRILL.principal.id), passes.tags(DRILL.principal))
    passed.allow(Circumstances("none"))
    passes.keep(key, passed)
    passes.follow(Changed(), 8)
    assert passes.of(key) is passed
    assert not any(
        (passed.who, passed.known, passed.id, passed.pseudonym, passed.tags, passed.share, passed.allowed)
    )
    assert int(passed.generation) < 0
    assert passed.head is HEAD


def test_what_tags_content_is_one_for_all_heads_of_a_principal_and_outlives_no_change() -> None:
    passes = Passes()
    tags = passes.tags(DRILL.principal)
    assert tags is not None
    assert tags is passes.tags(DRILL.principal) is not passes.tags(OTHER.principal)
    assert tags.of(b"x") == content_tag(DRILL.principal.content_key, b"x")
    passes.follow(Changed(everything=False, tokens=frozenset()), 8)
    assert passes.tags(DRILL.principal) is not tags
    assert passes.tags(NOBODY.principal) is None


@given(st.sets(st.sampled_from("abc")), st.sampled_from([6, 7]), st.sampled_from([-1, 8]))
def test_a_change_that_names_tokens_takes_the_answers_to_those_alone(
    tokens: set[str], found_in: int, next_number: int
) -> None:
    passes, kept = Passes(7), {}
    for token in "abc":
        kept[token] = Pass(HEAD, ROUTE)
        kept[token].who, kept[token].generation = Known(DRILL.principal, token=token), found_in
        passes.keep((token.encode(),), kept[token])
    passes.follow(Changed(everything=False, tokens=frozenset(tokens)), next_number)
    for token, passed in kept.items():
        if token in tokens or found_in != 7:  # what was not found in the state before is not known to hold
            assert passed.who is None
        else:
            assert (passed.who is not None, passed.generation) == (True, next_number)


def test_a_change_that_names_a_family_takes_the_answers_to_all_of_its_tokens_and_no_others() -> None:
    passes, kept = Passes(7), {}
    for token, family in (("a", "f-1"), ("b", "f-1"), ("c", "f-2"), ("d", "")):
        kept[token] = Pass(HEAD, ROUTE)
        kept[token].who = Known(DRILL.principal, token=token, lineage=(family, "t-parent"))
        kept[token].generation = 7
        passes.keep((token.encode(),), kept[token])
    passes.follow(Changed(everything=False, tokens=frozenset({"f-1"})), 8)
    assert {token for token, passed in kept.items() if passed.who is not None} == {"c", "d"}
    passes.follow(Changed(everything=False, tokens=frozenset({"t-parent"})), 9)
    assert all(passed.who is None for passed in kept.values())


def test_as_many_heads_as_the_bound_says_are_kept_and_those_in_use_longest() -> None:
    passes, busy = Passes(), (b"busy",)
    passes.keep(busy, Pass(HEAD, ROUTE))
    for number in range(5 * PASSES):
        passes.keep((b"%d" % number,), Pass(HEAD, ROUTE))
        if number % 1000 == 0:
            assert passes.of(busy) is not None
        assert len(passes) <= 2 * PASSES + 2
    assert passes.of((b"0",)) is None


def test_a_long_head_is_not_kept() -> None:
    passes, key = Passes(), (bytes(PASS_OCTETS), b"x")
    passes.keep(key, Pass(HEAD, ROUTE))
    assert passes.of(key) is None


def test_a_remembered_head_goes_on_in_the_trace_that_it_names_now() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            for number in (1, 2, 3):
                line = b"traceparent: 00-%032x-%016x-01" % (number, number)
                assert (await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, line))).status == 200
                told = scene.upstream.received[-1].header(b"traceparent")
                assert told is not None
                assert told.startswith(b"00-%032x-" % number)
            assert len(scene.gateway._plane.passes) == 1

    run(scenario())


def test_a_stranger_fills_no_memory() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            for token in ("bad", "worse", ""):
                assert (await one.ask(request(bearer=token))).status == 401
            assert len(scene.gateway._plane.passes) == 0
            assert (await one.ask(request())).status == 200
            assert len(scene.gateway._plane.passes) == 1

    run(scenario())


def test_the_circumstances_that_are_remembered_are_bounded() -> None:
    passed = Pass(HEAD, ROUTE)
    for number in range(1000):
        passed.allow(Circumstances("none", model=str(number)))
        assert len(passed.allowed) <= 16

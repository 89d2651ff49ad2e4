"""Where a link leads is told however it is written; what stays on the page, or is no link, is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.links import IMAGE, LINK, Links, hosts

LINKS = Links(["example.com", "*.example.org", "xn--bcher-kva.example", "[2001:db8::1]", "192.0.2.7"])


def rules(text: str) -> list[str]:
    return [each.rule for each in LINKS.elsewhere(text)]


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example",
        "see https://evil.example, please",
        "HTTPS://EVIL.EXAMPLE.",
        "www.evil.example/x",
        "(www.evil.example)",
        "ftp://evil.example/x",
        "wss://evil.example/x",
        "[x](https://evil.example)",
        "[x]( <https://evil.example/a b>)",
        "[x](\nhttps://evil.example)",
        "[x](//evil.example/a)",
        "[x](\\\\evil.example/a)",
        "[x](https:evil.example)",
        "[x](https:/evil.example)",
        "[x](https:///evil.example)",
        "[x](https\\://evil.example)",
        "[x](https&colon;//evil.example)",
        "[x](&#104;ttps://evil.example)",
        "[x](&#x2f;&#x2f;evil.example)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,hi)",
        "[x](zoommtg:join?x=1)",
        "[x](ftp://evil.example)",
        "[m](mailto:a@evil.example?body=x)",
        "[m](mailto:a@example.com,b@evil.example)",
        "<mailto:a@evil.example>",
        "<javascript:alert(1)>",
        "[a]: https://evil.example",
        "[a]: <//evil.example>",
        "<a href='https://evil.example'>",
        "<a href=//evil.example>",
        '<a href="\\\\evil.example">',
        "<a href='https:\\\\evil.example'>",
        "<a href='&#104;ttps://evil.example'>",
        "<a href='ht\ntps://evil.example'>",
        "<a href='\tjava\nscript:alert(1)'>",
        "<a href='\x01https:evil.example'>",
        "<a ping='/x //evil.example'>",
        "<form action=//evil.example>",
        "<base href='//evil.example/'>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        f"<a href={' ' * 80}//evil.example>",
        "https://example.com@evil.example/",
        "https://example.com:80@evil.example/",
        "https://example.com\\@evil.example",
        "https://example.com%40evil.example",
        "https://example.com%2f@evil.example",
        "https://example.com%2eevil.example",
        "https://example.com.evil.example",
        "https://notexample.com",
        "https://example.org",
        "https://notexample.org",
        "https://ev%69l.example",
        "https://\u0435xample.com",
        "https://example.com。evil.example",
        "https://bücher.evil.example",
        "https://straße.example.org.evil.example",
        "https://a.\u017ftraße.example",
        "https://[::1]/",
        "https://[2001:db8::1]@evil.example/",
        "https://192.0.2.8/",
        "http://3221225991/",
        "http://0xc0.0.2.7/",
        "https://example.com:x@/",
        "https:///",
        "https://" + "a" * 300,
        '{"url":"https:\\/\\/evil.example"}',
        "https://example.com and https://evil.example",
        "[https://example.com](https://evil.example)",
    ],
)
def test_a_link_to_elsewhere_is_told(text: str) -> None:
    assert rules(text) == [LINK]


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://evil.example/a.png)",
        "![a [b]](//evil.example)".replace("[b]", "b"),
        "![x](data:image/png;base64,AAAA)",
        "<img src=https://evil.example/x>",
        "<img alt='>' src=//evil.example>",
        "<IMG SRC = '//evil.example'>",
        "<img srcset='a.png 1x, //evil.example/b 2x'>",
        f"<img src='{chr(10) * 200}//evil.example'>",
        "<video poster=//evil.example/x>",
        "<object data='//evil.example/x'>",
        "<td background='//evil.example/x'>",
        "<style>a{background:url(//evil.example/x)}</style>",
        "<style>@import '//evil.example/x'</style>",
    ],
)
def test_an_image_from_elsewhere_is_told_as_one(text: str) -> None:
    assert rules(text) == [IMAGE]


def test_an_image_within_a_link_is_two() -> None:
    assert rules("[![a](https://evil.example/i)](https://evil.example/l)") == [IMAGE, LINK]


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com",
        "see https://example.com/a?b=c.",
        "**https://example.com**",
        "(https://example.com)",
        "`https://example.com`",
        '{"url": "https://example.com/a"}',
        "https://EXAMPLE.com:443/x",
        "https://user@example.com",
        "https://example.com./",
        "https://a.example.org, https://b.a.example.org",
        "https://bücher.example/x",
        "https://xn--bcher-kva.example",
        "https://[2001:db8::1]:8080/x",
        "http://192.0.2.7/x",
        "https://example.com/go?to=https://evil.example",
        "[x](https://a.example.org/x)",
        "![x](https://example.com/a.png)",
        "[m](mailto:a@example.com)",
        "<img srcset='a.png 1x, //example.com/b 2x'>",
        "[x](#a), [y](docs/x.md), [z](/a/b), [w](?q=1)",
        "<a href='/x'><img src=logo.png></a>",
        "src = 'foo:bar'",
        "def f(data='mysql:host=x'): ...",
        "[note]: see below",
        "x = 1 // comment",
        "if a<b: url = 'x:y'",
        "<xs:element name='a'>",
        "Use www. as a prefix, or www.",
        "JavaScript: The Good Parts",
        "a[i]: int = b[0](c)",
        "C:\\Users\\a",
        "and/or //",
    ],
)
def test_what_leads_nowhere_else_is_none(text: str) -> None:
    assert rules(text) == []


def test_it_is_told_where_it_stands() -> None:
    text = (
        "See [this](https://evil.example/a) and ![that](https://example.com/b), then https://evil.example/c."
    )
    assert [text[each.start : each.end] for each in LINKS.elsewhere(text)] == [
        "https://evil.example/a",
        "https://evil.example/c",
    ]


def test_an_empty_list_lets_nothing_lead_anywhere() -> None:
    assert [each.rule for each in Links([]).elsewhere("https://example.com")] == [LINK]


@given(st.text(alphabet="htps:/\\@.%[]()<>!&;#?='\" \t\nexamplwork", max_size=60))
def test_whatever_is_written_is_read_without_failing_and_in_order(text: str) -> None:
    found = [*LINKS.elsewhere(text)]
    assert all(0 <= each.start < each.end <= len(text) + 1 for each in found)
    assert found == sorted(found, key=lambda each: each.start)


@given(
    st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){1,3}", fullmatch=True),
    st.sampled_from(["", "/", "/a?b#c", ":8443/x"]),
)
def test_a_plain_address_leads_to_its_host(host: str, rest: str) -> None:
    assert {*hosts(f"https://{host}{rest}")} == {host}


def test_a_text_that_is_all_beginnings_takes_no_longer_for_it() -> None:
    for piece in ("](", "<a href=", "https://", "![", "www.a", "](<", "url("):
        text = piece * (32_768 // len(piece))
        assert isinstance([*LINKS.elsewhere(text)], list)

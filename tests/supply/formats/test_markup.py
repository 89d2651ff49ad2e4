"""HTML, SVG and XML: documents are data; what runs where they are shown is told, and what readers take in different ways is unclear."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from bartizan.supply.format import Read
from bartizan.supply.formats.markup import FORMAT
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Standing
from tests.supply.formats.looking import known_to_none, words

DOCUMENT = """<!DOCTYPE html>
<html lang=en><head><meta charset="utf-8"><meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1"><title>A &lt; b</title>
<style>p > a { background: url(a.png) }</style><link rel="stylesheet" href='a.css'></head>
<body class=wide><!-- a comment --><p>1 < 2 &amp; 3 <br/> <a href=/page?a=1&b=2 title="on the way">next</a>
<img src="data:image/svg+xml;base64,PHN2Zz4=" alt="x"><textarea>text</textarea><noscript><b>none</b></noscript></body></html>
"""
DRAWING = """<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><title>a</title>
<style type="text/css"><![CDATA[ a > b { fill: none } ]]></style><use xlink:href="#a"/><animate attributeName="x" to="1"/></svg>
"""
RECORD = '<?xml version="1.0"?>\n<rows><_ on-line="1">a</_><größe wert="2"/><a:b c:d="e"/></rows>'
ACTIVE = (
    "<p>text</p><script>1</script>",
    "<SCRIPT SRC=a.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<p/onclick=alert(1)>",
    "<svg><a:script xmlns:a='http://www.w3.org/1999/xhtml'>1</a:script></svg>",
    "<a href='javascript:alert(1)'>a</a>",
    "<a href='java&#10;script&colon;alert(1)'>a</a>",
    "<a href=' \tvbscript:a'>a</a>",
    "<a href='data:text/html,<b>'>a</a>",
    "<svg><use href='data:image/svg+xml,a'/></svg>",
    "<form action=javascript:a></form>",
    "<iframe srcdoc='a'></iframe>",
    "<object data=a.swf></object>",
    "<embed src=a.swf>",
    "<meta http-equiv=' Refresh' content='0;url=a'>",
    "<svg><set attributeName=onload to=a /></svg>",
    "<svg><animate attributeName='xlink:href' values='javascript:a'/></svg>",
    "<p style='width: expression(alert(1))'>a</p>",
    "<style>p { beh\\avior: url(a.htc) }</style>",
    "<?xml version='1.0'?><?xml-stylesheet href='a.xsl' type='text/xsl'?><a/>",
    "<html><?php system($_GET['a']) ?></html>",
    "<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform'/>",
    "<svg><style><img src=x onerror=a></style></svg>",
    "<title><img src=x onerror=a></title>",
)
UNCLEAR = (
    "<p>a <![CDATA[><img onerror=a>]]>",
    "<!--><script>1</script>-->",
    "<!---><script>1</script>-->",
    "<!-- a --!><script>1</script>-->",
    "<noscript><p title='</noscript><img src=x onerror=a>'></noscript>",
    "<textarea><a title='</textarea><img src=x onerror=a>'></textarea>",
    "<style><a title='</style><img src=x onerror=a>'></style>",
    "<title><!-- </title><img src=x onerror=a> --></title>",
    "<p title='a",
    "<p 'a'>",
    "<p a='b'c='d'>",
    "<!ELEMENT a>",
    "<?a > <script>1</script> ?>",
    "</ a><b>",
    "<_ a='<script>'>",
    "<xmp><img title='</xmp><img src=x onerror=a>'></xmp>",
    "<plaintext>a",
    "<p>a</p>\0<script>",
)


def seen(text: str, name: str = "a.html") -> Read:
    octets = Octets(text.encode(), name)
    assert FORMAT.knows(octets)
    return FORMAT.read(octets, Budget(), known_to_none)


@pytest.mark.parametrize(
    ("text", "word"), [(DOCUMENT, "html"), (DRAWING, "svg"), (RECORD, "xml"), ("", ""), ("only text", "")]
)
def test_a_document_without_anything_that_runs_is_data(text: str, word: str) -> None:
    assert seen(text) == Read(format=word)


@pytest.mark.parametrize("text", ACTIVE)
def test_what_runs_is_told(text: str) -> None:
    assert words(seen(text)) == {"markup-active"}
    assert seen(text).standing is Standing.CODE
    assert "markup-active" in words(seen(DOCUMENT + text))


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_readers_take_in_different_ways_is_not_understood(text: str) -> None:
    assert "markup-unclear" in words(seen(text))
    assert seen(text).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "markup-entities"),
        ("<?xml version='1.0' encoding='UTF-7'?><a/>", "markup-alphabet"),
        ("<meta charset=utf-16>", "markup-alphabet"),
        ("<meta http-equiv=content-type content='text/html; charset=iso-2022-jp'>", "markup-alphabet"),
    ],
)
def test_entities_and_other_alphabets_are_not_understood(text: str, word: str) -> None:
    assert words(seen(text)) == {word}
    assert seen(text).standing is Standing.UNKNOWN


def test_a_document_in_another_alphabet_than_it_was_read_in_is_not_understood() -> None:
    octets = Octets("<p>größe</p>".encode("latin-1"), "a.html")
    assert words(FORMAT.read(octets, Budget(), known_to_none)) == {"markup-alphabet"}


@pytest.mark.parametrize(
    ("octets", "name", "known"),
    [
        (b"text", "a.html", True),
        (b'{"a": "<script>1</script>"}', "a.htm", True),
        (b" \n<!DOCTYPE html>", "a.txt", True),
        (b"\xef\xbb\xbf<svg>", "a", True),
        (b"<?xml version='1.0'?>", "a.config", True),
        (b"<people@example.org> wrote", "a.txt", False),
        (b"# <script>", "a.md", False),
    ],
)
def test_it_is_known_as_browsers_know_it(octets: bytes, name: str, known: bool) -> None:  # noqa: FBT001
    assert FORMAT.knows(Octets(octets, name)) is known


class Running(HTMLParser):
    """The standard library's reader, which is lenient: whether what it finds would run."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.runs |= tag in {"script", "iframe"} or any(name.startswith("on") for name, _ in attrs)


PIECES = st.sampled_from([
    "<", ">", "</", "/>", "'", '"', "=", " ", "a", "<p ", "<script>", "onclick=b", "title=", "<!--", "-->", "<noscript>", "</noscript>",
    "<style>", "</style>", "<![CDATA[", "]]>", "<?x ", "?>", "<svg>", "</p>", "text", "\n", "&lt;", "<iframe ", "!", "-",
])  # fmt: skip


@given(text=st.lists(PIECES, max_size=24).map("".join))
def test_nothing_is_data_in_which_another_reader_finds_what_runs(text: str) -> None:
    reader = Running()
    reader.feed(text)
    reader.close()
    if reader.runs:
        assert seen(text).standing is not Standing.INERT

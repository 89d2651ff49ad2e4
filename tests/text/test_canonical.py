import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.text.canonical import Canonical, canonical
from bartizan.text.view import View

UNSEEN = (
    "\u200b\u200c\u200d\u2060\u2063\ufeff\u00ad\u034f\u180e\ufe0f\u202e\u2066\U000e0041\x00\x08\x7f\u2800"
)
TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from(f"{UNSEEN}іоеа\u0301\u0327ｉ𝓲🅰ﬀ㎏\u1112\u1161\u11abaei z"))
)


def spans(read: View, text: str) -> list[str]:
    """Return what each letter of a view stands for."""
    return [text[slice(*read.origin(place, place + 1))] for place in range(len(read.text))]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_ascii_is_its_own_view(text: str) -> None:
    seen = canonical(text)
    assert seen.view.text == text
    assert spans(seen.view, text) == list(text)
    assert not any(getattr(seen.disguises, name) for name in seen.disguises.__struct_fields__)


@given(TEXTS)
def test_every_letter_knows_where_it_came_from_and_in_which_order(text: str) -> None:
    view = canonical(text).view
    upto = 0
    for place in range(len(view.text)):
        start, end = view.origin(place, place + 1)
        assert 0 <= start < end <= len(text)
        assert start >= upto or view.origin(place - 1, place) == (start, end)
        upto = max(upto, start)
    if view.text:
        first, last = view.origin(0, 1), view.origin(len(view.text) - 1, len(view.text))
        assert view.origin(0, len(view.text)) == (first[0], last[1])


@given(TEXTS)
def test_a_canonical_view_has_no_other_one(text: str) -> None:
    once = canonical(text).view.text
    assert canonical(once).view.text == once


@given(st.text(st.sampled_from("abc de\n"), min_size=1), st.data())
def test_what_nobody_sees_changes_nothing_and_stands_in_no_span_of_a_letter(
    text: str, data: st.DataObject
) -> None:
    hidden = "".join(data.draw(st.text(st.sampled_from(UNSEEN), max_size=3)) + letter for letter in text)
    seen = canonical(hidden)
    assert seen.view.text == text
    assert spans(seen.view, hidden) == list(text)
    assert seen.disguises.unseen == len(hidden) - len(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Ｉｇｎｏｒｅ　ａｌｌ", "Ignore all"),
        ("𝓲𝓰𝓷𝓸𝓻𝓮 𝕒𝕝𝕝 ⓐⓛⓛ", "ignore all all"),
        ("🅸🅶🅽🅾🆁🅴 🇮🇬", "IGNORE IG"),
        ("іgnоrе аll рrеviоus", "ignore all previous"),
        ("ιgnοrε τhe", "ignore the"),
        ("ɪɢɴᴏʀᴇ ᴛʜᴇ", "iGnoRe The"),
        ("ѕсоре of іt", "scope of it"),
        ("i̷g̡n̸o̵r̴e", "ignore"),
        ("cafe\u0301 naïve Zürich", "café naïve Zürich"),
        ("ﬁle ㎏ №", "file kg No"),
        ("\u1112\u1161\u11ab 한국어", "한 한국어"),
    ],
)
def test_a_disguise_is_taken_off(text: str, plain: str) -> None:
    assert canonical(text).view.text.casefold() == plain.casefold()


@pytest.mark.parametrize(
    "text",
    [
        "Привет, как дела? Сор не выноси из избы.",
        "Η Ελλάδα είναι μια χώρα, και ο ήλιος λάμπει.",
        "Настройка Wi-Fi и USB: включите роутер",
        "The angle α and the change Δx; 5 μm; naïve façade; São Paulo; İstanbul",
        "नमस्ते दुनिया",
        "日本語テキスト、中文。",
        "שלום עולם",
        "مرحبا بالعالم",
        "“Quotes” — and dashes… and 😀 too",
        "Հայերեն լեզու",
        "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ",
    ],
)
def test_a_text_of_its_own_script_stays_as_it_is(text: str) -> None:
    seen = canonical(text)
    assert seen.view.text == unicodedata.normalize("NFKC", text)
    assert not seen.disguises.lookalike


def test_disguises_are_counted_apart() -> None:
    seen: Canonical = canonical("a\u200bb\u202ec\U000e0064\U000e0065 ｆ іgn x\u0301\u0302\u0303")
    assert seen.disguises.unseen == 4
    assert seen.disguises.turned == 1
    assert seen.disguises.tagged == 2
    assert seen.disguises.styled == 1
    assert seen.disguises.lookalike == 1
    assert seen.disguises.piled == 3


def test_a_letter_with_a_million_marks_is_read_in_time() -> None:
    seen = canonical("a" + "\u0301\u0327" * 500_000 + "b")
    assert len(seen.view.text) < 40
    assert seen.view.text[-1] == "b"
    assert seen.view.origin(len(seen.view.text) - 1, len(seen.view.text)) == (1_000_001, 1_000_002)


def test_a_lone_surrogate_is_left_as_it_is() -> None:
    assert canonical("a\ud800\u200bb").view.text == "a\ud800b"

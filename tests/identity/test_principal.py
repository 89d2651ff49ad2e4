import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.identity.principal import ANONYMOUS, Kind, NotAPrincipal, Principal, Uid, principal_id


def test_an_id_is_the_kind_and_the_name() -> None:
    assert principal_id(Kind.WORKLOAD, "drill-bare") == "workload.drill-bare"


@given(st.text(max_size=60))
def test_a_name_is_of_its_form_or_refused(name: str) -> None:
    try:
        found = principal_id(Kind.USER, name)
    except NotAPrincipal:
        return
    assert found == f"user.{name}"
    assert name.isascii()
    assert name == name.lower().strip()


@pytest.mark.parametrize("name", ["", "Drill", "a.b", "a" * 41, "1a", 'a"b', "a\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(NotAPrincipal):
        principal_id(Kind.USER, name)


def test_nobody_registers_as_anonymous() -> None:
    with pytest.raises(NotAPrincipal):
        principal_id(Kind.ANONYMOUS, "anonymous")


def test_a_principal_prints_without_its_key() -> None:
    somebody = Principal(
        "user.ada", Kind.USER, "ada", (), "p-0011223344556677", b"very-secret-content-key-32-bytes"
    )
    assert "very-secret" not in repr(somebody)
    assert "very-secret" not in f"{somebody} {[somebody]}"


def test_a_principal_is_an_entity_of_its_kind() -> None:
    assert Principal("device.tv", Kind.DEVICE, "tv", (), "p-0", b"").uid == Uid("Device", "tv")
    assert ANONYMOUS.uid == Uid("Anonymous", "anonymous")

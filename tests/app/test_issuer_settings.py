"""What an issuer's section leaves weaker than it could be is said."""

from bartizan.app.issuer_settings import Issuer, weak_issuers


def test_keys_in_the_clear_and_tokens_of_any_kind_are_weak() -> None:
    clear = Issuer("idp", "http://10.0.0.7/realms/a", ("api",), allow_private=("10.0.0.7:80",))
    loose = Issuer("old", "https://idp.example", ("api",), types=("at+jwt", "JWT"))
    (of_clear,) = weak_issuers([clear])
    (of_loose,) = weak_issuers([loose])
    assert of_clear.startswith("issuer idp: its keys cross the network in the clear")
    assert of_loose.startswith('issuer old: `types` holds "JWT"')


def test_an_issuer_as_it_should_be_is_not() -> None:
    strict = Issuer("idp", "https://idp.example", ("api",))
    named = Issuer("old", "https://old.example", ("api",), types=("JWT",), clients=("app",))
    assert list(weak_issuers([strict, named])) == []

import base64
import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from joserfc import jwk, jwt

from bartizan.access.issue.form import ASSERTION_TYPE
from bartizan.identity.token import pin
from tests.access.issue.workshop import document
from tests.http.platform import ISSUER, Answer, Control

pytestmark = pytest.mark.slow
FORM = ("Content-Type", "application/x-www-form-urlencoded")


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """Return one process for this whole file."""
    with Control(tmp_path_factory.mktemp("state") / ".bartizan") as running:
        yield running


@pytest.fixture(scope="module")
def client(control: Control) -> tuple[str, str]:
    """Return a client's id and secret."""
    made = control.ask("POST", "/admin/v1/principals", {"name": "ci"}).json
    return made["client_id"], made["client_secret"]


def form(client: str, secret: str, **more: str) -> bytes:
    return urlencode(
        {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, **more}
    ).encode()


def test_a_secret_in_the_form_gets_a_bearer_token_that_nobody_stores(
    control: Control, client: tuple[str, str]
) -> None:
    answer = control.ask("POST", "/oauth/token", form(*client), [FORM], of="control")
    assert (answer.status, answer.json["token_type"], answer.json["expires_in"]) == (200, "Bearer", 600)
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


def test_a_secret_as_basic_gets_one_too(control: Control, client: tuple[str, str]) -> None:
    basic = "Basic " + base64.b64encode(":".join(client).encode()).decode()
    body = b"grant_type=client_credentials&audience=bartizan%3Acontrol"
    answer = control.ask("POST", "/oauth/token", body, [FORM, ("Authorization", basic)], of="control")
    assert answer.status == 200


def test_a_wrong_secret_and_an_unknown_client_get_the_same_answer(
    control: Control, client: tuple[str, str]
) -> None:
    answers = [
        control.ask("POST", "/oauth/token", form(*pair), [FORM], of="control")
        for pair in ((client[0], "bartizan_wrong"), ("c-0000000000000000", client[1]))
    ]
    assert [answer.status for answer in answers] == [401, 401]
    assert answers[0].body == answers[1].body
    assert answers[0].json["error"] == "invalid_client"
    assert answers[0].headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        (b"", [FORM], "invalid_request"),
        (b"{}", [("Content-Type", "application/json")], "invalid_request"),
        (b"grant_type=password", [FORM], "unsupported_grant_type"),
        (b"grant_type=client_credentials", [FORM, FORM], "invalid_request"),
        (
            b"grant_type=client_credentials",
            [FORM, ("Authorization", "Basic YTpi"), ("Authorization", "Basic YzpK")],
            "invalid_request",
        ),
    ],
)
def test_other_requests_get_the_error_documents_of_rfc_6749(
    control: Control, body: bytes, headers: list[tuple[str, str]], error: str
) -> None:
    answer = control.ask("POST", "/oauth/token", body, headers, of="control")
    assert (answer.status, answer.json["error"]) == (400, error)
    assert answer.headers["content-type"] == "application/json"


def test_a_form_that_is_too_long_is_not_read(control: Control) -> None:
    answer = control.ask("POST", "/oauth/token", b"x" * 9000, [FORM], of="control")
    assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")


def test_metadata_and_keys_are_public_and_agree_with_what_workers_pin(control: Control) -> None:
    about = control.ask("GET", "/.well-known/oauth-authorization-server", of="control")
    keys = control.ask("GET", "/oauth/jwks", of="control")
    assert about.json["issuer"] == ISSUER
    assert pin(ISSUER, ["ES256"], keys.json["keys"]).keys.keys() == {
        key["kid"] for key in control.states[-1].issuers[0].keys
    }
    assert "public" in keys.headers["cache-control"]
    assert '"d"' not in keys.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/oauth/token", 405),
        ("POST", "/oauth/jwks", 405),
        ("GET", "/status", 404),
        ("POST", "/admin/v1/tokens", 404),
    ],
)
def test_nothing_else_is_served_here_least_of_all_what_is_the_owners(
    control: Control, method: str, path: str, status: int
) -> None:
    answer = control.ask(method, path, of="control")
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /oauth/jwks HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /oauth/jwks HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /oauth/jwks HTTP/1.1\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"\0" * 100 + b"\r\n\r\n",
    ],
)
def test_what_the_gateway_should_have_stopped_is_stopped_here_too(control: Control, head: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(control.folder.control_socket))
        connection.sendall(head)
        assert connection.recv(4096).split(b" ", 2)[1] in {b"400", b"431", b"501"}


def test_a_client_that_signs_gets_a_token_once_an_assertion(control: Control) -> None:
    key = jwk.ECKey.generate_key("P-256")
    made = control.ask("POST", "/admin/v1/principals", {"name": "signs", "keys": document(key).decode()}).json
    assert made["client_secret"] == ""
    now = int(time.time())
    said = {"iss": made["client_id"], "sub": made["client_id"], "aud": ISSUER, "jti": "1", "exp": now + 60}
    shown = jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, said, key)
    body = urlencode(
        {
            "grant_type": "client_credentials",
            "client_assertion": shown,
            "client_assertion_type": ASSERTION_TYPE,
        }
    ).encode()
    assert control.ask("POST", "/oauth/token", body, [FORM], of="control").status == 200
    again = control.ask("POST", "/oauth/token", body, [FORM], of="control")
    assert (again.status, again.json["error"]) == (401, "invalid_client")
    assert "access.client.keyed" in control.kinds()
    replaced = control.ask(
        "PUT", f"/admin/v1/principals/{made['id']}/keys", {"keys": document().decode()}, [("If-Match", "*")]
    )
    assert replaced.json == {"kids": ["one"]}
    other = jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, said | {"jti": "2"}, key)
    body = body.replace(shown.encode(), other.encode())
    assert control.ask("POST", "/oauth/token", body, [FORM], of="control").status == 401


def test_a_token_for_one_service_names_it_and_one_for_none_is_not_given(
    control: Control, client: tuple[str, str]
) -> None:
    for_one = control.ask(
        "POST", "/oauth/token", form(*client, resource=f"{ISSUER}/sample"), [FORM], of="control"
    )
    payload = for_one.json["access_token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["aud"] == "bartizan:gateway:sample"
    assert control.events()[-1].detail["service"] == "sample"
    for_none = control.ask(
        "POST", "/oauth/token", form(*client, resource=f"{ISSUER}/control"), [FORM], of="control"
    )
    assert (for_none.status, for_none.json["error"]) == (400, "invalid_target")


def test_a_new_key_of_the_issuer_is_published_beside_the_old_in_force_and_at_both_documents(
    control: Control,
) -> None:
    any_key, before = [("If-Match", "*")], control.ask("GET", "/admin/v1/issuer")
    seen = [("If-Match", before.headers["etag"])]
    step = control.ask("POST", "/admin/v1/issuer/rotations", None, seen)
    assert (step.status, step.json["signs_in"]) == (202, 300)
    assert control.ask("GET", "/admin/v1/issuer").json["next"] == step.json["kid"]
    outdated = control.ask("POST", "/admin/v1/issuer/rotations", {"at_once": True}, seen)
    assert (outdated.status, outdated.json["reason"]) == (412, "precondition-failed")
    keys = control.ask("GET", "/oauth/jwks", of="control").json["keys"]
    pinned = {key["kid"] for key in control.states[-1].issuers[0].keys}
    assert {key["kid"] for key in keys} == pinned
    assert (len(pinned), step.json["kid"] in pinned) == (2, True)
    again = control.ask("POST", "/admin/v1/issuer/rotations", None, any_key)
    assert (again.status, again.json["reason"]) == (409, "rotation-under-way")
    at_once = control.ask("POST", "/admin/v1/issuer/rotations", {"at_once": True}, any_key)
    assert at_once.json == {"kid": step.json["kid"], "signs_in": 0}
    assert [key["kid"] for key in control.ask("GET", "/oauth/jwks", of="control").json["keys"]] == [
        step.json["kid"]
    ]
    about, openid = (
        control.ask("GET", f"/.well-known/{name}", of="control").json
        for name in ("oauth-authorization-server", "openid-configuration")
    )
    assert about == openid


def test_who_is_not_signed_in_is_led_to_it_and_from_there_back_to_the_question(control: Control) -> None:
    made = control.ask(
        "POST", "/admin/v1/principals", {"name": "shop", "redirects": ["https://shop.example/back"]}
    ).json
    pushed = {
        "client_id": made["client_id"],
        "client_secret": made["client_secret"],
        "response_type": "code",
        "redirect_uri": "https://shop.example/back",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    answer = control.ask("POST", "/oauth/par", urlencode(pushed).encode(), [FORM], of="control")
    assert (answer.status, answer.json["expires_in"]) == (201, 600)
    told = urlencode({"client_id": made["client_id"], "request_uri": answer.json["request_uri"]})
    page = control.ask("GET", f"/oauth/authorize?{told}", None, [FORM], of="control")
    assert (page.status, page.headers["location"]) == (303, f"/people/sign-in?next=consent&{told}")
    page = control.ask("POST", "/oauth/authorize", told.encode(), [FORM], of="control")
    assert (page.status, page.headers["location"]) == (303, "/people/sign-in")
    for wrong, status, error in (
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"redirect_uri": "https://evil.example/back"}, 400, "invalid_request"),
        ({"client_secret": "no"}, 401, "invalid_client"),
    ):
        refused = control.ask("POST", "/oauth/par", urlencode(pushed | wrong).encode(), [FORM], of="control")
        assert (refused.status, refused.json["error"]) == (status, error)


def test_addresses_that_are_nobodys_own_are_refused_at_registration(control: Control) -> None:
    for wanted in (
        {"redirects": ["http://shop.example/back"]},
        {"public": True},
        {"public": True, "redirects": ["https://shop.example/back"], "keys": document().decode()},
    ):
        answer = control.ask("POST", "/admin/v1/principals", {"name": "bad", **wanted})
        assert (answer.status, answer.json["reason"]) == (422, "redirect-refused")


def test_a_client_asks_about_its_token_and_gives_it_back(control: Control, client: tuple[str, str]) -> None:
    token = control.ask("POST", "/oauth/token", form(*client), [FORM], of="control").json["access_token"]

    def asked(path: str, **said: str) -> Answer:
        body = urlencode({"client_id": client[0], "client_secret": client[1], **said}).encode()
        return control.ask("POST", path, body, [FORM], of="control")

    hint = {"token_type_hint": "none of these"}
    told = asked("/oauth/introspect", token=token, **hint)
    assert (told.status, told.json["active"], told.json["sub"]) == (200, True, "workload.ci")
    assert told.headers["cache-control"] == "no-store"
    generation = len(control.states)
    assert (asked("/oauth/revoke", token=token).status, len(control.states)) == (200, generation + 1)
    assert control.events()[-1].kind == "access.token.revoked"
    assert asked("/oauth/introspect", token=token).json == {"active": False}
    assert asked("/oauth/revoke", token=token).status == 200
    for path in ("/oauth/introspect", "/oauth/revoke"):
        assert asked(path).json["error"] == "invalid_request"
        wrong = asked(path, token=token, client_secret=client[0])
        assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
        nobody = asked(path, token=token, client_id="c-0000000000000000")
        assert nobody.body == wrong.body

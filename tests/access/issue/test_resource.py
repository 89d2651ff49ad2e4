import pytest

from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.mint import Signer, mint, new_key
from bartizan.access.issue.resource import audience_of
from bartizan.access.outcome import Allowed, Authenticated
from bartizan.identity.refusal import AudienceWrong
from bartizan.identity.state import pinned
from bartizan.identity.token import verify
from tests.access.house import CALLER, WITH_SERVICE, access, bearer, known, refusal, state
from tests.access.test_decide import SAFE as HERE
from tests.identity.forge import START

URL = "https://localhost:8443"
SERVICES = ("assistant", "tools")


def test_a_services_url_is_the_audience_of_that_service() -> None:
    assert audience_of(f"{URL}/tools", URL, SERVICES) == "bartizan:gateway:tools"


@pytest.mark.parametrize(
    "resource",
    [
        "",
        URL,
        f"{URL}/",
        f"{URL}/control",
        f"{URL}/tools/",
        f"{URL}/tools/v1",
        f"{URL}/tools?x",
        f"{URL}/tools#x",
        f"{URL}//tools",
        f"{URL}/%74ools",
        "https://LOCALHOST:8443/tools",
        "https://evil.example/tools",
        "tools",
    ],
)
def test_what_names_no_service_exactly_is_refused(resource: str) -> None:
    with pytest.raises(GrantRefused, match="invalid_target"):
        audience_of(resource, URL, SERVICES)


def test_a_token_for_one_service_is_good_there_and_nowhere_else() -> None:
    room = access(state(services=WITH_SERVICE))
    who = room.authenticate(bearer(CALLER, aud="bartizan:gateway:assistant"), START)
    assert isinstance(who, Authenticated)
    assert who.service == "assistant"
    assert isinstance(room.authorize(who, "chat", "assistant", HERE), Allowed)
    assert refusal(room.authorize(who, "chat", "sample", HERE)) == "token-elsewhere"
    assert isinstance(room.authorize(known(room, CALLER), "chat", "assistant", HERE), Allowed)
    assert refusal(room.authorize(who, "chat", "sample", HERE)) == "token-elsewhere"


@pytest.mark.parametrize(
    "audience",
    [
        "bartizan:gateway:",
        "bartizan:gatewayassistant",
        "bartizan:control:assistant",
        ["bartizan:gateway:a", "bartizan:gateway:b"],
        "bartizan",
    ],
)
def test_an_audience_that_names_no_one_service_below_ours_is_another_audience(audience: object) -> None:
    assert refusal(access().authenticate(bearer(CALLER, aud=audience), START)) == "audience-wrong"


def test_the_control_process_does_not_take_a_token_for_a_service() -> None:
    signer = Signer(URL, new_key())
    issued = mint(signer, CALLER, "bartizan:gateway:tools", 60, START)
    with pytest.raises(AudienceWrong):
        verify(issued.token, pinned([signer.trusted]), "bartizan:control", START)

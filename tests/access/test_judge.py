from bartizan.access.controls import request_authenticated
from bartizan.access.judge import judge
from bartizan.access.outcome import Refused
from bartizan.access.subject import Presentation, Standing
from bartizan.control import Control, Finding, Severity
from tests.access.house import broken


def raising(_: Presentation) -> tuple[Finding, ...]:
    raise ZeroDivisionError("secret of the subject")


BROKEN = Control(
    "access.broken", "breaks", Presentation, Severity.LOW, "", (), "", raising, fires_on=(), silent_on=()
)
GOOD = Presentation(standing=Standing.KNOWN)


def test_what_every_control_is_silent_on_goes_on() -> None:
    assert judge([request_authenticated.CONTROL], GOOD, 401, broken) is None
    assert judge([], GOOD, 401, broken) is None


def test_the_first_finding_refuses() -> None:
    refused = judge([request_authenticated.CONTROL], Presentation(), 401, broken)
    assert refused is not None
    assert (refused.reason, refused.status) == ("principal-unknown", 401)


def test_a_control_that_fails_refuses_and_tells_only_the_owner_why() -> None:
    told: list[tuple[str, Exception]] = []
    refused = judge([request_authenticated.CONTROL, BROKEN], GOOD, 401, lambda *what: told.append(what))
    assert isinstance(refused, Refused)
    assert (refused.control, refused.reason, refused.status) == ("access.broken", "control-failed", 503)
    assert "secret" not in refused.what
    ((control, fault),) = told
    assert (control, type(fault)) == ("access.broken", ZeroDivisionError)

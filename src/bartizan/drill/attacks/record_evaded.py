"""Requests that should leave no trace: one that is served, one that is refused."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, recorded, trace


def _act(target: Target) -> Outcome:
    since = target.platform.size()
    served = target.door.chat(PLAIN, token=target.caller())
    denied = target.door.send(
        "POST",
        target.door.path("chat/completions"),
        token=target.caller(),
        headers=[("content-type", "text/plain")],
        body=target.door.body(PLAIN),
    )
    if not served.served or denied.served or not (served.request and denied.request):
        return Undecided(
            f"answered {served.status} to a plain request and {denied.status} to one in text/plain"
        )
    left = trace(served, denied)
    kinds = {
        (entry.event.subject, entry.event.kind.rpartition(".")[2])
        for entry in recorded(target, since, left.requests)
    }
    wanted = {(served.request, "admitted"), (denied.request, "refused")}
    if wanted <= kinds:
        return Held("the served and the refused request are both on record", left)
    if target.platform.size() == since:  # the tokens' own entries are not there either
        return Undecided("the ledger takes nothing at the moment: look at `bartizan doctor`", left)
    lost = " and ".join(sorted(verb for _request, verb in wanted - kinds))
    return GotThrough(f"a request left no entry that it was {lost}", left)


ATTACK = Attack(
    name="record-evaded",
    control="gateway.monitored",
    title="request without a trace",
    skill=2,
    stage=Stage.SAMPLE,
    because="what leaves no entry is never detected, shown or disproved (OWASP A09:2021)",
    references=("AML.T0107", "API9:2023", "CWE-778"),
    weakening="refusals_unrecorded",
    act=_act,
)

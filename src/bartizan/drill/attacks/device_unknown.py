"""A thief with stolen credentials, and so with a good token and a good proof, on a machine of their own."""

import secrets

import msgspec

from bartizan.clock import SECOND, SystemClock
from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.possession import Bearing
from bartizan.drill.target import Target
from bartizan.drill.trial import FORBIDDEN, refused, trace
from bartizan.identity.statement import ENROLMENT
from bartizan.typed_json import decoded

_SERVICE = "enrolled"


class _Metadata(msgspec.Struct):
    issuer: str


class _Told(msgspec.Struct):
    key: str


def _act(target: Target) -> Outcome:
    scene = target.scene()
    platform = msgspec.structs.replace(scene.platform, door=scene.door(_SERVICE))
    there = msgspec.structs.replace(target, platform=platform)
    caller = Bearing(there)
    platform.admit(_enrolled(there, caller))
    unready = caller.ready()
    if unready is not None:
        return unready
    thief = Bearing(there)
    first = thief.chat(thief.proof())  # tells the nonce
    answer = thief.chat(thief.proof())
    if answer.reason == "proof-stale":
        return Undecided("the nonce that was told was not taken", trace(first, answer))
    return refused(answer, FORBIDDEN, "a caller was served on a machine that nobody admitted")


def _enrolled(target: Target, caller: Bearing) -> str:
    """Have a caller's key ask to be admitted; return its fingerprint, as the platform tells it."""
    door = target.door
    about = door.send("GET", "/.well-known/oauth-authorization-server")
    said = {
        "aud": decoded(about.body, _Metadata).issuer,
        "iat": SystemClock().now() // SECOND,
        "name": f"drill-{secrets.token_hex(4)}",
    }
    statement = caller.holder.state(ENROLMENT, said).encode()
    media = [("content-type", "application/jwt")]
    told = door.send("POST", "/device/enrolment", headers=media, body=statement)
    return decoded(told.body, _Told).key


ATTACK = Attack(
    name="device-unknown",
    control="access.device-known",
    title="stolen credentials elsewhere",
    skill=3,
    stage=Stage.SCENE,
    because="stolen credentials work on any machine unless the machine counts too (NIST SP 800-207, tenet 5)",
    references=("AML.T0012", "API2:2023", "CWE-287"),
    weakening="devices_unasked",
    act=_act,
)

"""The name that a target has for a model, in the place of the one that a client asked for.

Rules of this file: pure. Policies, limits and the record see the client's name; what goes on has the target's. It
replaces the body's own `model`, and nothing inside of it, or the deployment of a path of Azure's; every other octet
of a value stays as it was judged.
"""

from typing import Final

import msgspec

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODE: Final = msgspec.json.Encoder().encode
_DEPLOYMENTS: Final = b"/deployments/"


def renamed(body: bytes, model: str) -> bytes:
    """Return an encoded JSON object with this as its `model`; without such a member, as it is.

    Args:
        body: the encoding of what was judged, an object.
        model: the target's name for it.
    """
    members = _MEMBERS.decode(body)
    if "model" not in members:
        return body
    members["model"] = msgspec.Raw(_ENCODE(model))
    return _ENCODE(members)


def redeployed(path: bytes, model: str) -> bytes:
    """Return a path with this as its deployment; without a deployment, as it is.

    Args:
        path: below a service's base, with its query.
        model: the target's name of the deployment, of its form (`dialect.SEGMENTS`).
    """
    if not path.startswith(_DEPLOYMENTS):
        return path
    _, slash, rest = path[len(_DEPLOYMENTS) :].partition(b"/")
    return b"%b%b%b%b" % (_DEPLOYMENTS, model.encode(), slash, rest)

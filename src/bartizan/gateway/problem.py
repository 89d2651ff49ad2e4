"""What a refused client reads: a problem document, or OpenAI's error on OpenAI routes.

Rules of this file: a document names the refusal and says what to do; it never tells what stands behind the
gateway, and repeats of the request at most the path of the field at fault.
Source: RFC 9457; the error object of the OpenAI API.
"""

from typing import Final

import msgspec

from bartizan.gateway.faults import Refusal

_ENCODE: Final = msgspec.json.Encoder().encode
_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_SERVER: Final = 500
_JSON: Final = b"application/json"
_PROBLEM: Final = b"application/problem+json"


def document(fault: Refusal, request: str, *, openai: bool) -> tuple[bytes, bytes]:
    """Return media type and octets of the document for a refusal.

    Args:
        fault: the refusal.
        request: pseudonym of the request (`q-…`), by which the operator finds it in the ledger.
        openai: whether the client speaks OpenAI's API.
    """
    if openai:
        kind = (
            "server_error" if fault.status >= _SERVER else _TYPES.get(fault.status, "invalid_request_error")
        )
        error = {"message": fault.what, "type": kind, "code": fault.reason, "param": fault.param or None}
        return _JSON, _ENCODE({"error": error})
    problem = {
        "type": f"urn:bartizan:refusal:{fault.reason}",
        "title": fault.reason.replace("-", " "),
        "status": fault.status,
        "detail": fault.what,
        "instance": f"urn:bartizan:request:{request}",
    }
    if fault.param:
        problem["param"] = fault.param
    return _PROBLEM, _ENCODE(problem)

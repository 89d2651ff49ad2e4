"""What a refused client reads: a problem document, or the error of the protocol that it speaks.

Rules of this file: a document names the refusal and says what to do; it never tells what stands behind the
gateway, and repeats of the request at most the path of the field at fault.
Source: RFC 9457; the error objects of the OpenAI and Anthropic APIs; JSON-RPC 2.0, section 5.1.
"""

from typing import Final

import msgspec

from bartizan.gateway.faults import Refusal
from bartizan.gateway.protocols.dialect import Errors

_ENCODE: Final = msgspec.json.Encoder().encode
_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_ANTHROPIC: Final = {413: "request_too_large", 503: "overloaded_error", 504: "timeout_error"}
_SERVER: Final = 500
_CODES: Final = {
    "json-malformed": -32700,
    "message-batch": -32600,
    "message-unknown": -32601,
    "field-unknown": -32602,
    "field-missing": -32602,
    "field-invalid": -32602,
}
_REFUSED: Final = -32003
"""Of the codes that are an implementation's own."""
_JSON: Final = b"application/json"
_PROBLEM: Final = b"application/problem+json"


def error_event(fault: Refusal, request: str, errors: Errors) -> bytes:
    """Return the event that ends a stream with a refusal, as clients of the protocol understand it.

    Args:
        fault: the refusal.
        request: pseudonym of the request.
        errors: the shape that the client's protocol gives them.
    """
    _, octets = document(fault, request, errors)
    name = b"event: error\n" if errors is Errors.ANTHROPIC else b""
    return b"%bdata: %b\n\n" % (name, octets)


def document(fault: Refusal, request: str, errors: Errors) -> tuple[bytes, bytes]:
    """Return media type and octets of the document for a refusal.

    Args:
        fault: the refusal.
        request: pseudonym of the request (`q-…`), by which the operator finds it in the ledger.
        errors: the shape that the client's protocol gives them.
    """
    if errors is Errors.JSONRPC:
        return _JSON, _ENCODE(_failure(fault, request))
    if errors is Errors.PROBLEM:
        return _PROBLEM, _ENCODE(_problem(fault, request))
    error = {
        "message": fault.what,
        "type": _type(fault.status, errors),
        "code": fault.reason,
        "param": fault.param or None,
    }
    if errors is Errors.ANTHROPIC:
        return _JSON, _ENCODE({"type": "error", "error": error, "request_id": request})
    return _JSON, _ENCODE({"error": error})


def _failure(fault: Refusal, request: str) -> dict[str, object]:
    """Return an answer of JSON-RPC; whose request it was, its HTTP answer says."""
    data = {"reason": fault.reason, "status": fault.status, "request": request}
    said = data | ({"param": fault.param} if fault.param else {})
    code = _CODES.get(fault.reason, _REFUSED)
    return {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": fault.what, "data": said}}


def _type(status: int, errors: Errors) -> str:
    types = _TYPES | (_ANTHROPIC if errors is Errors.ANTHROPIC else {})
    server = "api_error" if errors is Errors.ANTHROPIC else "server_error"
    return types.get(status) or (server if status >= _SERVER else "invalid_request_error")


def _problem(fault: Refusal, request: str) -> dict[str, object]:
    problem: dict[str, object] = {
        "type": f"urn:bartizan:refusal:{fault.reason}",
        "title": fault.reason.replace("-", " "),
        "status": fault.status,
        "detail": fault.what,
        "instance": f"urn:bartizan:request:{request}",
    }
    return problem | ({"param": fault.param} if fault.param else {})

"""The HTTP statuses that the control process answers with (RFC 9110), with their phrases."""

import enum


class Status(enum.IntEnum):
    """A status code; `phrase` is its name for people."""

    OK = 200
    CREATED = 201
    ACCEPTED = 202
    NO_CONTENT = 204
    SEE_OTHER = 303
    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    METHOD_NOT_ALLOWED = 405
    TIMEOUT = 408
    CONFLICT = 409
    PRECONDITION_FAILED = 412
    TOO_LARGE = 413
    UNSUPPORTED_MEDIA = 415
    UNPROCESSABLE = 422
    PRECONDITION_REQUIRED = 428
    TOO_MANY_REQUESTS = 429
    HEAD_TOO_LARGE = 431
    INTERNAL = 500
    UNAVAILABLE = 503

    @property
    def phrase(self) -> str:
        """Return the phrase, as titles of problem documents show it."""
        return self.name.replace("_", " ").capitalize()

    @property
    def word(self) -> str:
        """Return the phrase as a word for events and programs."""
        return self.name.replace("_", "-").lower()

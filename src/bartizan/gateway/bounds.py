"""Every bound of the data plane, in one place; those that `ports.py` names can be moved, the others are fixed."""

from typing import Final

from bartizan.clock import MILLISECOND, SECOND, Nanoseconds

CONNECTIONS: Final = 8192
"""Connections of clients that one worker holds at once; beyond them, the oldest stranger's is closed."""
TRUSTED: Final = 512
"""Connections of one principal that no stranger can push out; fewer where a worker holds few (`crowd`)."""
FAMILIAR: Final = 4096
"""Addresses at which a good token was shown that are remembered."""
HANDSHAKES: Final = 1024
"""Handshakes that have begun and are not done, of one worker; beyond them, the oldest stranger's ends."""
WAITING: Final = 1024
"""Strangers that wait for their turn, in each of two rows; beyond them, who waits for most loses some."""
HELD_OCTETS: Final = 128 * 1024 * 1024
"""Octets that strangers have sent and that wait for their turn."""
HEAD_OCTETS: Final = 32 * 1024
"""Octets of a head, a request's or an answer's."""
LINE_OCTETS: Final = 2048
"""Octets of a request's target."""
FIELDS: Final = 100
"""Header fields of a head."""
BODIES_OCTETS: Final = 512 * 1024 * 1024
"""Octets of all bodies that are being received or judged at once; of one principal, a quarter."""
DIALS: Final = 32
"""Connections to one service that are being made at once."""
CHUNKS: Final = 16_384
"""Chunks that one request's body may come in; an answer may have any number."""
FORM_OCTETS: Final = 16 * 1024
"""Octets of a form on a public route."""
DEPTH: Final = 64
"""Levels of nesting of a JSON body."""
CONTAINERS: Final = 65_536
"""Objects and arrays of a JSON body."""
MEMBERS: Final = 131_072
"""Members of all objects of a JSON body together."""
VALUES: Final = 524_288
"""Commas of a JSON body, so about as many values; token ids are the most that anybody sends."""
PASSES: Final = 4096
"""Heads that are remembered with all that was found for them, and as many older ones."""
PASS_OCTETS: Final = 4096
"""Octets of a head that is remembered at most."""
AHEAD_OCTETS: Final = 64 * 1024
"""Octets that a client may send ahead of the answer to its earlier request."""
LINGER_OCTETS: Final = 8 * 1024 * 1024
"""Octets that are read and thrown away after a refusal, so that the client gets to read it."""
CROWD: Final = 16
"""Strangers that wait for their turns, beyond which a refused one of them is not read on."""
STALL_OCTETS: Final = 16 * 1024
"""Octets of its last answers that a client takes within `STALL_TIME`, or all that is left of them."""
READ_OCTETS: Final = 256 * 1024
"""Octets that one read of a connection returns at most, as the loop does it."""
PIECE_OCTETS: Final = 64 * 1024
"""Octets that TLS decrypts at once; a piece that is smaller was the last of what was read."""
OCTET_NS: Final = 1
"""Nanoseconds that an octet is taken to cost which is read and thrown away."""
USAGE_OCTETS: Final = 8 * 1024
"""Octets at the end of an answer in which its usage is looked for."""
MESSAGE_OCTETS: Final = 4 * 1024 * 1024
"""Octets of one message of a tool server, which is held until it is judged."""
ANSWERS_OCTETS: Final = 256 * 1024 * 1024
"""Octets of all messages of tool servers that a worker holds; of one principal's, a quarter."""
ANSWER_OWN_OCTETS: Final = 64 * 1024
"""Octets of each such answer that are not counted there."""
TOOLS_LISTED: Final = 512
"""Tools of one page of a list."""
TOOLS: Final = 4096
"""Tools of one service that are known at once."""
INTERIM: Final = 8
"""Interim (1xx) answers of an upstream before its real one."""

HEAD_TIME: Final = Nanoseconds(10 * SECOND)
BODY_TIME: Final = Nanoseconds(30 * SECOND)
IDLE_TIME: Final = Nanoseconds(75 * SECOND)
LINGER_TIME: Final = Nanoseconds(2 * SECOND)
REST_TIME: Final = Nanoseconds(SECOND)
"""How long at most nothing is read from a connection after a refusal because of its address."""
STALL_TIME: Final = Nanoseconds(30 * SECOND)
"""How long a client may leave a full buffer unread."""
DIAL_TIME: Final = Nanoseconds(10 * SECOND)
"""How long a request waits for a connection to its service."""
UPSTREAM_IDLE_TIME: Final = Nanoseconds(60 * SECOND)
SWEEP_TIME: Final = Nanoseconds(250 * MILLISECOND)
"""How often deadlines and the generation are looked at."""

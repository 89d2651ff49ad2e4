"""What requests of OTLP and their answers share, read by the schema that collectors read it by."""

import json

from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from bartizan.otlp import attributes, rejected

VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), VALUES))
def test_attributes_are_read_as_what_they_are(named: dict[str, str | float | bool]) -> None:
    told = json_format.ParseDict({"attributes": json.loads(json.dumps(attributes(named)))}, Resource())
    found = [(pair.key, getattr(pair.value, pair.value.WhichOneof("value"))) for pair in told.attributes]
    assert [(key, type(value), value) for key, value in found] == [
        (key, type(value), value) for key, value in named.items()
    ]


def test_what_was_not_taken_of_others_counts_for_nothing() -> None:
    said = b'{"partialSuccess":{"rejectedLogRecords":"3"}}'
    assert (rejected(said, "rejectedLogRecords"), rejected(said, "rejectedSpans")) == (3, 0)

"""HDF5, of the older and the newer kind: whatever leads in circles ends, and no beginning of a file is inert."""

from bartizan.supply.formats import hdf5
from fuzz.model_files import chosen
from fuzz.target import Target
from tests.supply.formats.made import made

TARGET = Target(
    modules=(
        "bartizan.supply.formats.hdf5",
        "bartizan.supply.parsers.hdf5",
        "bartizan.supply.parsers.hdf5_links",
    ),
    run=chosen((hdf5.FORMAT,), ended=frozenset({"hdf5"})),
    seeds=(
        b"\0" + made("ext.h5"),
        b"\0" + made("extst.h5"),
        b"\0" + made("ref.h5"),
        b"\0" + made("plain.h5")[:2000],
    ),
    words=(b"TREE", b"SNOD", b"HEAP", b"GCOL", b"OHDR", b"OCHK", b"\xff" * 8, b"\0" * 8),
    longest=2100,
)

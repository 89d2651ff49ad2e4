"""Images and sound: one that is inert ends where it ends, and is nothing else."""

from bartizan.supply.formats import image
from fuzz.model_files import chosen
from fuzz.target import Target
from tests.supply.formats.test_image import EACH

TARGET = Target(
    modules=("bartizan.supply.formats.image",),
    run=chosen((image.FORMAT,), ended=frozenset({"image"})),
    seeds=tuple(b"\0" + octets for octets in EACH.values()),
    words=(
        b"IEND",
        b"IDAT",
        b"\xff\xd9",
        b"\xff\xda",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"RIFF",
        b"WEBP",
        b"WAVE",
        b"!\xf9\x04",
        b"VP8L",
        b"\xff" * 4,
    ),
    longest=1024,
)

"""A step: something was done with artifacts, each known by its SHA-256.

Rules of this file: a step has one form in octets (JSON, members sorted, no white space), and its id is their SHA-256, so a step that is
handed over twice is one step, and one of which a part is missing or exchanged is none. What a step says is a claim; `graph` and
`standing` say what follows from all claims together.
"""

import enum
import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

MOST: Final = 10_000
"""Artifacts of one step; a folder is one, by its manifest."""
_LATEST: Final = 2**45
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Stage(enum.Enum):
    """What was done."""

    INGEST = "ingest"
    SCAN = "scan"
    DISARM = "disarm"
    TRANSFORM = "transform"
    TRAIN = "train"
    HARDEN = "harden"
    QUANTISE = "quantise"
    EVALUATE = "evaluate"
    APPROVE = "approve"
    DEPLOY = "deploy"

    @property
    def judges(self) -> bool:
        """Return whether it is about artifacts that stay what they are; the others make artifacts out of artifacts."""
        return self in _JUDGING


_JUDGING: Final = frozenset({Stage.SCAN, Stage.EVALUATE, Stage.APPROVE, Stage.DEPLOY})


class Kind(enum.Enum):
    """What an artifact is, as a step says; another step may say otherwise."""

    DATA = "data-set"
    MODEL = "model"
    CODE = "code"
    PROMPT = "prompt"
    SERVER = "mcp-server"
    REPORT = "report"
    OTHER = "other"


class Origin(enum.Enum):
    """Who wrote a step down."""

    RECORDER = "recorder"
    COMMAND = "command"
    MLFLOW = "mlflow"
    DVC = "dvc"


class Use(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """An artifact in a step.

    Attributes:
        digest: SHA-256, 64 hexadecimal digits; of a folder, that of its manifest, as `bartizan sign` prints it.
        kind: a word of `Kind`.
        seen: `read` where whoever recorded the step read the artifact, `told` where somebody named its digest.
    """

    digest: str
    kind: str
    seen: Literal["read", "told"] = "read"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done with which artifacts.

    Attributes:
        stage: a word of `Stage`.
        materials: what went in, or what was judged; sorted by digest.
        products: what came out; sorted by digest.
        began, ended: milliseconds UTC, so that the same thing done again is another step.
        origin: a word of `Origin`.
    """

    stage: Stage
    materials: tuple[Use, ...]
    products: tuple[Use, ...]
    began: int
    ended: int
    origin: Origin = Origin.RECORDER

    @property
    def id(self) -> str:
        """SHA-256 of its one form, 64 hexadecimal digits."""
        return hashlib.sha256(encoded(self)).hexdigest()


class StepRefused(ValueError):
    """Something that is no step; the message says what is wrong and what to do."""


def step(
    stage: Stage, materials: Sequence[Use], products: Sequence[Use], span: tuple[int, int], origin: Origin
) -> Step:
    """Return a step.

    Args:
        stage: what was done.
        materials, products: in any order; what is named twice in the same words counts once.
        span: when it began and ended, milliseconds UTC.
        origin: who writes it down.
    Raises:
        StepRefused: these make no step.
    """
    made = Step(stage, tuple(sorted(set(materials))), tuple(sorted(set(products))), *span, origin)
    for what in faults(made):
        raise StepRefused(what)
    return made


def faults(one: Step) -> Iterator[str]:
    """Yield what makes a step none."""
    if len(one.materials) + len(one.products) > MOST:
        yield f"a step has at most {MOST} artifacts; name the folder that they lie in, which is one artifact"
    if not 0 <= one.began <= one.ended <= _LATEST:
        yield "a step ends before it began, or outside of any calendar"
    for uses in (one.materials, one.products):
        yield from _use_faults(uses)
    both = {use.digest for use in one.materials} & {use.digest for use in one.products}
    for digest in sorted(both):
        yield f"{digest} is both material and product: what a step leaves as it is, is a material alone"
    yield from _missing(one)


def _use_faults(uses: Sequence[Use]) -> Iterator[str]:
    digests = [use.digest for use in uses]
    if digests != sorted(set(digests)):
        yield "an artifact stands twice in a step, as two kinds of thing, or they are not sorted"
    kinds = {each.value for each in Kind}
    for use in uses:
        if _DIGEST.fullmatch(use.digest) is None:
            yield "a digest is not a SHA-256: 64 hexadecimal digits in small letters"
        if use.kind not in kinds:
            yield f"there is no such kind of artifact; it is one of {', '.join(sorted(kinds))}"


def _missing(one: Step) -> Iterator[str]:
    if one.stage is Stage.INGEST:
        if not one.products:
            yield "ingest brings something in: name it as a product"
    elif not one.materials:
        yield f"{one.stage.value} needs what it was done with: name a material"
    elif not one.products and not one.stage.judges:
        yield f"{one.stage.value} makes something: name it as a product"


def encoded(one: Step) -> bytes:
    """Return the one form of a step in octets."""
    return msgspec.json.encode(one, order="sorted")

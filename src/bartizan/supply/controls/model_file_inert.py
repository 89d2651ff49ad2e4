"""`supply.model-file-inert`: nothing is loaded that was not proven to hold data and nothing else."""

from typing import Final

from bartizan.control import Control, Finding, Severity
from bartizan.supply.subject import ModelFile, Reason, Standing

_SEVERITIES: Final = {
    Standing.MALICIOUS: Severity.CRITICAL,
    Standing.UNKNOWN: Severity.HIGH,
    Standing.CODE: Severity.MEDIUM,
}
_UNSAID: Final = Finding("not-proven", "nothing proves that the file is inert; scan it anew")


def judge(file: ModelFile) -> tuple[Finding, ...]:
    """Return a finding for each reason that a file is not inert; one that has no reason and is not inert has one too."""
    found = tuple(
        Finding(each.word, each.what, _SEVERITIES[each.standing])
        for each in file.reasons
        if each.standing is not Standing.INERT
    )
    return found or (() if file.standing is Standing.INERT else (_UNSAID,))


CONTROL = Control(
    id="supply.model-file-inert",
    promise="Model files hold data, and no code that runs where they are loaded",
    reads=ModelFile,
    severity=Severity.HIGH,
    because="a model file can run what it likes where it is loaded, and lists of bad names miss the next one (ATLAS AML.T0011.000)",
    references=("AML.T0010.003", "AML.T0011.000", "LLM03:2025", "CWE-502"),
    remediation="get the model in a format that holds data alone, such as safetensors; see docs/artifacts.md",
    judge=judge,
    fires_on=(
        ModelFile("pickle", Standing.MALICIOUS, (Reason("global-not-allowed", "runs", Standing.MALICIOUS),)),
        ModelFile("zip", Standing.UNKNOWN, (Reason("zip-gap", "octets", Standing.UNKNOWN, member="a"),)),
        ModelFile("keras", Standing.CODE, (Reason("lambda", "a function", Standing.CODE),)),
        ModelFile("unknown", Standing.UNKNOWN),
    ),
    silent_on=(
        ModelFile("safetensors", Standing.INERT, octets=1024, extension=".safetensors"),
        ModelFile("gguf", Standing.INERT, (Reason("template-checked", "inert", Standing.INERT),)),
    ),
)

"""What a repository's own settings have git run by itself: commands in `.git/config`, whoever wrote them there.

Rules of this file: a setting that runs a command, or reads more settings from elsewhere, is told; what is not written as git writes it is told
too. Settings beside these change no code that runs.
Source: git-config(1); gitattributes(5) on filters.
"""

import re
from typing import Final

_SECTION: Final = re.compile(r'\[\s*([\w.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]\s*')
_RUNS: Final = frozenset({
    "core.fsmonitor", "core.hookspath", "core.sshcommand", "core.pager", "core.editor", "core.askpass", "core.gitproxy", "core.attributesfile",
    "core.worktree", "core.alternaterefscommand", "sequence.editor", "gpg.program", "gpg.ssh.program", "gpg.x509.program", "gpg.ssh.defaultkeycommand",
    "diff.external", "interactive.difffilter", "uploadpack.packobjectshook", "include.path", "extensions.partialclone", "web.browser", "instaweb.browser",
    "sendemail.smtpserver", "sendemail.tocmd", "sendemail.cccmd", "protocol.allow", "protocol.ext.allow",
})  # fmt: skip
_SECTIONS: Final = frozenset(
    {
        "alias",
        "filter",
        "credential",
        "includeif",
        "pager",
        "mergetool",
        "difftool",
        "browser",
        "man",
        "trailer",
        "guitool",
        "hook",
    }
)
"""Sections any setting of which may run a command."""
_LAST: Final = frozenset({"command", "cmd", "textconv", "driver", "clean", "smudge", "process", "helper", "program", "vcs", "uploadpack", "receivepack", "update", "proxy", "insteadof", "pushinsteadof"})  # fmt: skip
"""Last parts of names that run a command, or lead elsewhere, whatever stands before them."""


def running(text: str) -> str | None:
    """Return the first setting that runs something, or that is not understood; None where none does.

    Args:
        text: of a file of settings.
    """
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        found = _SECTION.match(line)
        if found:
            section, line = ".".join(filter(None, (found[1], found[2]))).lower(), line[found.end() :].strip()
        if not line or line[0] in "#;":
            continue
        name, _, value = (each.strip() for each in line.partition("="))
        whole = f"{section}.{name.lower()}"
        if (
            not section
            or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name)
            or value.endswith("\\")
            or _runs(whole, value)
        ):
            return whole
    return None


def _runs(whole: str, value: str) -> bool:
    first, last = whole.partition(".")[0], whole.rpartition(".")[2]
    return whole in _RUNS or first in _SECTIONS or last in _LAST or "ext::" in value or value.startswith("!")

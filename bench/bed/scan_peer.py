"""What a scanner of model files makes of files: `python scan_peer.py PEER`, run by the interpreter of the peer's own environment.

Takes one path a line and answers each with `{"verdict", "why", "ms"}`: `clean`, `told` (it says something against the file) or
`unread` (it fails on it, or does not look at it), as the peer's own command would end; and the processor time of this process and its
children that it took. A last line `{"peak_mib"}` follows the end. Standard library alone, beside the peer.
"""

import importlib
import json
import os
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Judge = Callable[[str], tuple[str, str]]
"""(path) -> verdict, and why."""
CLEAN, TOLD, UNREAD = "clean", "told", "unread"


def picklescan() -> Judge:
    """Return its scan of a file; what is merely suspicious to it ends its command with 0."""
    scan: Any = importlib.import_module("picklescan.scanner").scan_file_path

    def judge(path: str) -> tuple[str, str]:
        said = scan(path)
        if said.issues_count:
            return TOLD, ", ".join(sorted({f"{each.module}.{each.name}" for each in said.globals}))
        return (UNREAD, "scan error") if said.scan_err or not said.scanned_files else (CLEAN, "")

    return judge


def modelscan() -> Judge:
    """Return its scan as it comes."""
    model_scan: Any = importlib.import_module("modelscan.modelscan").ModelScan

    def judge(path: str) -> tuple[str, str]:
        scanner = model_scan()
        said = scanner.scan(path)["summary"]
        if said["total_issues"]:
            return TOLD, f"{said['total_issues']} issues"
        return (UNREAD, "skipped") if scanner.errors or not said["scanned"]["total_scanned"] else (CLEAN, "")

    return judge


def fickling() -> Judge:
    """Return its scan of a pickle, or of the pickles in an archive; errors as its own command counts them."""
    loader: Any = importlib.import_module("fickling.loader")

    def judge(path: str) -> tuple[str, str]:
        if zipfile.is_zipfile(path):
            said = list(loader.scan_zip_archive(path, graceful=True).values())
        else:
            said = [loader.scan_file(path, graceful=True)]
        if any(each.results and not each.is_safe for each in said):
            return TOLD, str(max(each.severity for each in said).name)
        unread = not said or any(each.errors or not each.is_safe for each in said)
        return (UNREAD, "no pickle") if unread else (CLEAN, "")

    return judge


def modelaudit() -> Judge:
    """Return its scan by what its exit code would be."""
    scan: Any = importlib.import_module("modelaudit.core").scan_model_directory_or_file
    code: Any = importlib.import_module("modelaudit.core_results").determine_exit_code

    def judge(path: str) -> tuple[str, str]:
        said = scan(path)
        verdict = {0: CLEAN, 1: TOLD}.get(code(said), UNREAD)
        why = sorted({each.message for each in said.issues if each.severity.value in {"warning", "critical"}})
        return verdict, "" if verdict == CLEAN else "; ".join(why)[:200]

    return judge


def bartizan() -> Judge:
    """Return our own scan of one row of files, all read by one process; what is not proven inert is told."""
    scan: Any = importlib.import_module("bartizan.supply.scan").scan
    asked: list[Path] = []
    said = scan(iter(asked.pop, None))

    def judge(path: str) -> tuple[str, str]:
        asked.append(Path(path))
        file = next(said).file
        verdict = {"proven-inert": CLEAN, "not-understood": UNREAD}.get(file.standing.value, TOLD)
        return verdict, next((f"{each.word} [{file.format}]" for each in file.reasons), "")

    return judge


PEERS: dict[str, Callable[[], Judge]] = {
    "bartizan": bartizan,
    "picklescan": picklescan,
    "modelscan": modelscan,
    "fickling": fickling,
    "modelaudit": modelaudit,
}


def _used() -> float:
    """Return milliseconds of processor time of this process and its children."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    alive = sum(int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) for child in children)
    return (time.process_time_ns() + alive) / 1e6 + (ended.ru_utime + ended.ru_stime) * 1e3


def main(name: str) -> None:
    """Judge what comes until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints is no answer
    judge = PEERS[name]()
    for line in sys.stdin:
        before = _used()
        try:
            verdict, why = judge(line.rstrip("\n"))
        except Exception as fault:  # noqa: BLE001 - a peer that fails has not read the file
            verdict, why = UNREAD, f"{type(fault).__name__}: {fault}"[:200]
        answers.write(json.dumps({"verdict": verdict, "why": why, "ms": _used() - before}) + "\n")
        answers.flush()
    del judge
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    answers.write(json.dumps({"peak_mib": most / 1024}) + "\n")
    answers.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as quiet:
        os.chdir(quiet)
        main(sys.argv[1])

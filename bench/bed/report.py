"""Tables for people, and their record in bench/RESULTS.md."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bartizan import compiled

RESULTS = Path(__file__).parents[1] / "RESULTS.md"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up."""
    widths = [max(len(row[column]) for row in (heading, *rows)) for column in range(len(heading))]
    lines = [heading, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def machine() -> str:
    """Return what the measurements ran on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    busy = " (busy with other work: wall times and tails mean little)" if load > _BUSY * cores else ""
    return f"{cores} cores ({model}), Linux {platform.release()}, Python {platform.python_version()}, hot path {_hot_path()}, load average at the end {load:.1f}{busy}"


_BUSY = 2.5
"""Load a core that no bench makes alone."""


def _hot_path() -> str:
    return "compiled" if compiled.found() else "as sources"


def record(title: str, versions: Mapping[str, str], body: str) -> None:
    """Append a measurement to bench/RESULTS.md, with date, commit and versions."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    ).stdout
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    heading = f"## {title}, {datetime.now(UTC):%Y-%m-%d}, {commit.strip()}"
    before = (
        RESULTS.read_text()
        if RESULTS.exists()
        else "# Results\n\nWhat the scripts of this folder measured, newest last. Load, peers and Bartizan share two cores:\ntrust ratios and processor time, not the wall time of one run. Goals stand beside the figures.\n"
    )
    RESULTS.write_text(f"{before}\n{heading}\n\n{machine()}\n\n{told}\n\n{body}\n")

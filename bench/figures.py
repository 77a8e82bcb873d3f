"""A measured figure, its goal, and the machine it was measured on. No measuring here."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a bench: `goal` in words, `holds` None where a figure is only reported."""

    name: str
    value: float
    unit: str
    goal: str = ""
    holds: bool | None = None


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure whose goal is an upper bound."""
    return Figure(name, round(value, 3), unit, f"≤ {limit:g}", value <= limit)


def reported(name: str, value: float, unit: str) -> Figure:
    """A figure without a goal."""
    return Figure(name, round(value, 3), unit)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "cpu": _first("/proc/cpuinfo", "model name"),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
    }


def as_json(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """The stable shape of `mitan bench NAME --json`, the machine last."""
    return [*(asdict(f) for f in figures), {"machine": machine()}]


def quantile(values: list[float], part: float) -> float:
    """The value below which `part` (0..1) of the values lie, by rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _first(path: str, field: str) -> str:
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return "unknown"

"""What the flows ask of the desk: each action with its outcomes and the facts that each outcome sets.

The promises are kept in `callflows.desk`; nothing here does anything.
"""

from __future__ import annotations

from ivr.core.flow import ActionSpec

_SPECS: tuple[ActionSpec, ...] = ()

ACTIONS: dict[str, ActionSpec] = {spec.name: spec for spec in _SPECS}

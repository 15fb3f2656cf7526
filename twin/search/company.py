"""What a kind of fault needs beside it before it can change anything: the parts, settings and faults that go with it.

A kind that strikes files needs files, one that strikes dead letters needs letters: in a mixture that a coin alone put
together such a kind seldom meets what it strikes. Kinds that are not named here need nothing but time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_COMPARED: Final = "designs.standard.reconciliation={every: 30m, ahead: 5m, tolerance: {units: 2, share: 0.5%}}"
_HASTY: Final = "designs.standard.retry={kind: fixed, attempts: 3, base: 2s}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What goes with a kind: further records by kind, each with keys that are stated; so has the kind itself."""

    stated: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    faults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_FILED: Final = 'landscape.parties.pim={kind: pim, between: 10m, cut_at: "07:15", delivered_after: 15m}'
_FILES: Final = Company(stated={"target": "edi", "probability": "50%"}, parts=("edi",))
_DEAD: Final = {"target": "erp", "trigger": "{at: 5m}", "duration": "50m", "probability": "50%"}

COMPANY: Final[Mapping[str, Company]] = {
    "B1": _FILES, "B2": _FILES, "B3": _FILES, "B4": _FILES, "B6": _FILES, "B7": _FILES, "B8": _FILES, "B11": _FILES,
    "B5": Company(stated={"probability": "100%"}, parts=("pim",), settings=(_FILED,)),
    "B10": Company(stated={"probability": "100%", "trigger": "{at: 0m}", "duration": "12h"}),
    "C2": Company(
        stated={"target": "middleware/erp"}, settings=(_HASTY,), faults={"N13": _DEAD | {"target": "middleware/erp"}}
    ),
    "D9": Company(stated={"extra": "5m"}, faults={"N4": {"target": "middleware/wms", "probability": "50%"}}),
    "E5": Company(stated={"target": "erp", "probability": "50%"}),
    "E9": Company(stated={"target": "wms", "probability": "50%"}, settings=(_COMPARED,)),
    "M4": Company(stated={"cap": "1"}, settings=(_HASTY,), faults={"E1": _DEAD}),
    "M5": Company(stated={"trigger": "{at: 40m}"}, settings=(_HASTY,), faults={"E1": _DEAD}),
    "M9": Company(stated={"extra": "5s"}, faults={"P8": {"cap": "1"}, "D5": {"factor": "20"}}),
    "P7": Company(stated={"probability": "50%"}, settings=(_COMPARED,)),
    "P10": Company(stated={"probability": "50%"}, settings=(_COMPARED,)),
    "Q1": Company(stated={"target": "marketplace_a", "factor": "0.1"}),
    "Q6": Company(stated={"target": "marketplace_a"}, faults={"Q1": {"target": "marketplace_a", "factor": "0.1"}}),
    "W5": Company(parts=("scans",)),
    "W9": Company(settings=(_HASTY,), faults={"E1": _DEAD}),
}  # fmt: skip
"""Kind to its company."""
ALONE: Final = Company()

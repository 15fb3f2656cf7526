"""The composite adversaries of RELIABILITY 1.13: templates that stand for several records, each written out.

`{name: night, template: lost_ack_then_crash, target: middleware/erp, with: middleware, trigger: {at: 1h}}` becomes the
records of its parts. The first has the template's own name and trigger; each further one follows it, and is called
after it and its kind. `duration` is that of the first part, half an hour unless said; parts that follow begin and last
as shares of it. A part's parameters may be set under its kind: `set: {N2: {probability: 10%}}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import WithJsonSchema

from twin.model.instant import MINUTE
from twin.world.fault_kinds import KINDS
from twin.world.values import duration_text, duration_us, rule

DURATION: Final = 30 * MINUTE
"""How long the first part lasts unless it is said: half an hour, assumed."""
KEYS: Final = ("name", "template", "target", "with", "trigger", "duration", "set")


@dataclass(frozen=True, slots=True)
class Part:
    """One record: its kind, whether it strikes the target or what it goes `with`, and its parameters as written.

    It begins `after` so many durations of the template and lasts as many as `lasts` says; None: for good.
    """

    kind: str
    where: Literal["target", "with"] = "target"
    stated: Mapping[str, object] = field(default_factory=dict)
    after: float = 0.0
    lasts: float | None = 1.0


@dataclass(frozen=True, slots=True)
class Template:
    """What goes wrong together, and why it is worse than one after the other."""

    text: str
    parts: tuple[Part, ...]


TEMPLATES: Final[dict[str, Template]] = {
    "swizzle": Template(
        "The links of a party are clogged in one order and released in another.",
        (Part("N9", stated={"within": "10m"}, lasts=None),),
    ),
    "lost_ack_then_crash": Template(
        "Acknowledgements are lost, and the process dies before it has learned what was done.",
        (Part("N2", stated={"probability": "30%"}), Part("P1", "with", {"restart": "90s"}, after=0.5, lasts=None)),
    ),
    "brownout_then_backlog": Template(
        "A slow partner, and then a channel that hands over what it has held back.",
        (Part("E2", stated={"factor": 0.3}), Part("L4", "with", lasts=0.9)),
    ),
    "overrun_at_cut_off": Template(
        "A maintenance window overruns while files miss their poll.",
        (Part("E12", stated={"overrun": 2}), Part("B11", "with", lasts=2.0)),
    ),
    "redelivery_after_redrive": Template(
        "Old dead letters are redriven while a shop delivers its webhooks again.",
        (Part("M5", lasts=None), Part("M6", "with", {"probability": "30%"})),
    ),
    "offline_and_flash_sale": Template(
        "A warehouse works without its network while everybody buys one item.",
        (Part("W1"), Part("L3", "with", {"cap": 3})),
    ),
    "quota_cut_in_catch_up": Template(
        "A channel holds its orders back, and its limit is cut when they come.",
        (Part("L4", stated={}, lasts=1.0), Part("Q1", "with", {"factor": 0.2}, after=1.0)),
    ),
    "clock_step_over_expiry": Template(
        "A clock jumps past the end of a credential, and no connection is made.",
        (Part("T2", stated={"extra": "10m"}), Part("N13", "with", lasts=0.5)),
    ),
    "drift_with_two_versions": Template(
        "Orders come in the words of a new version while workers are replaced one by one.",
        (Part("X1", stated={"probability": "20%"}), Part("P5", "with", after=0.25, lasts=0.5)),
    ),
    "restore_then_resume": Template(
        "The store is restored from a backup, and webhooks of that time are never sent.",
        (Part("P6", stated={"lag": "10m"}, lasts=None), Part("M7", "with", {"probability": "50%"})),
    ),
    "permanent_loss": Template("A partner is gone for good.", (Part("N8", stated={"end": "permanent"}, lasts=None),)),
}


WrittenTemplate = Annotated[
    dict[str, object],
    WithJsonSchema(
        {
            "type": "object",
            "description": "a composite adversary, written out as the records of its parts",
            "properties": {
                "name": {"type": "string"},
                "template": {"enum": list(TEMPLATES)},
                "target": {"type": "string"},
                "with": {"type": "string", "description": "what its further parts strike"},
                "trigger": {"type": "object"},
                "duration": {"type": "string", "description": "of the first part; half an hour unless said"},
                "set": {"type": "object", "description": "parameters of a part, by its kind"},
            },
            "required": ["name", "template", "target", "trigger"],
            "additionalProperties": False,
        }
    ),
]
"""How a template stands in a file."""


def written_out(faults: object) -> object:
    """Return a list of records with each template replaced by its first part; the other parts follow at the end."""
    if not isinstance(faults, Sequence) or isinstance(faults, str):
        return faults
    first: list[object] = []
    rest: list[object] = []
    for fault in faults:
        if isinstance(fault, Mapping) and fault.get("template") is not None:
            head, *others = _parts(fault)
            first.append(head)
            rest += others
        else:
            first.append(fault)
    return (*first, *rest)


def _parts(said: Mapping[str, object]) -> list[dict[str, object]]:
    name, template = said.get("name"), TEMPLATES.get(str(said["template"]))
    if template is None:
        raise rule(f"no such template {said['template']!r}; there are {', '.join(TEMPLATES)}", whole=True)
    unknown = [key for key in said if key not in KEYS]
    if unknown:
        raise rule(f"a template has no {unknown[0]!r}; it takes {', '.join(KEYS)}", whole=True)
    if len(template.parts) > 1 and "with" not in said:
        strikes = ", ".join(KINDS[template.parts[1].kind].targets)
        raise rule(f"{said['template']} needs 'with', a second target ({strikes})", whole=True)
    lasts = duration_us(said["duration"]) if "duration" in said else DURATION
    extra = said.get("set", {})
    if not isinstance(extra, Mapping) or any(kind not in [part.kind for part in template.parts] for kind in extra):
        kinds = ", ".join(part.kind for part in template.parts)
        raise rule(f"set names parameters by the kinds of the template: {kinds}", whole=True)
    records: list[dict[str, object]] = []
    for number, part in enumerate(template.parts):
        record: dict[str, object] = {
            "name": name if number == 0 else f"{name}_{part.kind}",
            "kind": part.kind,
            "target": said.get(part.where),
            "trigger": said.get("trigger")
            if number == 0
            else {"after": name, "gap": duration_text(round(part.after * lasts))},
        }
        if part.lasts is not None:
            record["duration"] = duration_text(round(part.lasts * lasts))
        records.append(record | dict(part.stated) | dict(extra.get(part.kind, {})))
    return records

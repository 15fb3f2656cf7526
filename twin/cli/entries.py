"""The pages of what has a name: measures, invariants, faults, presets, policies, parties, read from their own rooms.

`twin explain` prints one, the documentation shows all of one kind, and neither has a word of its own. A page is
Markdown that reads well in a terminal too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from pydantic.fields import FieldInfo

from policies.presets import ALL as PRESETS
from policies.presets import Preset
from twin.world.call_watch import CALL_MEASURES, OF_REQUESTS
from twin.world.checks.catalogue import CATALOGUE
from twin.world.costs import MEASURE_OF, Costs
from twin.world.designs import Design
from twin.world.fault_kinds import KINDS, LINK, FaultKind
from twin.world.fault_templates import TEMPLATES, Template
from twin.world.levels import Samples
from twin.world.measure_names import MEASURES
from twin.world.party_notes import LEAVES_OUT, party_blocks
from twin.world.party_presets import PARTY_PRESETS, PartyPreset
from twin.world.policy_kinds import Kind, policy_kinds
from twin.world.sources import REQUIRED, settings_of
from twin.world.values import Block, OneOf

CLASSES: Final = {
    "A": "inside the partners' contracts: an invariant must hold",
    "B": "outside them, but detectable: what breaks must be reported, never silent",
    "C": "byzantine: only containment is asked",
}
"""The classes of assumptions (RELIABILITY, principle 5)."""
SAMPLED: Final = (
    *(
        "availability_age_s",
        "capture_latency_s",
        "order_cycle_s",
        "milestone_lag_s",
        "api_latency_s",
        "latency_s",
        "broker_age_s",
        "notification_lag_s",
        "payment_wait_s",
        "returns_wait_s",
        "snapshot_read_s",
    ),
)
"""Measures of which every sample is kept: one key for each statistic."""
LEVELS: Final = ("drift_units", "ghost_stock_units", "queue_length", "stale_master_items")
"""Measures of something that holds until it changes: their mean is over time, beside `.max` and `.end`."""
AT: Final = {LINK: "middleware/erp", "erp_cloud": "erp", "edi_gateway": "edi", "marketplace": "marketplace_a",
             "carrier": "carrier_a"}  # fmt: skip
"""What a fault's example strikes, where the shipped landscapes call it otherwise than its kind."""
SAMPLE: Final[Mapping[str, str]] = {
    "extra": "2m", "within": "10m", "factor": "0.4", "capacity": "2/s", "backlog": "100", "cap": "5",
    "lag": "30m", "taken": "50%", "base": "30s", "fraction": "60%",
}  # fmt: skip
"""A plausible value of each parameter that some fault cannot do without, for its example; `?` where none is here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: what kind of thing it is about, its name, and its Markdown without a heading."""

    kind: str
    name: str
    text: str

    def page(self) -> str:
        """Return the page with its heading."""
        return f"# {self.name} ({self.kind})\n\n{self.text}\n"


def entries() -> list[Entry]:
    """Return every page, kind by kind."""
    return [
        *(Entry("measure", name, _measure(name)) for name in MEASURES),
        *(Entry("invariant", name, _invariant(name)) for name in CATALOGUE),
        *(Entry("fault", name, _fault(name, kind)) for name, kind in KINDS.items()),
        *(Entry("fault", name, _template(name, template)) for name, template in TEMPLATES.items()),
        *(
            Entry("preset", name, _preset(slot, name, preset))
            for slot, presets in PRESETS.items()
            for name, preset in presets.items()
        ),
        *(Entry("preset", name, _party_preset(name, preset)) for name, preset in PARTY_PRESETS.items()),
        *(Entry("policy", each.name, _policy(each)) for each in policy_kinds()),
        *(Entry("party", kind, _party(kind, block)) for kind, block in party_blocks().items()),
    ]


def _measure(name: str) -> str:
    unit, text = MEASURES[name]
    lines = [text, "", f"- unit: {unit}"]
    if name in SAMPLED:
        statistics = ", ".join(f"`{name}.{each}`" for each in Samples().statistics())
        lines.append(f"- keys: {statistics}; no sample gives null")
    elif name in LEVELS:
        lines.append(f"- keys: `{name}` (mean over time), `{name}.max`, `{name}.end`")
    if name in CALL_MEASURES and name not in OF_REQUESTS:
        lines.append("- of worlds without a distributor: clients and servers alone")
    for price, measure in MEASURE_OF.items():
        if measure == name:
            info = Costs.model_fields[price]
            lines.append(f"- price in `costs`: `{price}`, {info.default} each ({info.description})")
    return "\n".join(lines)


def _invariant(name: str) -> str:
    wide = CATALOGUE[name].assumes
    return "\n".join(
        [
            CATALOGUE[name].text,
            "",
            f"- the widest class of faults under which it must hold is {wide}: {CLASSES[wide]}",
            f"- counted in `violations{{invariant={name}}}`; a broken one stops `twin run` with exit 4",
            f"- a design that gives it up says so: `gives_up: [{name}]`",
        ]
    )


def _whom(kind: FaultKind) -> str:
    """Say which messages a kind strikes."""
    if not kind.each:
        return "it holds as long as it is on, for every message"
    picks = "`select` names kinds of messages" + (", `selector` what they are about" if kind.picks else "")
    return f"each message has its own coin; {picks}"


def _fault(name: str, kind: FaultKind) -> str:
    lines = [kind.text, "", f"- strikes: {', '.join(kind.targets)}"]
    if kind.needs:
        lines.append(f"- needs: {', '.join(f'`{each}`' for each in kind.needs)}")
    if kind.takes:
        lines.append(f"- takes: {', '.join(f'`{each}`' for each in kind.takes)}")
    lines += [
        f"- ends: {', '.join(f'`{each}`' for each in kind.ends)}",
        f"- shows itself by: {', '.join(kind.visibility)}",
        f"- class {kind.assumption}: {CLASSES[kind.assumption]}",
        f"- {_whom(kind)}",
        "",
        "```yaml",
        f"faults: [{fault_example(name, kind)}]",
        "```",
    ]
    return "\n".join(lines)


def fault_example(name: str, kind: FaultKind) -> str:
    """Return one record of a kind of fault, as it stands in a scenario."""
    target = _at(kind.targets[0])
    needs = "".join(f", {each}: {SAMPLE.get(each, '?')}" for each in kind.needs)
    trigger = f"{{point: {kind.points[0]}}}" if kind.points and name != "P1" else "{at: 1h}"
    return f"{{name: trouble, kind: {name}, target: {target}, trigger: {trigger}, duration: 30m{needs}}}"


def _template(name: str, template: Template) -> str:
    first, *others = template.parts
    targets = KINDS[first.kind].targets
    goes = f", with: {_at(KINDS[others[0].kind].targets[0])}" if others else ""
    return "\n".join(
        [
            template.text,
            "",
            *(f"- `{part.kind}`: {KINDS[part.kind].text}" for part in template.parts),
            "",
            "```yaml",
            f"faults: [{{name: trouble, template: {name}, target: {_at(targets[0])}{goes}, trigger: {{at: 1h}}}}]",
            "```",
        ]
    )


def _at(target: str) -> str:
    return AT.get(target, target)


def _preset(slot: str, name: str, preset: Preset) -> str:
    owners = {"a design": Design} | {f"a party of kind {kind}": block for kind, block in party_blocks().items()}
    choices = {owner: _choice(block.model_fields.get(slot)) for owner, block in owners.items()}
    takers = [owner for owner, choice in choices.items() if choice is not None]
    written = next(choice.presets for choice in choices.values() if choice and choice.presets)[name]
    return "\n".join(
        [
            f"A published `{slot}` of {', '.join(takers)}. Source: {preset.source}.",
            "",
            "```yaml",
            f"{slot}: {{preset: {name}}}",
            "```",
            "",
            "It stands for, and a key beside its name changes:",
            "",
            *(f"- `{key}`: {_plain(value)}" for key, value in written.items()),
        ]
    )


def _party_preset(name: str, preset: PartyPreset) -> str:
    kind = str(preset.block["kind"])
    return "\n".join(
        [
            f"A party of kind `{kind}` as its vendor publishes it. Source: {preset.source}.",
            "",
            "```yaml",
            f"landscape: {{parties: {{{kind}: {{preset: {name}}}}}}}",
            "```",
            "",
            "It stands for, and a key beside its name changes; all else has the defaults of its kind:",
            "",
            *(f"- `{key}`: {_plain(value)}" for key, value in preset.block.items()),
        ]
    )


def _policy(kind: Kind) -> str:
    lines = [kind.text.partition(": ")[2], "", f"- chosen in `{kind.slot}`"]
    if kind.block is None:
        return "\n".join(lines)
    lines[-1] += f" by `{kind.key}: {kind.name}`; its settings, each with its default and where that comes from:"
    lines += [
        "",
        *(
            f"- `{path}`: {default}{f' ({source})' if source else ''}"
            for path, default, source in settings(kind.block)
            if path != kind.key
        ),
    ]
    return "\n".join(lines)


def _choice(part: object) -> OneOf | None:
    """Return the choice with presets that a field or its type is annotated with."""
    notes = part.metadata if isinstance(part, FieldInfo) else getattr(part, "__metadata__", ())
    inner = (part.annotation,) if isinstance(part, FieldInfo) else get_args(part)
    own = [note for note in notes if isinstance(note, OneOf) and note.presets]
    return next(iter(own), None) or next((found for each in inner if (found := _choice(each))), None)


def _party(kind: str, block: type[Block]) -> str:
    lines = [" ".join((block.__doc__ or "").split())]
    lines += ["", f"Left out: {LEAVES_OUT[kind]}."]
    lines += ["", "Settings, each with its default and where that comes from:", ""]
    lines += [f"- `{path}`: {default}{f' ({source})' if source else ''}" for path, default, source in settings(block)]
    return "\n".join(lines)


def settings(block: type[Block]) -> Iterator[tuple[str, str, str]]:
    """Yield path, default and source of each setting of a block, those of blocks inside it below their key."""
    for each in settings_of(block):
        yield each.path, "must be given" if each.default is REQUIRED else _plain(each.default), each.source


def _plain(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case Mapping() if not value:
            return "its own defaults"
        case Mapping():
            return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
        case tuple() | list():
            return ", ".join(map(_plain, value)) or "none"
    return str(value)

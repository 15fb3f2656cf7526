"""What a live process is given: everything that a design block and its landscape say, as plain values.

The scenario's room fills it in, so that the process itself knows no scenario and no simulator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from policies.ruleset import PublicationPolicy, RuleSet
from twin.live.alerts import LiveRule
from twin.middleware.dispatch import Procedures
from twin.model.instant import Elapsed


class Sender(NamedTuple):
    """One channel's stock interface: how it is told, at most `items` in slots at least `apart` (us) from each other."""

    policy: PublicationPolicy
    items: int
    apart: Elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A design, ready to run.

    `items`, `sites` and `channels` are names in the order of their numbers. `nights` are the local times of day, in
    microseconds after midnight, at which all figures go out from the ledger (empty: never). `inbox_kept` is how long a
    message id is known, `restarts_max` how often a procedure runs again after conflicts. `checked` and `outbox` are the
    shell's isolation and effects. `setup` is the scenario as its file would say it, for the header of the journal.
    `alerts` are those of its rules whose measures a live process has.
    """

    name: str
    rules: RuleSet
    rules_version: str
    procedures: Procedures
    senders: tuple[Sender, ...]
    items: tuple[str, ...]
    sites: tuple[str, ...]
    channels: tuple[str, ...]
    zone: ZoneInfo
    nights: tuple[Elapsed, ...]
    inbox_kept: Elapsed
    restarts_max: int
    checked: bool
    outbox: bool
    setup: Mapping[str, object]
    alerts: tuple[LiveRule, ...] = ()

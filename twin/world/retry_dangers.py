"""Dangers of a caller's attempts as a whole: what they need against a deadline, a hedge, and a partner's memory.

Attempts are taken at their longest: each is waited for until its timeout, and each wait between them is the longest
that its jitter allows. A user's own rule does not say how long it waits, so nothing is said of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from policies.retry import Failed
from twin.model.instant import Elapsed
from twin.world.budget_specs import NoBudget
from twin.world.calling import CallBlock, Clients, Server
from twin.world.designs import Design
from twin.world.finding import Finding, Path
from twin.world.hedge_specs import FixedHedge, NoHedge
from twin.world.key_specs import Keys
from twin.world.landscape import CALL_TIMEOUT, ErpCloud, Wms
from twin.world.retry_specs import NoRetry, RetryBlock
from twin.world.scenario import Scenario
from twin.world.values import duration_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """One kind of call whose attempts follow the design: its link, and how long an attempt and the call may take."""

    link: str
    to: str
    timeout: Elapsed
    deadline: Elapsed | None
    path: Path | None
    """Where the call stands, in a world without a distributor."""
    once: bool = False
    """True where it is not repeated, alone at least."""


def retry_dangers(scenario: Scenario) -> Iterator[Finding]:
    """Yield what is dangerous about the attempts of each design, as warnings."""
    waited = [each for each in waited_for(scenario) if not each.once]
    for name, design in scenario.designs.items():
        if isinstance(design.hedge, FixedHedge):
            yield from _no_copy(waited, name, design.hedge)
        yield from _deadlines(waited, name, design, longest_waits(design))
        yield from _nothing_to_pay(scenario, name, design)
    yield from _short_memories(scenario, waited)


def _nothing_to_pay(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    """Warn of a budget or a hedge beside clients that repeat a request as a whole: each of their calls is sent once."""
    whole = [key for key, party in scenario.landscape.parties.items() if isinstance(party, Clients) and party.whole]
    slots = (("budget", isinstance(design.budget, NoBudget)), ("hedge", isinstance(design.hedge, NoHedge)))
    for slot in [slot for slot, absent in slots if whole and not absent]:
        told = f"says nothing to {', '.join(whole)}: a request that is repeated as a whole sends each of its calls once"
        yield Finding(("designs", name, slot), told, "warning")


def _short_memories(scenario: Scenario, waited: list[Waited]) -> Iterator[Finding]:
    """Warn of a party that forgets a key before the last attempt under it may come (RELIABILITY 2.5, P-9)."""
    for each in waited:
        kept = _kept(scenario, each.to)
        horizons = {
            name: sum(waits) + len(waits) * each.timeout
            for name, design in scenario.designs.items()
            if (waits := longest_waits(design)) is not None
        }
        worst = max(horizons, key=lambda name: horizons[name], default="")
        if kept is not None and worst and kept < horizons[worst]:
            told = (
                f"{each.to} forgets a key after {duration_text(kept)} when attempts of design {worst} on {each.link} "
                f"may go on for {duration_text(horizons[worst])}: it must keep keys at least as long (P-9)"
            )
            yield Finding(("landscape", "parties", each.to, "idempotency"), told, "warning")


def _kept(scenario: Scenario, party_name: str) -> Elapsed | None:
    """Return how long a party keeps idempotency keys; None: for ever, or it keeps none."""
    party = scenario.landscape.parties.get(party_name)
    if isinstance(party, Server | ErpCloud) and isinstance(party.idempotency, Keys):
        return party.idempotency.retention
    return None


def longest_waits(design: Design) -> list[Elapsed] | None:
    """Return the longest wait after each attempt but the last, us; None where a user's own rule decides."""
    if isinstance(design.retry, NoRetry):
        return []
    if not isinstance(design.retry, RetryBlock):
        return None
    rule, waits = design.retry.rule(), list[Elapsed]()
    while (wait := rule.delay(Failed(len(waits) + 1, 1.0, waits[-1] if waits else 0))) is not None:
        waits.append(wait)
    return waits


def _deadlines(waited: list[Waited], name: str, design: Design, waits: list[Elapsed] | None) -> Iterator[Finding]:
    """Warn of attempts that a deadline never lets happen where the ones before them time out (POLICIES 4)."""
    for each in waited if waits else ():
        assert waits is not None
        deadline = design.deadline if each.deadline is None else each.deadline
        needed = sum(waits) + (len(waits) + 1) * each.timeout
        if deadline is None or each.timeout > deadline or needed <= deadline:
            continue
        told = (
            f"{len(waits) + 1} attempts of {duration_text(each.timeout)} on {each.link} and waits of up to "
            f"{duration_text(sum(waits))} need {duration_text(needed)}, longer than the deadline "
            f"{duration_text(deadline)}: attempts x timeout + waits must fit it"
        )
        path = ("designs", name, "retry") if each.deadline is None or each.path is None else (*each.path, "deadline")
        yield Finding(path, told, "warning")


def _no_copy(waited: list[Waited], name: str, hedge: FixedHedge) -> Iterator[Finding]:
    """Warn of a hedge whose attempts are given up before any copy goes out."""
    if waited and all(each.timeout <= hedge.after for each in waited):
        longest = max(waited, key=lambda each: each.timeout)
        told = (
            f"a copy goes out after {duration_text(hedge.after)} when every attempt is given up after "
            f"{duration_text(longest.timeout)} or less ({longest.link}): it must be shorter, or nothing is sent"
        )
        yield Finding(("designs", name, "hedge", "after"), told, "warning")


def waited_for(scenario: Scenario) -> Iterator[Waited]:
    """Yield the calls whose attempts meet the policies of a design."""
    parties = scenario.landscape.parties
    for caller, number, call in calls_of(scenario):
        party = parties[caller]
        yield Waited(
            link=f"{caller}/{call.to}",
            to=call.to,
            timeout=call.timeout,
            deadline=call.deadline,
            path=("landscape", "parties", caller, "calls", number),
            once=not call.retries or (isinstance(party, Clients) and party.whole),
        )
    if not scenario.is_blank:
        for name, each in parties.items():
            if isinstance(each, ErpCloud | Wms):
                timeout = each.timeout if isinstance(each, ErpCloud) else CALL_TIMEOUT
                yield Waited(link=f"middleware/{name}", to=name, timeout=timeout, deadline=None, path=None)


def calls_of(scenario: Scenario) -> Iterator[tuple[str, int, CallBlock]]:
    """Yield each call of clients and servers: its caller, its number there and itself."""
    for name, party in scenario.landscape.parties.items():
        for number, call in enumerate(party.calls if isinstance(party, Clients | Server) else ()):
            yield name, number, call

"""What a scenario may say and what kills systems all the same: times in the wrong order, and retries that multiply.

Each danger is a warning with its numbers and its rule. Compared are settings alone: what a law may draw on a bad day is
left to the run. A user's own breaker does not say how long it stays open, so nothing is said of it. Tried and dropped:
silence where the design has a retry budget; it bounds the sum over many calls, not what one call may send.
"""

from collections.abc import Iterator

from twin.model.instant import SECOND, Elapsed
from twin.world.breaker_specs import CountBreaker, PollyBreaker, TimeBreaker
from twin.world.calling import Clients, Server
from twin.world.designs import Design, GovernedPublication
from twin.world.finding import Finding, Path
from twin.world.law_specs import GammaLaw, LognormalLaw
from twin.world.layers import attempts_at_each_layer
from twin.world.retry_dangers import calls_of, retry_dangers, waited_for
from twin.world.scenario import InFiles, Poll, Scenario
from twin.world.seller_specs import EdiGateway, FeedApi, Marketplace, announced
from twin.world.values import duration_text


def dangers(scenario: Scenario) -> Iterator[Finding]:
    """Yield what is allowed and dangerous, as warnings."""
    yield from _inner_timeouts(scenario)
    yield from _call_deadlines(scenario)
    yield from _late_polls(scenario)
    yield from retry_dangers(scenario)
    for name, design in scenario.designs.items():
        yield from _deadline(scenario, name, design)
        yield from _breaker_wait(scenario, name, design)
        yield from _multiplied_retries(scenario, name, design)
        if not scenario.is_blank:
            yield from _retention(scenario, name, design)
            yield from _feed_timeouts(scenario, name, design)


def _inner_timeouts(scenario: Scenario) -> Iterator[Finding]:
    """Warn of a server that waits for another one longer than its own caller waits for it (POLICIES 4)."""
    parties = scenario.landscape.parties
    for caller, _, outer in calls_of(scenario):
        server = parties.get(outer.to)
        for number, inner in enumerate(server.calls if isinstance(server, Server) else ()):
            if inner.timeout > outer.timeout:
                told = (
                    f"{outer.to} waits {duration_text(inner.timeout)} for {inner.to} when {caller} has gone after "
                    f"{duration_text(outer.timeout)}: an inner timeout must not be longer than the outer one"
                )
                yield _warning(("landscape", "parties", outer.to, "calls", number, "timeout"), told)


def _call_deadlines(scenario: Scenario) -> Iterator[Finding]:
    """Warn of an attempt that may take longer than its whole call (POLICIES 4)."""
    for caller, number, call in calls_of(scenario):
        if call.deadline is not None and call.timeout > call.deadline:
            told = f"{_OUTLIVES}: {duration_text(call.timeout)} against {duration_text(call.deadline)}"
            yield _warning(("landscape", "parties", caller, "calls", number, "timeout"), told)


_OUTLIVES = "one attempt is waited for longer than the whole call may take"


def _deadline(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    """Warn of a design's deadline that one attempt alone outlives; a call with its own is looked at by itself."""
    link, wait = _longest_wait(scenario, with_deadline=False)
    if design.deadline is not None and wait > design.deadline:
        told = f"{_OUTLIVES}: {duration_text(wait)} on {link} against {duration_text(design.deadline)}"
        yield _warning(("designs", name, "deadline"), told)


def _breaker_wait(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    """Warn of a breaker that stays open for less than its probe may take: it hangs on probes, not on its wait."""
    if not isinstance(design.breaker, CountBreaker | TimeBreaker | PollyBreaker):
        return
    link, wait = _longest_wait(scenario)
    if design.breaker.open_for < wait:
        told = (
            f"the breaker waits {duration_text(design.breaker.open_for)} for a probe that may take "
            f"{duration_text(wait)} on {link}: its wait must not be shorter than its probe's timeout"
        )
        yield _warning(("designs", name, "breaker", "open_for"), told)


def _multiplied_retries(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    """Warn of several layers that retry, and multiply to more attempts than `checks.A_max` (RELIABILITY 2.5, P-3)."""
    chains = (_chain(scenario, each, ()) for each in scenario.landscape.parties)
    layers, chain = max(chains, key=_length, default=(0, ()))
    attempts, most = attempts_at_each_layer(design), scenario.checks.A_max
    if layers > 1 and attempts**layers > most:
        told = (
            f"{attempts} attempts at each of {layers} layers are up to {attempts**layers} for one call "
            f"({' > '.join(chain)}): they must not multiply to more than checks.A_max {most}"
        )
        yield _warning(("designs", name, "retry"), told)


def _chain(scenario: Scenario, name: str, before: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """Return the chain of calls from a party on with the most layers that retry, and how many of them do.

    A circle is another finding's.
    """
    party = scenario.landscape.parties.get(name)
    if name in before or not isinstance(party, Clients | Server):
        return 0, ()
    found: tuple[int, tuple[str, ...]] = (0, ())
    for call in party.calls:
        layers, chain = _chain(scenario, call.to, (*before, name))
        found = max(found, (layers + call.retries, chain), key=_length)
    return found[0], (name, *found[1])


def _length(found: tuple[int, tuple[str, ...]]) -> tuple[int, int]:
    layers, chain = found
    return layers, len(chain)


def _retention(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    """Warn of an inbox that forgets a message before its sender sends it for the last time (RELIABILITY 2.5, P-9)."""
    kept = design.sequencing.inbox_kept
    for party_name, party in scenario.landscape.parties.items():
        webhook = announced(party)
        if webhook is not None:
            repeats = webhook.repeats.rule().horizon_us if webhook.repeats is not None else 0
            again, seen, what = max(webhook.reconcile_every, repeats), webhook.reconcile_every, "scan"
        elif isinstance(party, EdiGateway):
            again, seen, what = party.resend_after * party.resends, party.poll_every, "poll"
        else:
            continue
        if kept <= again + seen:
            told = (
                f"messages are forgotten before their partner may send them again: {duration_text(kept)} against "
                f"{duration_text(again)} of {party_name} and {duration_text(seen)} to the next {what}; keep them longer"
            )
            yield _warning(("designs", name, "sequencing", "inbox_kept"), told)


def _late_polls(scenario: Scenario) -> Iterator[Finding]:
    """Warn of orders that are looked for less often than they must be acknowledged."""
    for name, channel in scenario.channels.items():
        asked = channel.promise.acknowledge if channel.promise is not None else None
        found = _looks_every(scenario, name)
        if asked is not None and found is not None and found[1] > asked:
            path, every = found
            told = (
                f"orders are looked for every {duration_text(every)} and must be acknowledged within "
                f"{duration_text(asked)} (channels.{name}.promise.acknowledge): the interval must not be longer"
            )
            yield _warning(path, told)


def _looks_every(scenario: Scenario, name: str) -> tuple[Path, Elapsed] | None:
    """Return how often a channel's orders are looked for, and where it is said; None where they come by themselves."""
    intake, party_name = scenario.channels[name].intake, scenario.party_of(name)
    if isinstance(intake, Poll | InFiles) and intake.every is not None:
        return ("channels", name, "intake", "every"), intake.every
    party = scenario.landscape.parties.get(party_name)
    if isinstance(intake, InFiles) and isinstance(party, EdiGateway):
        return ("landscape", "parties", party_name, "poll_every"), party.poll_every
    return None


def _feed_timeouts(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    """Warn of figures that are sent again while their feed is usually still being worked on."""
    for party_name, party in scenario.landscape.parties.items():
        if not isinstance(party, Marketplace) or not isinstance(party.stock_api, FeedApi):
            continue
        law = party.stock_api.turnaround.written_out
        if not isinstance(design.publication, GovernedPublication) or not isinstance(law, LognormalLaw | GammaLaw):
            continue
        usual = round((law.mean if isinstance(law, GammaLaw) else law.p50) * SECOND)
        if design.publication.feed_timeout < usual:
            told = f"{duration_text(design.publication.feed_timeout)} against about {duration_text(usual)}"
            yield _warning(
                ("designs", name, "publication", "feed_timeout"),
                f"figures are sent again before a feed of {party_name} is usually answered: {told}",
            )


def _longest_wait(scenario: Scenario, *, with_deadline: bool = True) -> tuple[str, Elapsed]:
    """Return the longest timeout of an attempt under the policies of a design, and the link of its call.

    Without `with_deadline`, calls that state their own deadline are left out.
    """
    waits = [(each.link, each.timeout) for each in waited_for(scenario) if with_deadline or each.deadline is None]
    return max([("none", 0), *waits], key=lambda wait: wait[1])


def _warning(path: Path, message: str) -> Finding:
    return Finding(path, message, "warning")

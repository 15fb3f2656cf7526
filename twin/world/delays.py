"""How long a figure is on its way: the exposure windows of the channels, from the delays as configured.

W = wait for the push + delivery + channel apply + order intake. Two readings of it: the mean, which sizes a risk buffer
and goes into the oversell law, and the bound, beyond which an oversold unit has no excuse. A delay without a ceiling is
bounded by its 1 - 1e-9 quantile; the wait of the push by what the design declares.
"""

from policies.stock_buffer import exposure_window
from twin.kernel.laws import Law
from twin.model.instant import DAY, SECOND, Elapsed
from twin.world import designs
from twin.world.landscape import Link, Middleware
from twin.world.law_specs import ConstantLaw
from twin.world.laws import compiled
from twin.world.rules import StockInterface
from twin.world.scenario import Direct, InFiles, Poll, Scenario, Webhook
from twin.world.seller_specs import EdiGateway, Marketplace, Seller, announced
from twin.world.windows import Window

CERTAIN = 1 - 1e-9


def windows_of(scenario: Scenario, design: designs.Design) -> list[Window]:
    """Return the exposure window of every channel under a design, in the order of the channels."""
    return [_window(scenario, design, name) for name in scenario.channels]


def link_of(scenario: Scenario, a: str, b: str) -> Link:
    """Return the link between two parties, whichever is named first; where none is described nothing lies between."""
    links = scenario.landscape.links
    return links.get(f"{a}/{b}") or links.get(f"{b}/{a}") or Link(latency=ConstantLaw(value=0.0))


def _window(scenario: Scenario, design: designs.Design, name: str) -> Window:
    party = scenario.landscape.parties[scenario.party_of(name)]
    assert isinstance(party, Seller)
    channel = scenario.channels[name]
    interface = StockInterface(party)
    hop = compiled(link_of(scenario, "middleware", scenario.party_of(name)).latency)
    service = _service(scenario)
    wait_mean, wait_bound = _wait(design.publication, interface)
    push = [service, hop, compiled(party.stock_api.latency), compiled(party.apply)]
    if interface.turnaround is not None:
        push.append(compiled(interface.turnaround))
    intake = [service, hop, compiled(channel.intake.delay)]
    more_mean = more_bound = 0
    match channel.intake:
        case Webhook():
            webhook = announced(party)
            assert webhook is not None
            intake.append(compiled(webhook.latency))
            may_miss = webhook.lost or webhook.repeats is not None
            more_bound = 2 * webhook.reconcile_every if may_miss else 0
        case Poll():
            assert isinstance(party, Marketplace)
            intake += [compiled(party.order_visible), compiled(party.list_orders.latency)]
            more_mean, more_bound = channel.intake.every // 2, 2 * channel.intake.every
        case InFiles():
            if isinstance(party, EdiGateway):
                intake.append(compiled(party.translate))
                every = party.batch_every + party.poll_every
                resent = party.resend_after * party.resends
            else:
                assert channel.intake.every is not None
                every, resent = channel.intake.every, channel.intake.burst_window
            more_mean, more_bound = (every + channel.intake.burst_window) // 2, every + resent
        case Direct():
            pass
    return Window(
        push_mean=wait_mean + _mean(push) + channel.cache // 2,
        push_bound=wait_bound + _bound(push) + channel.cache,
        intake_mean=more_mean + _mean(intake),
        intake_bound=more_bound + _bound(intake),
        wait_mean=wait_mean,
    )


def _wait(publication: designs.Publication, interface: StockInterface) -> tuple[Elapsed, Elapsed]:
    """Return mean and bound of the wait for a push, in microseconds."""
    if isinstance(publication, designs.BatchPublication):
        gap = DAY // len(publication.at)
        return gap // 2, DAY
    if isinstance(publication, designs.EveryEventPublication):
        return 0, 0
    apart, _ = interface.slot(publication.interval)
    if isinstance(publication, designs.PeriodicPublication):
        wait = exposure_window(apart, 0, 0, 0)
        return wait.mean, wait.worst
    mean = 0 if publication.urgent_zero and apart == publication.interval else apart // 2
    return mean, max(publication.max_age, apart)


def _service(scenario: Scenario) -> Law:
    for party in scenario.landscape.parties.values():
        if isinstance(party, Middleware):
            return compiled(party.service)
    return compiled(Middleware(kind="middleware").service)


def _mean(laws: list[Law]) -> Elapsed:
    return int(sum(law.mean for law in laws) * SECOND)


def _bound(laws: list[Law]) -> Elapsed:
    return int(sum(law.quantile(CERTAIN) for law in laws) * SECOND)

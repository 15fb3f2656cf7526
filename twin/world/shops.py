"""The channels of a world: what they show and are told, how their orders come in, and what their customers do later."""

from collections.abc import Callable

from actors.buyers import Sayer
from actors.calls import Endpoint, Gate
from actors.carrier import Carrier
from actors.channel import Channel
from actors.ground import Lag
from actors.keyed_posts import KeyedPosts
from actors.mailbox import Mailbox, Run
from actors.once import Once
from actors.second_thoughts import SecondThoughts
from actors.way import Way
from actors.webhook import Webhook
from actors.writing import Writer
from policies.throttle import token_bucket
from twin.kernel.link import Link
from twin.model.chance import bits, stream_id
from twin.model.commands import InterchangeReceived, MessageCarried, SubmitOrder, WebhookReceived
from twin.model.fallback import documents, order_feed, stock_interface
from twin.model.instant import DAY, Elapsed
from twin.model.message import Message
from twin.world import away, landscape
from twin.world.catalogues import names_of
from twin.world.coming_back import thoughts_of
from twin.world.laws import compiled
from twin.world.limiter_specs import LearnedLimiter
from twin.world.rules import StockInterface
from twin.world.sayers import sayer_of
from twin.world.scenario import Direct, InFiles
from twin.world.scenario import Poll as PollBlock
from twin.world.seller_specs import EdiGateway, Marketplace, Seller, announced
from twin.world.wiring import Wiring

ORDERS = (SubmitOrder, WebhookReceived, MessageCarried, InterchangeReceived)
"""Messages that bring orders."""


def add_channel(wiring: Wiring, number: int, name: str) -> None:
    """Add one channel, its interfaces, and the way of its orders to the middleware."""
    block = wiring.scenario.channels[name]
    party_name = wiring.scenario.party_of(name)
    party = wiring.parties[party_name]
    assert isinstance(party, Seller)
    interface = StockInterface(party)
    ground = wiring.ground
    channel = Channel(
        ground,
        number,
        name,
        counts_down=block.counts_down,
        apply=ground.lag(f"{name}/apply", compiled(party.apply)),
        cache=block.cache,
        turnaround=ground.lag(f"{name}/turnaround", compiled(interface.turnaround))
        if interface.turnaround is not None
        else None,
        to_middleware=wiring.link(party_name, "middleware", f"{name}/feed"),
        deliver=wiring.troubles.door(
            ground, len(wiring.opening.items), _listened(wiring, number, name), name, party_name
        ),
        packs=dict(wiring.rules.availability.channels[number].sell_units),
        writer=_writer(wiring, number, name),
        says=_sayer(wiring, number, name),
    )
    channel.keeps = wiring.rules.fallbacks is not None and (
        wiring.rules.fallbacks.erp is not None and wiring.rules.fallbacks.erp.refuses
    )
    channel.lists = wiring.rules.fallbacks is not None and wiring.rules.fallbacks.of(order_feed(number)) is not None
    bucket = token_bucket(interface.units_per_s, interface.burst)
    plain = Endpoint(
        ground,
        service=ground.lag(f"{name}/stock", compiled(party.stock_api.latency)),
        handle=channel.take_stock,
        gate=wiring.troubles.gate(bucket, name, party_name),
        cost=interface.cost,
    )
    endpoint = wiring.troubles.endpoint(plain, name, party_name)
    learned = isinstance(wiring.design.limiter, LearnedLimiter)
    door = wiring.doors.get(stock_interface(number))
    if door is not None:
        door.gate = Gate(bucket) if learned else None
    wiring.stock_clients.append(
        wiring.client(
            f"middleware/{name}/stock",
            "middleware",
            party_name,
            endpoint,
            pace=door or (Gate(bucket) if learned else None),
            cost=interface.cost,
            refused=wiring.middleware.refused,
        )
    )
    desk = Endpoint(
        ground, service=ground.lag(f"{name}/answer", compiled(party.stock_api.latency)), handle=channel.take_answer
    )
    answers = wiring.troubles.endpoint(desk, name, party_name)
    door = wiring.doors.get(documents(number))
    wiring.answer_clients.append(wiring.client(f"middleware/{name}", "middleware", party_name, answers, pace=door))
    if door is not None:
        channel.documents = Once(30 * DAY)
    wiring.channels.append(channel)
    _intake(wiring, channel, name, party_name, party)


def _listened(wiring: Wiring, channel: int, name: str) -> Callable[[Message], None]:
    """Return what takes a channel's messages in; whoever listens for its orders hears of each."""
    take = wiring.carried(name)
    found = [partner for partner in wiring.partners if partner.number == order_feed(channel)]
    if not found:
        return take
    heard = away.listen(wiring.ground, found[0], wiring.door(f"presence/{found[0].name}"))

    def taken(message: Message) -> None:
        if isinstance(message, ORDERS):
            heard()
        take(message)

    return taken


def _sayer(wiring: Wiring, number: int, name: str) -> Sayer | None:
    terms, rules = wiring.scenario.channels[name].terms, wiring.rules.channels[number].source
    if terms is None or rules is None:
        return None
    return sayer_of(wiring.ground, name, terms, rules)


def _writer(wiring: Wiring, number: int, name: str) -> Writer | None:
    block = wiring.scenario.channels[name].writes
    if block is None:
        return None
    wrong = wiring.ground.coin(f"{name}/wrong", block.wrong) if block.wrong else None
    packs = dict(wiring.rules.availability.channels[number].sell_units)
    return Writer(names_of(wiring.scenario, name, wiring.numbers), packs, wrong)


def _intake(wiring: Wiring, channel: Channel, name: str, party_name: str, party: Seller) -> None:
    block = wiring.scenario.channels[name].intake
    ground = wiring.ground
    link = wiring.link(party_name, "middleware", f"{name}/orders")
    pushed = wiring.further.way_in(name, link)
    extra = ground.lag(f"{name}/intake", compiled(block.delay))
    if isinstance(block, Direct) and block.keyed:
        back = wiring.link("middleware", party_name, f"{name}/orders", response=True)
        posts = KeyedPosts(channel, there=link, back=back, delay=extra, again_after=block.again_after)
        _hands_over(wiring, channel, posts.placed, name, party_name)
        return
    if isinstance(block, Direct):
        _hands_over(
            wiring,
            channel,
            lambda submit: _directly(wiring, channel, pushed, extra(submit.case, 0), submit),
            name,
            party_name,
        )
        return
    if isinstance(block, InFiles):
        placed = _by_file(wiring, channel, name, party_name, party, link, block)
        _hands_over(wiring, channel, placed, name, party_name)
        return
    if isinstance(block, PollBlock):
        assert isinstance(party, Marketplace)
        visible = ground.lag(f"{name}/visible", compiled(party.order_visible))
        poll = wiring.troubles.poll(name, party_name)(
            channel,
            every=block.every,
            first=bits(wiring.seed, stream_id(f"{name}/poll/phase"), 0) % block.every,
            visible=lambda identity, attempt: visible(identity, attempt) + extra(identity, attempt),
            latency=ground.lag(f"{name}/list", compiled(party.list_orders.latency)),
            page=party.list_orders.max_items,
            gate=wiring.troubles.gate(
                token_bucket(party.list_orders.rate.exact, party.list_orders.burst), name, party_name, down=True
            ),
            link=link,
        )
        wiring.troubles.pull(poll, name, party_name)
        _hands_over(wiring, channel, poll.placed, name, party_name)
        return
    _by_push(wiring, channel, name, party_name, extra, pushed)


def _by_push(wiring: Wiring, channel: Channel, name: str, party_name: str, extra: Lag, pushed: Way) -> None:
    """Let a party push its orders, and again by its own rule where it has one; what was lost is read from its list."""
    ground, block = wiring.ground, announced(wiring.parties[party_name])
    assert block is not None
    pushes = None
    if block.repeats is not None:
        back = wiring.link("middleware", party_name, f"{name}/orders", response=True)
        pushes = wiring.further.subscriptions.of(
            name, block.repeats, pushed, back, stored=lambda message: message.case not in channel.untaken
        )
    dispatch = ground.lag(f"{name}/webhook", compiled(block.latency))
    webhook = Webhook(
        channel,
        dispatch=lambda identity, attempt: dispatch(identity, attempt) + extra(identity, attempt),
        lost=ground.coin(f"{name}/webhook/lost", block.lost),
        duplicated=ground.coin(f"{name}/webhook/duplicated", block.duplicated),
        reconcile_every=block.reconcile_every,
        link=pushes or pushed,
        reads=pushed,
        signature=wiring.rules.channels[channel.index].signature,
        resigns=block.resigns,
        traced=block.traced,
        judged_at=wiring.middleware.ground.now,
    )
    if pushes is not None:
        pushes.anew = webhook.anew
        wiring.further.subscriptions.also_found(pushes, lambda: webhook.found)
    wiring.troubles.clock(channel, name, party_name)
    _hands_over(wiring, channel, webhook.placed, name, party_name, webhook)


def _hands_over(
    wiring: Wiring,
    channel: Channel,
    placed: Callable[[SubmitOrder], None],
    name: str,
    party: str,
    webhook: Webhook | None = None,
) -> None:
    """Say who carries a channel's placed orders, past the records that strike them there."""
    channel.hands_over_by(wiring.troubles.seller(channel, placed, webhook, name, party))


def _by_file(
    wiring: Wiring, channel: Channel, name: str, party_name: str, party: Seller, link: Link, block: InFiles
) -> Callable[[SubmitOrder], None]:
    """Return who carries a channel's orders in files: the partners' mailbox, or a party's own run."""
    ground = wiring.ground
    if isinstance(party, EdiGateway):
        mailbox = Mailbox(
            channel,
            partners=party.partners,
            batch_every=party.batch_every,
            poll_every=party.poll_every,
            translate=ground.lag(f"{name}/translate", compiled(party.translate)),
            acknowledge=ground.lag(f"{name}/acknowledge", compiled(party.acknowledge)),
            resend_after=party.resend_after,
            resends=party.resends,
            checks=party.checks,
            whole=party.hands_on == "interchanges",
            link=link,
        )
        wiring.further.documents.of(channel, party, mailbox)
        wiring.troubles.pull(mailbox, name, party_name)
        wiring.mailboxes.append(mailbox)
        return mailbox.placed
    assert block.every is not None
    first = bits(wiring.seed, stream_id(f"{name}/run/phase"), 0) % block.every
    delay = ground.lag(f"{name}/intake", compiled(block.delay))
    return Run(channel, every=block.every, first=first, delay=delay, link=link, window=block.burst_window).placed


def _directly(wiring: Wiring, channel: Channel, link: Way, delay: Elapsed, submit: SubmitOrder) -> None:
    wiring.timeline.call_in(delay, lambda order: link.send(order.id, 0, channel.hand_over, order), submit)


def second_thoughts_of(wiring: Wiring, carriers: list[Carrier]) -> SecondThoughts | None:
    """Return what customers think better of: they cancel and send back, once their parcels have arrived."""
    name, block = next(iter(wiring.scenario.landscape.of_kind("carrier").items()))
    assert isinstance(block, landscape.Carrier)
    thoughts = thoughts_of(
        wiring.scenario,
        wiring.ground,
        wishes=lambda: [
            wiring.feed(wiring.scenario.party_of(channel), f"{channel}/wishes") for channel in wiring.scenario.channels
        ],
        warehouses=wiring.warehouses,
        transit=wiring.ground.lag(f"{name}/back", compiled(block.transit)),
    )
    if thoughts is not None:
        for carrier in carriers:
            carrier.arrived = thoughts.delivered
        for channel in wiring.channels:
            channel.return_answered = thoughts.answered
    return thoughts

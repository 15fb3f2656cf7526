"""Parties of an imaginary house among those of the twin: who buys by himself, who brings goods back, who serves."""

import twin


class Resellers:
    """Resellers who, at one moment, buy a share of what each of several pages shows of an item."""

    def __init__(self, item: str, channels: list[str], at_h: float = 10, share: float = 0.6) -> None:
        self.item, self.channels = item, channels
        self.at, self.share = twin.minutes(60 * at_h), share

    def run(self, here):
        """Wait for the moment, then look at each page and buy."""
        yield here.env.timeout(self.at)
        for channel in self.channels:
            units = int(self.share * here.shown(channel, self.item))
            if units:
                here.order(channel, {self.item: units})


class Counter:
    """A counter in the shop next to a warehouse: now and then a customer brings something back."""

    def __init__(self, site: str, mean_min: float = 10) -> None:
        self.site, self.mean = site, mean_min

    def run(self, here):
        """Wait for the next customer, put on the shelf what he brings."""
        luck = here.stream("customers")
        while True:
            yield here.env.timeout(twin.seconds(round(luck.exponential(self.mean * 60), 3)))
            here.restock(self.site, here.items[luck.integers(len(here.items))], 1)


class PriceService:
    """A service that stops for two seconds every half minute, because it tidies up its memory."""

    def serve(self, here, asked):
        """Answer 5 ms after the call, or after the pause that it fell into."""
        since = here.env.now % twin.seconds(30)
        pause = max(0, twin.seconds(2) - since)
        yield here.env.timeout(pause + twin.seconds(0.005))


class Shopper:
    """A page that asks for a price and, if it gets none, shows the page without it."""

    def __init__(self, per_s: float = 5) -> None:
        self.per_s = per_s

    def run(self, here):
        """Ask, one time after the other."""
        luck = here.stream("pages")
        while True:
            yield here.env.timeout(twin.seconds(round(luck.exponential(1 / self.per_s), 6)))
            yield here.call("prices", timeout=twin.seconds(0.5))

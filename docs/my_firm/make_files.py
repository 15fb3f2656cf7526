"""Make the example files of a firm that does not exist: `python docs/my_firm/make_files.py`.

Thirty days of orders of a small dealer in kitchenware over a web shop and two marketplaces. Everything is invented; the
draws are seeded, so the same files come again.
"""

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
CHANNELS = {"webshop": ("storefront", 26), "bazaar": ("marketplace_a", 11), "megastore": ("marketplace_b", 8)}
"""What each channel is like, and its orders on a mean day."""
SITES = {"leeds": 3, "bath": 2}
ITEMS = [f"{kind}-{size:02d}" for kind in ("PAN", "POT", "CUP", "JUG", "TIN", "JAR") for size in range(1, 11)]
FIRST_DAY, DAYS = datetime(2026, 9, 1), 30


def main() -> None:
    """Write the five files."""
    rng = random.Random(20260901)
    popularity = [1 / (place + 1) ** 0.9 for place in range(len(ITEMS))]
    daily = sum(mean for _, mean in CHANNELS.values()) * 1.25 * 1.4  # orders, lines an order, pieces a line
    expected = [weight / sum(popularity) * daily for weight in popularity]
    _write(
        "sites.csv",
        ("site", "people", "from", "to"),
        [(site, people, "07:00", "18:00") for site, people in SITES.items()],
    )
    _write("channels.csv", ("channel", "like"), [(name, like) for name, (like, _) in CHANNELS.items()])
    _write("items.csv", ("item", "safety"), [(item, 1 if place < 5 else 0) for place, item in enumerate(ITEMS)])
    stock = [
        (item, site, round(mean * share * rng.uniform(2, 9)))
        for item, mean in zip(ITEMS, expected, strict=True)
        for site, share in (("leeds", 0.6), ("bath", 0.4))
    ]
    _write("stock.csv", ("item", "site", "units"), stock)
    _write("orders.csv", ("order", "time", "channel", "item", "quantity", "customer"), _orders(rng, popularity))


def _orders(rng: random.Random, popularity: Sequence[float]) -> list[tuple[object, ...]]:
    placed: list[tuple[datetime, str]] = []
    for day in range(DAYS):
        at = FIRST_DAY + timedelta(days=day)
        busy = 0.6 if at.weekday() >= 5 else 1.15
        for name, (_, mean) in CHANNELS.items():
            count = round(rng.gauss(mean, mean**0.5) * busy)
            minutes = [int(rng.triangular(6 * 60, 23 * 60, 14 * 60)) for _ in range(count)]
            placed += [(at + timedelta(minutes=each), name) for each in minutes]
    lines: list[tuple[object, ...]] = []
    for number, (at, name) in enumerate(sorted(placed), start=10_001):
        items = dict.fromkeys(rng.choices(ITEMS, popularity, k=rng.choice((1, 1, 1, 1, 2))))
        customer = f"C{rng.randrange(900):03d}"
        lines += [(number, f"{at:%Y-%m-%d %H:%M}", name, item, rng.choice((1, 1, 1, 2)), customer) for item in items]
    return lines


def _write(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


if __name__ == "__main__":
    main()

"""Starter scenarios: a commented one to change, and one of a firm's own files.

What the files of a firm become: their last week is played, channel by channel, and the weeks before it are what the
stock rule estimates from. Stock opens as `stock.csv` says, each item split over the sites in the proportion of all
stock there, because a scenario states an item's stock as a whole.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from scenarios.figures import ROOM
from scenarios.firm import LIKE, Firm, FirmSite, read_firm
from scenarios.loader import load
from twin.errors import UsageError
from twin.world.stocking import split

PLAYED_DAYS: Final = 7
ESTIMATED_DAYS: Final = 28
SITES: Final = ("east", "west")
"""The warehouses of the landscape `mid`, which a firm replaces by its own."""


def starter(name: str) -> dict[str, str]:
    """Return the text of a commented starter scenario by the name of its file."""
    text = (ROOM / "starters" / "plain.yaml").read_text(encoding="utf-8")
    return {f"{name}.yaml": text.replace("NAME.yaml", f"{name}.yaml")}


def starter_of(folder: Path, name: str, zone: str) -> dict[str, str]:
    """Return the texts of a scenario of a firm's own files, by the names of files to lie beside those.

    Raises:
        ScenarioError: with what is wrong in the files.
        UsageError: the orders cover too few days, or a channel has too few of them.
    """
    firm = read_firm(folder)
    first, last = firm.days
    days = (last - first).days + 1
    played = PLAYED_DAYS if days >= 3 * PLAYED_DAYS else max(1, days // 3)
    estimated = min(ESTIMATED_DAYS, days - played)
    begin = last - timedelta(days=played - 1)
    if estimated < 2:
        raise UsageError(f"orders.csv covers {days} days; at least 3 are needed: one to play, two to estimate from")
    for channel, sold in firm.sold.items():
        _spread(channel, list(sold), begin, estimated)
    parts = {f"{name}.{channel}.mapping.yaml": _mapping(firm, name, channel, zone) for channel in firm.channels}
    return {
        f"{name}.yaml": _scenario(firm, name, zone, begin, played, estimated),
        f"{name}.stock.yaml": _stock(firm),
        **parts,
    }


def _spread(channel: str, days: list[date], begin: date, estimated: int) -> None:
    """Refuse a channel whose orders do not cover what is played and what is estimated from."""
    week = timedelta(days=7)
    if not any(day >= begin for day in days):
        raise UsageError(f"orders.csv: channel {channel!r} has no order from {begin} on; leave it out of channels.csv")
    if min(days) > begin - timedelta(days=estimated) + week:
        raise UsageError(
            f"orders.csv: channel {channel!r} begins with {min(days)}, too late to estimate its demand from"
        )


def _scenario(firm: Firm, name: str, zone: str, begin: date, played: int, estimated: int) -> str:
    shipped = load("first_day").channels
    orders = {channel: sum(sold.values()) for channel, sold in firm.sold.items()}
    days = (firm.days[1] - firm.days[0]).days + 1
    channels = []
    for channel, percent in zip(orders, _percent(list(orders.values())), strict=True):
        like = firm.channels[channel]
        intake = shipped[like].intake.model_dump(mode="json", exclude={"delay"})
        told = {"party": like, "share": percent, "counts_down": shipped[like].counts_down, "intake": intake}
        channels.append(f"  {_word(channel)}: {_flow(told)} # {orders[channel]} orders of the file")
    units = {site: sum(each.get(site, 0) for each in firm.stock.values()) for site in firm.sites}
    shares = dict(zip(units, _percent(list(units.values())), strict=True)) if sum(units.values()) else "by_demand"
    size = {channel: round(count / days, 2) for channel, count in orders.items()}
    gone = {each: None for each in LIKE if each not in orders}
    demand = "\n".join(
        f"  - {{name: {_word(channel)}, kind: history, file: orders.csv, "
        f"mapping: {_word(f'{name}.{channel}.mapping.yaml')}, assign_channel: {_word(channel)},\n"
        f'     window: {{from: "{begin}", length: {played}d}}, jitter_within: {_resolution(firm)}}}'
        for channel in orders
    )
    return f"""\
# What does it cost my firm to tell its channels of stock once a night instead of as it changes?
#
# Made of the CSV files beside it: orders.csv is played from {begin} on ({played} days), and the {estimated} days
# before it are what the stock rule estimates from. Everything else is an assumption of the landscape `mid` until you
# change it: `twin check {name}.yaml --resolved` prints every setting with its source, `--loads` how full it all gets.
schema_version: 1
includes: [{_word(f"{name}.stock.yaml")}] # every item, with its opening stock
question: What does it cost my firm to tell its channels of stock once a night instead of as it changes?
start: {{at: "{begin}T00:00", zone: {zone}}}
horizon: {played}d
seed: 1
reps: 5 # buyers are recorded; what differs between replications are delays, losses and supply

landscape:
  use: mid
  size: {_flow({"orders_per_day": {**size, **gone}, "skus": len(firm.items)})}
  parties:
    wms:
      sites: {_flow(_sites(firm.sites))}
channels:
{chr(10).join(channels)}
{"".join(f"  {each}: null{chr(10)}" for each in gone)}
demand:
{demand}
stock: # items and their opening units stand in {name}.stock.yaml
  rule: {{kind: s_S, service_level: 98%, estimate_from: {estimated}d, cover: 7d}} # how you buy: yours instead
  split: {_flow(shares)}

designs:
  nightly:
    publication: {{kind: batch, at: ["02:00"], from: erp}}
    procedures: naive/batch_file
    gives_up: [S-10]
  governed:
    publication: {{kind: governed, interval: 5s, buffer: {{kind: risk, epsilon: 1%, half_life: 6h}}}}
expectations:
  - {{name: night_oversells_more, kpi: oversold_units, design: nightly, minus: governed, is: "> 0",
     on_violation: report}}
measures: {{report: [oversold_units, lost_sales_units, channel_calls, availability_age_s.p95, orders_shipped]}}
"""


def _sites(sites: Mapping[str, FirmSite]) -> dict[str, object]:
    own = {
        name: {"people": site.people, "shift": {"from": site.begins, "to": site.ends}} for name, site in sites.items()
    }
    return {**own, **{each: None for each in SITES if each not in sites}}


def _resolution(firm: Firm) -> str:
    return "0s" if "%S" in firm.time_format else "60s"


def _stock(firm: Firm) -> str:
    lines = [
        "# Every item with its opening units, all sites together, and the units that no channel is shown at a site."
    ]
    lines += ["stock:", "  items:"]
    for item, safety in firm.items.items():
        units = sum(firm.stock.get(item, {}).values())
        more = f", safety: {safety}" if safety else ""
        lines.append(f"    {_word(item)}: {{opening: {units}{more}}}")
    return "\n".join(lines) + "\n"


def _mapping(firm: Firm, name: str, channel: str, zone: str) -> str:
    customer = "\n  customer: {column: customer, type: text, optional: true}" if firm.has_customers else ""
    named = ", customer: customer" if firm.has_customers else ""
    return f"""\
# How orders.csv becomes the orders of one channel.
mapping_version: 1
name: {{id: {_word(f"{name}-{channel}")}, version: "1"}}
source: {{format: csv, encoding: utf-8, delimiter: {json.dumps(firm.delimiter)}, header: true}}
clock: {{zone: {zone}, formats: ["{firm.time_format}"], resolution: {"1s" if "%S" in firm.time_format else "1m"}}}
columns:
  order: order
  channel: channel
  item: item
  quantity: {{column: quantity, type: integer}}
  time: {{column: time, type: time}}{customer}
refuse:
  - {{class: another_channel, when: {{not: {{channel: {{equals: {_word(channel)}}}}}}}}}
  - {{class: no_quantity, when: {{quantity: {{below: 1}}}}}}
group: {{by: [order], time: first, closes_after: {{rows: 2000}}, repeats: keep}}
events:
  - {{type: OrderPlaced, order: order, at: time{named}, lines: {{item: item, quantity: quantity}}}}
completeness: {{orders: full}}
"""


def _percent(counts: list[int]) -> list[str]:
    """Return the share of each count in percent, two digits after the point; together exactly 100 %."""
    return [f"{part // 100}.{part % 100:02d}%" for part in split(10_000, counts)]


def _flow(value: object) -> str:
    """Write a value on one line of YAML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_word(str(key))}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, str):
        return value if _MEASURED.fullmatch(value) else _word(value)
    return json.dumps(value)


def _word(text: str) -> str:
    """Write a text in quotes, unless it is a plain word."""
    return text if text.isascii() and text.isidentifier() and text.lower() not in _WORDS else json.dumps(text)


_MEASURED: Final = re.compile(r"[0-9.]+%|[0-9]+(s|m|h|d)")
_WORDS: Final = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
"""Words that YAML takes for something else than text, here or in an older version."""

"""A firm's own files: sites, channels, items, stock and orders as CSV, read and checked against each other.

| file | columns | what it says |
|---|---|---|
| `sites.csv` | `site, people`; `from, to` | the warehouses, how many people work at a time, and from when to when |
| `channels.csv` | `channel, like` | where the firm sells, and which channel of the shipped landscape each is like |
| `items.csv` | `item`; `safety` | every item, and how many units of it no channel is shown, by site |
| `stock.csv` | `item, site, units` | what lies where at the beginning of the last week of the orders |
| `orders.csv` | `order, time, channel, item, quantity`; `customer` | some weeks of orders, one row a line |

Columns behind a semicolon may be absent, others may stand beside them and are not read. A file is UTF-8 with a header;
commas, semicolons or tabs stand between its cells. Every problem is named by file, line and column, at most twenty.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from twin.errors import Problem, ScenarioError

LIKE: Final = ("storefront", "marketplace_a", "marketplace_b")
"""Channels of the landscape `mid`: a web shop, a marketplace that takes single figures, one that takes feeds."""
FORMATS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%d.%m.%Y %H:%M")
PROBLEMS_MAX: Final = 20
PLAIN: Final = re.compile(r"[\w-]+")
WALL_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
SHIFT: Final = ("06:00", "22:00")
"""When a site works that does not say: two shifts of eight hours, as in the landscape."""


@dataclass(frozen=True, slots=True)
class FirmSite:
    """One warehouse."""

    people: int
    begins: str
    ends: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """What the files say: safety by item, units of stock by item and site, orders by channel and day."""

    sites: Mapping[str, FirmSite]
    channels: Mapping[str, str]
    items: Mapping[str, int]
    stock: Mapping[str, Mapping[str, int]]
    sold: Mapping[str, Mapping[date, int]]
    time_format: str
    delimiter: str
    has_customers: bool

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day with an order."""
        days = [day for sold in self.sold.values() for day in sold]
        return min(days), max(days)


def read_firm(folder: Path) -> Firm:
    """Read the five files of a folder.

    Raises:
        ScenarioError: with what is wrong in them.
    """
    return _Reading(folder).firm()


Row = dict[str, str]


class _Reading:
    """The files of one folder, and the problems found so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.delimiter = ","
        self.columns: Sequence[str] = ()

    def firm(self) -> Firm:
        sites = self._sites()
        channels = self._channels()
        items = {row["item"]: self._units("items.csv", line, row, "safety") for line, row in self._rows("items.csv")}
        stock = self._stock(sites, items)
        sold, time_format = self._orders(channels, items)
        if self.problems:
            raise ScenarioError(self.problems[:PROBLEMS_MAX])
        return Firm(
            sites=sites,
            channels=channels,
            items=items,
            stock=stock,
            sold=sold,
            time_format=time_format,
            delimiter=self.delimiter,
            has_customers="customer" in self.columns,
        )

    def _sites(self) -> dict[str, FirmSite]:
        found = {}
        for line, row in self._rows("sites.csv"):
            people = self._units("sites.csv", line, row, "people", least=1)
            begins, ends = (row.get(key) or usual for key, usual in zip(("from", "to"), SHIFT, strict=True))
            for column, text in (("from", begins), ("to", ends)):
                if not WALL_TIME.fullmatch(text):
                    self._problem("sites.csv", line, column, f"must be a time of day such as '06:00' (got {text!r})")
            found[row["site"]] = FirmSite(people, begins, ends)
        return found

    def _channels(self) -> dict[str, str]:
        found = {}
        for line, row in self._rows("channels.csv"):
            name = row["channel"]
            if not PLAIN.fullmatch(name):
                self._problem(
                    "channels.csv", line, "channel", f"must be a plain word, which names a file (got {name!r})"
                )
            found[name] = self._known("channels.csv", line, row, "like", LIKE)
        return found

    def _stock(self, sites: Mapping[str, FirmSite], items: Mapping[str, int]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for line, row in self._rows("stock.csv"):
            item = self._known("stock.csv", line, row, "item", items)
            site = self._known("stock.csv", line, row, "site", sites)
            if site in found.setdefault(item, {}):
                self._problem(
                    "stock.csv", line, "site", f"item {item!r} at site {site!r} stands here for the second time"
                )
            found[item][site] = self._units("stock.csv", line, row, "units")
        return found

    def _orders(self, channels: Mapping[str, str], items: Mapping[str, int]) -> tuple[dict[str, dict[date, int]], str]:
        sold: dict[str, dict[date, int]] = {channel: {} for channel in channels}
        channel_of: dict[str, str] = {}
        time_format = ""
        for line, row in self._rows("orders.csv"):
            channel, order = self._known("orders.csv", line, row, "channel", channels), row["order"]
            self._known("orders.csv", line, row, "item", items)
            self._units("orders.csv", line, row, "quantity", least=-(10**9))
            time_format = time_format or next((each for each in FORMATS if _read(row["time"], each)), FORMATS[0])
            at = _read(row["time"], time_format)
            if at is None:
                like = datetime(2026, 3, 31, 13, 5).strftime(time_format)
                self._problem("orders.csv", line, "time", f"must be a time such as {like!r} (got {row['time']!r})")
            elif order not in channel_of and channel in sold:
                channel_of[order] = channel
                sold[channel][at.date()] = sold[channel].get(at.date(), 0) + 1
            if channel_of.get(order, channel) != channel:
                told = f"order {order!r} came over {channel_of[order]!r} in an earlier line (got {channel!r})"
                self._problem("orders.csv", line, "channel", told)
        if not channel_of and not self.problems:
            self._problem("orders.csv", 0, "", "holds no order")
        return sold, time_format

    def _rows(self, name: str) -> Iterator[tuple[int, Row]]:
        """Yield the rows of a file with their lines, once its header has every column that is needed."""
        needed = NEEDED[name]
        try:
            text = (self.folder / name).read_text(encoding="utf-8-sig")
        except OSError as error:
            self._problem(name, 0, "", f"cannot be read: {error.strerror or error}")
            return
        except UnicodeDecodeError as error:
            self._problem(name, 0, "", f"is no UTF-8 text (byte {error.start + 1})")
            return
        head = text.partition("\n")[0]
        self.delimiter = max(",;\t", key=head.count)
        reader = csv.DictReader(text.splitlines(), delimiter=self.delimiter, restval="")
        self.columns = [each.strip() for each in reader.fieldnames or ()]
        reader.fieldnames = self.columns
        missing = [each for each in needed if each not in self.columns]
        if missing:
            there = ", ".join(self.columns) or "nothing"
            self._problem(name, 1, missing[0], f"this column is missing; there is {there}")
            return
        seen: set[str] = set()
        for row in reader:
            cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
            key = cells[needed[0]]
            if empty := [each for each in needed if not cells[each]]:
                self._problem(name, reader.line_num, empty[0], "must not be empty")
            elif name in LISTS and key in seen:
                self._problem(name, reader.line_num, needed[0], f"{key!r} stands here for the second time")
            else:
                seen.add(key)
                yield reader.line_num, cells

    def _units(self, name: str, line: int, row: Row, column: str, least: int = 0) -> int:
        text = row.get(column, "") or str(max(0, least))
        number = int(text) if text.removeprefix("-").isdecimal() else least - 1
        if number < least:
            bound = f" of at least {least}" if least >= 0 else ""
            self._problem(name, line, column, f"must be a whole number{bound} (got {text!r})")
        return number

    def _known(self, name: str, line: int, row: Row, column: str, known: Mapping[str, object] | Sequence[str]) -> str:
        text = row[column]
        if text not in known:
            near = get_close_matches(text, list(known), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(list(known)[:5])}"
            self._problem(name, line, column, f"{text!r} is not known; {hint}")
        return text

    def _problem(self, name: str, line: int, column: str, message: str) -> None:
        file = str(self.folder / name)
        self.problems.append(Problem(file=file, line=line, column=0, path=column, level="error", message=message))


NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "sites.csv": ("site", "people"),
    "channels.csv": ("channel", "like"),
    "items.csv": ("item",),
    "stock.csv": ("item", "site", "units"),
    "orders.csv": ("order", "time", "channel", "item", "quantity"),
}
"""The columns without which a file cannot be read."""
LISTS: Final = ("sites.csv", "channels.csv", "items.csv")
"""Files in which each name stands once."""


def _read(text: str, time_format: str) -> datetime | None:
    try:
        return datetime.strptime(text, time_format)  # local time; the scenario says in which zone
    except ValueError:
        return None

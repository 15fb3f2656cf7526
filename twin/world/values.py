"""The values that a scenario is written in: durations, rates, shares, money, wall times, identifiers and choices.

Each type reads what a person writes (`2d10h`, `9/s`, `2%`, `"12.50 GBP"`), keeps what the world computes with (whole
microseconds, an exact rate, a float) and writes it back in the form in which it can be read again. A value that breaks
its rule raises a `rule(...)`: a sentence that the loader completes with the position, the path and the value got.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Annotated, Any, Final, Protocol, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    Strict,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Surroundings(Protocol):
    """What a scenario may refer to by name: figures of the profiles and files beside it. The loader supplies it.

    It is the validation context: `Scenario.model_validate(document, context=surroundings)`.
    """

    def archetype(self, name: str) -> Mapping[str, object] | None:
        """Return the entry of latency.yaml with this name, or None."""

    def figure(self, name: str) -> Mapping[str, object] | None:
        """Return the entry of demand.yaml with this name, or None."""

    def multipliers(self, name: str) -> Mapping[str, object] | None:
        """Return the row of landscape.yaml's peak multipliers with this name, or None."""

    def published(self, file: str, system: str, operation: str) -> Mapping[str, object] | str:
        """Return the entry of a profile for an operation of a system, or the sentence that says what there is."""

    def near(self, kind: str, name: str) -> str:
        """Return the end of a sentence that says what there is instead, for `kind` archetype, figure or multipliers."""

    def locate(self, file: str) -> str | None:
        """Return the full path of a data file, looked for beside the scenario and in the shipped data, or None."""

    def own(self, use: str) -> Callable[..., object] | str:
        """Return the class that `module:Class` names, or the sentence that says why there is none."""


class Block(BaseModel):
    """A part of a scenario: frozen, unknown keys refused, defaults checked like everything else.

    The source of a default (a profile, a rule, or an assumption with its reason) stands in its field's `description`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, populate_by_name=True)


def rule(sentence: str, at: str = "", *, whole: bool = False) -> PydanticCustomError:
    """Build the error of a broken rule.

    `at` is the key inside a mapping that is meant, where the rule is checked on the whole mapping. `whole` says that
    the sentence already names what it got, or needs not to.
    """
    return PydanticCustomError("rule", "{sentence}", {"sentence": sentence, "at": at, "whole": whole})


def sourced(
    default: object, source: str, alias: str | None = None
) -> Any:  # stands for a value of any type, as pydantic's own Field does
    """Return a field with a default, written as in a file, and its source, which `check --resolved` prints.

    `alias` is how a key is written that is a word of the language here.
    """
    return Field(default=default, alias=alias, description=source)


_UNITS: Final = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)")
_ISO: Final = re.compile(
    r"P(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_DURATION: Final = "must be a duration such as 250us, 20ms, 30s, 15m, 4h, 2d10h or PT15M"


def duration_us(text: object) -> int:
    """Read a duration and return whole microseconds (rounded half up); a bare number is seconds.

    Raises:
        PydanticCustomError: it is no duration, negative, or in months or years, which have no fixed length.

    >>> duration_us("2d10h"), duration_us("PT15M"), duration_us(1.5), duration_us("250us")
    (208800000000, 900000000, 1500000, 250)
    """
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise rule(_DURATION)
    if isinstance(text, int | float):
        if not text >= 0 or text == float("inf"):
            raise rule("must not be negative" if text < 0 else _DURATION)
        return _whole(Fraction(str(text)) * _UNITS["s"])
    stripped = text.strip()
    if stripped.startswith("-"):
        raise rule("must not be negative")
    if iso := _ISO.fullmatch(stripped):
        if any(iso.groups()):
            parts = zip(iso.groups(), "dhms", strict=True)
            return _whole(sum((Fraction(number) * _UNITS[unit] for number, unit in parts if number), Fraction(0)))
    elif stripped and "".join(number + unit for number, unit in _PART.findall(stripped)) == stripped:
        return _whole(sum((Fraction(number) * _UNITS[unit] for number, unit in _PART.findall(stripped)), Fraction(0)))
    elif re.fullmatch(r"\d+(\.\d+)?\s*(mo|month|months|y|year|years)|P\d+[YM].*", stripped):
        raise rule("must be in days or less; months and years have no fixed length")
    raise rule(_DURATION)


def _whole(value: Fraction) -> int:
    return int((value + Fraction(1, 2)) // 1)


def duration_text(us: int) -> str:
    """Write whole microseconds in the shortest form that reads back to the same value.

    >>> duration_text(208_800_000_000), duration_text(0), duration_text(1_500_000)
    ('2d10h', '0s', '1s500ms')
    """
    parts = []
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count, us = divmod(us, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _positive_us(text: object) -> int:
    us = duration_us(text)
    if us == 0:
        raise rule("must be greater than 0")
    return us


_DURATION_SCHEMA: Final = {
    "anyOf": [
        {"type": "string", "pattern": r"^(([0-9]+(\.[0-9]+)?(us|ms|s|m|h|d))+|P[0-9DTHMS.]+)$"},
        {"type": "number", "minimum": 0},
    ],
    "description": "a duration: 250us 20ms 30s 15m 4h 2d10h PT15M; a bare number is seconds",
}


Duration = Annotated[
    int, PlainValidator(duration_us), PlainSerializer(duration_text, return_type=str), WithJsonSchema(_DURATION_SCHEMA)
]
"""A length of time, kept in whole microseconds; 0 is allowed."""

PositiveDuration = Annotated[
    int, PlainValidator(_positive_us), PlainSerializer(duration_text, return_type=str), WithJsonSchema(_DURATION_SCHEMA)
]
"""A length of time above 0, kept in whole microseconds."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a second, exactly; `per_s` is the float, `exact` the fraction behind it."""

    exact: Fraction

    @property
    def per_s(self) -> float:
        """The rate in 1/s."""
        return float(self.exact)

    def __str__(self) -> str:
        """Write the rate in the first unit in which its number ends: `0.5/s`, `10/h`."""
        for unit, seconds in _PER.items():
            if (number := _decimal_text(self.exact * seconds)) is not None:
                return f"{number}/{unit}"
        return f"{float(self.exact)!r}/s"


_PER: Final = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
_RATE: Final = "must be a rate with its unit, such as 9/s, 100/min or 10/h"


def rate(text: object) -> Rate:
    """Read a rate, which is written with its unit.

    Raises:
        PydanticCustomError: it is no rate, has no unit, or is not above 0.

    >>> str(rate("10/h")), rate("90/min").per_s
    ('10/h', 1.5)
    """
    if isinstance(text, Rate):
        return text
    if not isinstance(text, str):
        raise rule(_RATE)
    stripped = text.replace(" ", "")
    if stripped.startswith("-"):
        raise rule("must be greater than 0")
    if (found := re.fullmatch(rf"({_NUMBER})/(s|min|h|d)", stripped)) is None:
        raise rule(_RATE)
    exact = Fraction(found[1]) / _PER[found[2]]
    if exact == 0:
        raise rule("must be greater than 0")
    return Rate(exact)


def _decimal_text(value: Fraction) -> str | None:
    """Return the number as a decimal that ends within nine places, or None."""
    scaled = value * 10**9
    if scaled.denominator != 1:
        return None
    digits = f"{scaled.numerator // 10**9}.{scaled.numerator % 10**9:09d}"
    return digits.rstrip("0").rstrip(".")


RatePerTime = Annotated[
    Rate,
    PlainValidator(rate),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": rf"^{_NUMBER} ?/ ?(s|min|h|d)$", "description": "9/s 100/min 10/h"}),
]
"""A rate above 0; the attribute is a `Rate`."""

_SHARE: Final = "must be a share from 0 to 1, such as 2% or 0.02"


def share(text: object) -> float:
    """Read a share, `2%` or `0.02`, and return it as a float from 0 to 1.

    Raises:
        PydanticCustomError: it is no share, or lies outside 0 to 1.

    >>> share("45%"), share(0.02)
    (0.45, 0.02)
    """
    if isinstance(text, str) and (found := re.fullmatch(rf"(-?{_NUMBER}) ?%", text.strip())):
        value = float(Fraction(found[1]) / 100)
    elif isinstance(text, int | float) and not isinstance(text, bool):
        value = float(text)
    else:
        raise rule(_SHARE)
    if not 0.0 <= value <= 1.0:
        raise rule("must not be negative" if value < 0 else _SHARE)
    return value


def share_text(value: float) -> str | float:
    """Write a share as a percentage where that is exact, else as the number."""
    percent = _decimal_text(Fraction(repr(value)) * 100)
    return value if percent is None else f"{percent}%"


Share = Annotated[
    float,
    PlainValidator(share),
    PlainSerializer(share_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": rf"^{_NUMBER} ?%$"},
                {"type": "number", "minimum": 0, "maximum": 1},
            ],
            "description": "a share: 2% or 0.02",
        }
    ),
]
"""A share from 0 to 1, kept as a float."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency; it comes from text, never from a float."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        """Write the amount and the currency as they are read."""
        return f"{self.amount} {self.currency}"


def money(text: object) -> Money:
    """Read an amount such as `"12.50 GBP"`.

    Raises:
        PydanticCustomError: it is not an amount followed by a currency of three capital letters.

    >>> money("12.50 GBP")
    Money(amount=Decimal('12.50'), currency='GBP')
    """
    found = re.fullmatch(r"(-?[0-9.]+) ([A-Z]{3})", text.strip()) if isinstance(text, str) else None
    try:
        if found:
            return Money(Decimal(found[1]), found[2])
    except InvalidOperation:
        pass
    raise rule('must be an amount and a currency in quotes, such as "12.50 GBP"')


@dataclass(frozen=True, slots=True, order=True)
class TimeOfDay:
    """A wall time of the day, in whole microseconds after midnight; 24:00 is the end of the day."""

    us: int

    def __str__(self) -> str:
        """Write the time as it is read, with seconds only where there are some."""
        minutes, seconds = divmod(self.us // _UNITS["s"], 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")


def time_of_day(text: object) -> TimeOfDay:
    """Read a quoted wall time such as `"02:00"`.

    Raises:
        PydanticCustomError: it is no time between 00:00 and 24:00.

    >>> time_of_day("02:30").us
    9000000000
    """
    if isinstance(text, TimeOfDay):
        return text
    found = re.fullmatch(r"(\d\d):(\d\d)(?::(\d\d))?", text) if isinstance(text, str) else None
    if found:
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        second = (hours * 60 + minutes) * 60 + seconds
        if minutes < 60 and seconds < 60 and second <= 86_400:
            return TimeOfDay(second * _UNITS["s"])
    raise rule('must be a wall time in quotes, such as "02:00"')


WallTime = Annotated[
    TimeOfDay,
    PlainValidator(time_of_day),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$", "description": '"02:00"'}),
]
"""A wall time of the day, local in the scenario's zone; the attribute is a `TimeOfDay`."""


def _stamp(text: object) -> str:
    if isinstance(text, str):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return text
    raise rule('must be a date or a time in quotes, such as "2011-01-10" or "2011-01-10T00:00"')


WallStamp = Annotated[
    str,
    PlainValidator(_stamp),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$"}),
]
"""A calendar date or date and time as text, local in the scenario's zone unless an offset stands in it."""


def instant_us(stamp: str, zone: str) -> int:
    """Return microseconds since 1970 UTC of a wall stamp, read in `zone` unless it carries an offset.

    Of two readings in the hour that clocks are set back, the earlier; in the hour that is skipped, the clock before it.

    >>> instant_us("2011-01-10T00:00", "Europe/London")
    1294617600000000
    """
    moment = datetime.fromisoformat(stamp)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    whole = int(aware.replace(microsecond=0).timestamp())
    return whole * _UNITS["s"] + moment.microsecond


def _zone(text: object) -> str:
    if isinstance(text, str):
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
        else:
            return text
    raise rule("must be a time zone such as UTC or Europe/London")


Zone = Annotated[str, PlainValidator(_zone), WithJsonSchema({"type": "string"})]
"""A name of the time zone database."""


def _identifier(text: object) -> str:
    if not isinstance(text, str):
        raise rule("identifier must be text; put it in quotes")
    if not text or text != text.strip():
        raise rule("identifier must not be empty or begin or end with a blank")
    return text


Identifier = Annotated[str, PlainValidator(_identifier), WithJsonSchema({"type": "string", "minLength": 1})]
"""The name of a thing (an item, a party, a design): text, never a number, because leading zeros mean something."""

Count = Annotated[int, Strict(), Field(ge=1)]
"""A whole number, at least 1."""

Quantity = Annotated[int, Strict(), Field(ge=0)]
"""A whole number of units, at least 0."""

Flag = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Factor = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
"""A number above 0 that something is multiplied by."""


def _data_file(text: object, info: core_schema.ValidationInfo) -> str:
    if not isinstance(text, str) or not text:
        raise rule("must be the name of a file")
    surroundings: Surroundings | None = info.context
    if surroundings is not None and surroundings.locate(text) is None:
        raise rule(f"no such file {text!r} (looked beside the scenario and in the shipped data)", whole=True)
    return text


DataFile = Annotated[str, PlainValidator(_data_file), WithJsonSchema({"type": "string", "minLength": 1})]
"""A file beside the scenario or in the shipped data, as written; `Scenario.locate` gives its full path."""


def _later(value: object) -> None:
    if value not in (None, [], {}):
        raise rule("does not exist yet; remove it", whole=True)


Later = SkipJsonSchema[Annotated[None, BeforeValidator(_later), Field(exclude=True)]]
"""A key of the language whose behaviour does not exist yet: refused when it says something, never ignored."""


def later_key(info: FieldInfo) -> bool:
    """Say whether a field of a block is a key whose behaviour does not exist yet."""
    return info.annotation is type(None)


class Words:
    """Words of the language that do not exist yet, beside a `Literal` of those that do: each gets its own sentence."""

    def __init__(self, *later: str) -> None:
        self.later = later

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Put the check for later words in front of the literal."""
        there = ", ".join(str(word) for word in get_args(source))

        def admit(value: object) -> object:
            if isinstance(value, str) and value in self.later:
                raise rule(f"{value!r} does not exist yet; there is {there}", whole=True)
            if isinstance(value, Mapping):
                raise rule(f"a table of one's own does not exist yet; there is {there}", whole=True)
            return value

        return core_schema.no_info_before_validator_function(admit, handler(source))


class OneOf:
    """The choice between blocks by a key of theirs (`kind`, `law`), with errors that name what there is.

    It annotates a union of blocks, each of which has the key as a `Literal`. `marks` are further keys that choose a
    block by being there. `later` are kinds of the language that do not exist yet. `presets` are whole blocks by
    name: `{preset: name}` stands for one of them, and the keys beside it change it. `short` reads a shorter way to
    write one of the blocks into the whole one, and `short_schema` describes it. The tags that pydantic puts into the
    place of an error stand in angle brackets, so that they are never taken for a key of the file.
    """

    def __init__(
        self,
        noun: str,
        *,
        key: str = "kind",
        marks: tuple[str, ...] = (),
        later: tuple[str, ...] = (),
        short: Callable[[object], object] | None = None,
        short_schema: Mapping[str, object] | None = None,
        presets: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.noun, self.key, self.marks, self.later = noun, key, marks, later
        self.short, self.short_schema = short, short_schema
        self.presets = presets

    def tags(self, union: object) -> dict[str, type[Block]]:
        """Return the blocks of the union by their kind, in the order in which they are written."""
        found: dict[str, type[Block]] = {}
        for member in get_args(union) or (union,):
            if self.key in member.model_fields:
                found |= dict.fromkeys(get_args(member.model_fields[self.key].annotation), member)
            else:
                found[next(mark for mark in self.marks if mark in member.model_fields)] = member
        return found

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build the tagged union, with the check of the kind in front of it."""
        members = self.tags(source)
        kinds = [kind for kind in members if kind not in self.marks]

        def tag(value: object) -> str:
            if isinstance(value, Block):
                return next(f"<{kind}>" for kind, member in members.items() if isinstance(value, member))
            assert isinstance(value, Mapping)
            return f"<{next((mark for mark in self.marks if mark in value), value.get(self.key))}>"

        choices = {f"<{kind}>": handler.generate_schema(member) for kind, member in members.items()}
        union = core_schema.tagged_union_schema(choices, discriminator=tag)
        return core_schema.no_info_before_validator_function(lambda value: self._admit(value, kinds), union)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the blocks, and the shorter way to write one of them."""
        choices = [handler(schema)]
        if self.presets is not None:
            name = {"enum": sorted(self.presets)}
            choices.append({"type": "object", "required": ["preset"], "properties": {"preset": name}})
        if self.short_schema is not None:
            choices.insert(0, dict(self.short_schema))
        return choices[0] if len(choices) == 1 else {"anyOf": choices}

    def _admit(self, value: object, kinds: list[str]) -> object:
        """Return the mapping that one of the blocks will check, or say why there is none."""
        if self.presets is not None and isinstance(value, Mapping) and "preset" in value:
            value = self._changed(value, self.presets)
        if self.short is not None and not isinstance(value, Mapping | Block):
            value = self.short(value)
        if isinstance(value, Block) or (isinstance(value, Mapping) and any(mark in value for mark in self.marks)):
            return value
        if not kinds:
            raise rule(f"a {self.noun} has one of the keys {', '.join(self.marks)}")
        there = f"there are {', '.join(kinds)}" if len(kinds) > 1 else f"there is {kinds[0]}"
        if isinstance(value, str) and value in (self.presets or ()):
            raise rule(f"is the name of a preset; write {{preset: {value}}}")
        if not isinstance(value, Mapping):
            raise rule(f"must be a mapping with {self.key!r}; {there}")
        for word, what in (("use", "a user's class"), ("preset", "a preset"), ("profile", "an entry of the profiles")):
            if word in value and self.key not in value:
                raise rule(f"{what} cannot stand here yet; give {self.key!r} ({there})", at=word, whole=True)
        if self.key not in value:
            raise rule(f"{self.key!r} is missing; {there}", whole=True)
        kind = value[self.key]
        what = self.noun if self.noun == self.key else f"{self.noun} {self.key}"
        if isinstance(kind, str) and kind in self.later:
            raise rule(f"{what} {kind!r} does not exist yet; {there}", at=self.key, whole=True)
        if kind not in kinds:
            raise rule(f"no such {what} {kind!r}; {there}", at=self.key, whole=True)
        return value

    def _changed(self, value: Mapping[object, object], presets: Mapping[str, Mapping[str, object]]) -> object:
        """Return a preset with the keys that stand beside its name in the place of its own."""
        name = value["preset"]
        if not isinstance(name, str) or name not in presets:
            there = f"there are {', '.join(sorted(presets))}"
            raise rule(f"no such {self.noun} preset {name!r}; {there}", at="preset", whole=True)
        preset = presets[name]
        if value.get(self.key, preset[self.key]) != preset[self.key]:
            raise rule(f"preset {name!r} is of {self.key} {preset[self.key]!r}", at=self.key)
        changes = {str(key): given for key, given in value.items() if key != "preset"}
        return dict(preset) | changes

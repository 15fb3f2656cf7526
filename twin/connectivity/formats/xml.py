"""Cuts the elements that one wants out of an XML document of any size, and refuses what XML can be used for.

A document type is refused outright: it is where external and exploding entities come from. Names lose their prefix.
An element is an `Element`: attributes under `@name`, children under their names (a list where there are several), and
its text under `#text` where it has more than text; one that has nothing but text is that text. Where a text is wanted,
an element stands for its own. A row has its own name under `@element`, and the attributes of the elements around it
under `$`, by their names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from twin.connectivity.formats.nested import ABOVE
from twin.connectivity.paths import TEXT, Element
from twin.connectivity.rows import RECORD_BYTES_MAX, Container, Limits, Row, Rows
from twin.errors import HistoryError, NoRows

NAME = "@element"


@dataclass(slots=True)
class Part:
    """An element under construction: its name, attributes, children in their order, and text."""

    tag: str
    place: str
    attributes: dict[str, str]
    children: "list[Part]" = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    over: bool = False
    above: "Element | None" = None

    @property
    def text(self) -> str:
        """Its own text without space around it."""
        return "".join(self.texts).strip()

    def all(self, tag: str) -> "list[Part]":
        """Return the children of a name."""
        return [child for child in self.children if child.tag == tag]

    def first(self, tag: str) -> "Part | None":
        """Return the first child of a name."""
        return next((child for child in self.children if child.tag == tag), None)

    def said(self, tag: str) -> str | None:
        """Return the text of the first child of a name."""
        child = self.first(tag)
        return None if child is None else child.text

    def value(self) -> object:
        """Return the element as the value that paths go through."""
        if not self.attributes and not self.children:
            return self.text or None
        found = Element({f"@{name}": value for name, value in self.attributes.items()})
        for child in self.children:
            value, known = child.value(), found.get(child.tag)
            if child.tag not in found:
                found[child.tag] = value
            elif isinstance(known, list):
                known.append(value)
            else:
                found[child.tag] = [known, value]
        if self.text:
            found[TEXT] = self.text
        return found


def xml_rows(container: Container, rows: str, limits: Limits) -> Rows:
    """Read the elements of a name as rows; `rows` is that name, or several with a bar between them.

    Raises:
        HistoryError: while it is read: no XML, a document type, or no such element.
    """
    wanted = frozenset(name.strip().removeprefix("$").rpartition(".")[2] for name in rows.split("|"))

    def records() -> Iterator[Row]:
        number = 0
        for part, _ in parts(container, wanted, limits):
            number += 1
            value = part.value()
            found = value if isinstance(value, dict) else Element({TEXT: value})
            found[NAME] = part.tag
            if part.above:
                found[ABOVE] = part.above
            yield Row(number, part.place, None if part.over else found, "over_limit" if part.over else "")
        if number == 0:
            raise NoRows(f"{container.name}: there is no element {' or '.join(sorted(wanted))!r} in the file")

    return Rows(None, records())


def parts(
    container: Container, wanted: frozenset[str], limits: Limits, around: frozenset[str] = frozenset()
) -> Iterator[tuple[Part, Part | None]]:
    """Yield each element of a wanted name as it ends, and what surrounds it.

    Args:
        container: the file.
        wanted: names of elements; one within another is part of it.
        limits: bytes of a text, and levels of nesting.
        around: names of elements whose other children are kept while they are open.

    Raises:
        HistoryError: the file is empty, is no XML, has a document type, or an element is too deep or too large.
    """
    builder = _Builder(container.name, wanted, around, limits)
    empty = True
    for block in container.blocks():
        empty = empty and not block
        builder.read(block, last=False)
        yield from builder.taken()
    if empty:
        raise HistoryError(f"{container.name}:1:1: the file is empty; expected XML")
    builder.read(b"", last=True)
    yield from builder.taken()


class _Builder:
    """Hears the parser and keeps the elements that are wanted, with their insides."""

    def __init__(self, name: str, wanted: frozenset[str], around: frozenset[str], limits: Limits) -> None:
        self.name, self.wanted, self.around, self.limits = name, wanted, around, limits
        self.depth = 0
        self.size = 0
        self.within: list[Part] = []
        self.outer: list[tuple[str, dict[str, str]]] = []
        self.open: list[tuple[int, Part]] = []
        self.done: list[tuple[Part, Part | None]] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def read(self, block: bytes, *, last: bool) -> None:
        try:
            self.parser.Parse(block, last)
        except expat.ExpatError as error:
            told = expat.ErrorString(error.code) or "cannot be read"
            raise HistoryError(f"{self.name}:{error.lineno}:{error.offset + 1}: is not XML: {told}") from error

    def taken(self) -> "list[tuple[Part, Part | None]]":
        done, self.done = self.done, []
        return done

    def _doctype(self, *_: object) -> None:
        raise HistoryError(f"{self._place(full=True)}: has a document type (DTD); such files are not read")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > self.limits.depth:
            raise HistoryError(f"{self._place(full=True)}: is nested deeper than {self.limits.depth} levels")
        tag = tag.rpartition(" ")[2]
        if not self.within and tag not in self.wanted and not self._is_kept():
            self.outer.append((tag, _named(attributes)))
        if not self.within and tag in self.around:
            self.open.append((self.depth, Part(tag, self._place(), _named(attributes))))
        elif self.within or tag in self.wanted or self._is_kept():
            if not self.within:
                self.size = 0
            part = Part(tag, self._place(), _named(attributes), above=self._above())
            self._weigh(sum(map(len, attributes.values())) + len(tag), part)
            self.within.append(part)

    def _above(self) -> "Element | None":
        """Return the attributes of the elements around one that is wanted, None where there are none."""
        if self.within or not any(attributes for _, attributes in self.outer):
            return None
        told = [(tag, attributes) for tag, attributes in self.outer if attributes]
        return Element({tag: Element({f"@{name}": value for name, value in said.items()}) for tag, said in told})

    def _is_kept(self) -> bool:
        return bool(self.open) and self.depth == self.open[-1][0] + 1

    def _end(self, tag: str) -> None:
        if self.within:
            part = self.within.pop()
            if self.within:
                self.within[-1].children.append(part)
                self.within[-1].over |= part.over
            elif part.tag in self.wanted:
                self.done.append((part, self.open[-1][1] if self.open else None))
            else:
                self.open[-1][1].children.append(part)
        else:
            if self.open and self.open[-1][0] == self.depth:
                self.open.pop()
            self.outer.pop()
        self.depth -= 1

    def _text(self, text: str) -> None:
        if self.within:
            part = self.within[-1]
            part.texts.append(text)
            self._weigh(len(text), part)
            if sum(map(len, part.texts)) > self.limits.field_bytes:
                part.over = True
                part.texts = part.texts[:1]

    def _weigh(self, size: int, part: Part) -> None:
        self.size += size
        if size > self.limits.field_bytes:
            part.over = True
        if self.size > RECORD_BYTES_MAX:
            raise HistoryError(f"{self._place(full=True)}: an element is larger than {RECORD_BYTES_MAX} characters")

    def _place(self, *, full: bool = False) -> str:
        place = f"{self.parser.CurrentLineNumber}:{self.parser.CurrentColumnNumber + 1}"
        return f"{self.name}:{place}" if full else place


def _named(attributes: dict[str, str]) -> dict[str, str]:
    return {name.rpartition(" ")[2]: value for name, value in attributes.items()}

"""The book of files: what a gateway may do with each interchange that it reads (S-14).

It is kept from what the gateway did, never from the numbers it remembers itself: a file that was let through must be
whole, and neither its control number nor its content may have been let through before. A file that is rejected or
dropped is so as a whole, so its records need no book of their own.
"""

from collections.abc import Iterator, Sequence


class FileBook:
    """The files that gateways have let through."""

    def __init__(self) -> None:
        self._numbers: set[tuple[str, int, int]] = set()
        self._contents: set[tuple[str, int, tuple[int, ...]]] = set()

    def passed(self, gateway: str, partner: int, control: int, stated: int, content: Sequence[int]) -> Iterator[str]:
        """Enter a file that was let through; say what is wrong with that."""
        number, whole = (gateway, partner, control), (gateway, partner, tuple(content))
        if len(content) != stated:
            yield f"let through with {len(content)} records where its trailer states {stated}"
        if number in self._numbers:
            yield "let through a second time under its number"
        if content and whole in self._contents:
            yield "its content was let through before"
        self._numbers.add(number)
        self._contents.add(whole)

"""Which modes of replay a recording supports, and why not the others.

verbatim: recorded messages and recorded answers; does the logic decide as it did?
open: recorded orders, simulated partners.
what-if: open, with another design, another speed, or with something laid over the recording.
"""

from typing import Final, Literal, get_args

from twin.errors import HistoryError, UsageError
from twin.model.history import Header
from twin.playback.overlay import Overlay

Mode = Literal["verbatim", "open", "what-if"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)


def by_itself(header: Header, overlay: Overlay) -> Mode:
    """Return the mode that suits a recording best: verbatim where it can be, else the recorded orders."""
    if overlay.speed != 1.0:
        return "what-if"
    if why_not(header, "verbatim", overlay) is None:
        return "verbatim"
    return "what-if" if overlay else "open"


def check(header: Header, mode: Mode, overlay: Overlay) -> None:
    """Refuse what cannot be done.

    Raises:
        HistoryError: the recording cannot support the mode.
        UsageError: the mode makes no sense with the other options.
    """
    why = why_not(header, mode, overlay)
    if why is not None:
        raise HistoryError(f"mode {mode} is refused: {why}")
    if mode == "open" and overlay:
        raise UsageError("mode open plays the recording as it is; with --speed or --perturb it is --mode what-if")


def why_not(header: Header, mode: Mode, overlay: Overlay) -> str | None:
    """Return why a recording does not support a mode, or None."""
    complete = header.completeness
    if mode == "verbatim":
        if overlay.speed != 1.0:
            return "recorded answers came when they came; another speed needs partners that are simulated (what-if)"
        if header.fails:
            return (
                f"the middleware's own process or store fails in it ({', '.join(header.fails)}), and a replay of what "
                "came from outside could not fail at the same instruction; among simulated partners it fails anew"
            )
        if complete.get("answers") == "full" or complete.get("stock") == "full":
            return None
        if complete.get("orders", "none") == "none":
            return None if any(how != "none" for how in complete.values()) else "it has nothing to play"
        return (
            f"it has neither all answers of partners ({complete.get('answers', 'none')}) nor every movement of stock "
            f"({complete.get('stock', 'none')}), so nothing could be held against what is decided"
        )
    if complete.get("orders", "none") == "none":
        return "it has no orders to play"
    if header.arrival == "closed":
        return "its senders waited for answers (arrival: closed), so their orders cannot be played without them"
    return None


def pinned(header: Header, mode: Mode) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a mode takes from the recording, and what it makes anew."""
    complete = header.completeness
    if mode != "verbatim":
        return ("orders",), ("answers", "facts", "stock movements", "service times")
    if complete.get("answers") == "full":
        return header.pinned, ()
    kept = tuple(name for name, how in complete.items() if how != "none")
    work = "service times" if header.setup else "service times (work takes no time)"
    return kept, ("answers (every partner takes every event at once)", work)

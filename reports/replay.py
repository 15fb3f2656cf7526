"""The page of a replay: what was played and how, the verdict, the first divergence and why, and how far it reaches."""

from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports.page import template, text_of
from twin.model.history import Header
from twin.model.history import text_of as time_of
from twin.playback import shown

if TYPE_CHECKING:
    from scenarios.replays import Replays


def replay_page(found: "Replays", name: str) -> str:
    """Return one self-contained page of a replay; `name` is the history's file."""
    document = found.document()
    return template("replay.html.j2").render(
        title=f"{name}, played again",
        css=Markup(text_of("page.css")),
        versions=[(each, _words(each), shown.tables(each)) for each in found.documents()],
        changes=shown.changes(document),
        recording=_recording(found.header),
        footer=f"Made by distribution-twin {metadata.version('distribution-twin')}",
    )


def _words(document: Mapping[str, object]) -> str:
    """Say what of the recording was taken as it is, and what was made anew."""
    pinned, anew = document["pinned"], document["regenerated"]
    assert isinstance(pinned, list)
    assert isinstance(anew, list)
    made = f"; made anew: {', '.join(anew)}" if anew else ""
    return f"Mode {document['mode']}. Taken from the recording: {', '.join(pinned)}{made}."


def _recording(header: Header) -> shown.Shown:
    rows = (
        ("made by", header.made_by),
        ("from", time_of(header.start + header.opened)),
        ("zone", header.zone),
        ("design", header.design or "none of ours"),
        ("rules", f"version {header.rules}" if header.rules else "none of ours"),
        ("senders", "waited for answers" if header.arrival == "closed" else "did not wait for answers"),
        ("complete", ", ".join(f"{stream}: {how}" for stream, how in header.completeness.items())),
        ("redacted", ", ".join(header.redacted) or "nothing"),
        ("known at the start", ", ".join(f"{len(rows)} {table}" for table, rows in header.snapshot.rows.items())),
    )
    return shown.Shown("The recording", ("what", "said"), tuple(row for row in rows if row[1]))

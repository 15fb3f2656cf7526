"""The page of a replay: what was played and how, the verdict, the first divergence and why, and how far it reaches."""

import shlex
from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports import basis, harm_replayed
from reports.page import template, text_of
from twin.model.history import Header
from twin.model.history import text_of as time_of
from twin.playback import shown
from twin.world.run import LIMITS

if TYPE_CHECKING:
    from scenarios.replays import Replays


def replay_page(found: "Replays", name: str) -> str:
    """Return one self-contained page of a replay; `name` is the history's file."""
    document = found.document()
    designs = [one.version for one in found.made]
    return template("replay.html.j2").render(
        title=f"{name}, played again",
        css=Markup(text_of("page.css")),
        versions=[(each, _words(each), shown.tables(each)) for each in found.documents()],
        parts=harm_replayed.of_replay(found),
        changes=shown.changes(document),
        recording=_recording(found.header),
        question=f"Does {' or '.join(designs)} decide as {found.header.made_by} did, in mode {found.mode}?",
        limits=[*LIMITS, "what is taken from the recording does not answer to what is decided otherwise"],
        command=_command(found, name),
        made_with=basis.here(("seed of what is simulated or laid over", str(found.seed))),
        footer=f"Made by distribution-twin {metadata.version('distribution-twin')}",
    )


def _command(found: "Replays", name: str) -> str:
    """Write the command that makes the same replay."""
    words = ["twin", "replay", name, "--mode", found.mode]
    for one in found.made:
        words += ["--design", one.version]
    laid = found.overlay
    shares = (("duplicates", laid.duplicates), ("loss", laid.loss))
    spans = (("disorder", laid.disorder), ("delay", laid.delay))
    told = [f"{what}={share:.4%}" for what, share in shares if share]
    told += [f"{what}={span}us" for what, span in spans if span]
    for each in told:
        words += ["--perturb", each]
    words += ["--speed", f"{laid.speed:g}"] if laid.speed != 1.0 else []
    return shlex.join([*words, "--seed", str(found.seed), "--after-divergence", found.after])


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

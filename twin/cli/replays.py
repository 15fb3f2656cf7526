"""The verb that plays a recorded history again: `replay`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from twin.cli import FAILED, OK, options, show

if TYPE_CHECKING:
    from scenarios.replays import Replays
    from scenarios.shrinking import Shrunk


@click.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.option(
    "--mode",
    type=click.Choice(("verbatim", "open", "what-if")),
    help="Recorded answers; simulated partners; or those with something changed. The best that fits unless given.",
)
@click.option(
    "--design", "designs", multiple=True, metavar="FILE#NAME", help="Which design decides; twice: side by side."
)
@click.option("--speed", type=float, default=1.0, show_default=True, help="2 plays twice as fast (what-if).")
@click.option(
    "--perturb", multiple=True, metavar="WHAT=HOW", help="duplicates=1%, disorder=30s, loss=0.5%, delay=200ms."
)
@click.option("--seed", metavar="N", callback=options.whole(0), default="0", help="Of what is laid over or simulated.")
@click.option(
    "--after-divergence",
    type=click.Choice(("skip", "answer")),
    default="skip",
    show_default=True,
    help="An order that was decided otherwise: what is sent about it is taken without a word, or answered in full.",
)
@click.option("--shrink", is_flag=True, help="Write the smallest history that still diverges, and print a test for it.")
@click.option("--out", type=click.Path(path_type=Path), help="Where --shrink writes; else beside the history.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write a JUnit file.")
@click.option(
    "--accept",
    type=click.Path(path_type=Path),
    help="A baseline of known divergences; made from this replay where there is no such file.",
)
@click.option("--report", "page", type=click.Path(path_type=Path), help="Write one page that shows the replay.")
@options.output
def replay(
    history: Path,
    mode: Literal["verbatim", "open", "what-if"] | None,
    designs: tuple[str, ...],
    speed: float,
    perturb: tuple[str, ...],
    seed: int,
    after_divergence: Literal["skip", "answer"],
    shrink: bool,
    out: Path | None,
    junit: Path | None,
    accept: Path | None,
    page: Path | None,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Play a recorded history through the real logic.

    HISTORY is a history.jsonl.gz of a run (or the run's folder), of a live process, or of an import. Exit 1 when
    something was decided otherwise than recorded and is not accepted, or an invariant was broken.
    """
    from scenarios import replays
    from twin.playback import baseline, report
    from twin.playback.junit import junit as junit_of

    log = show.Log(quiet=quiet)
    accepted = frozenset[str]() if accept is None else baseline.read_baseline(accept)
    history = replays.history_in(history)
    with show.Bar("replay", shown=not (quiet or no_progress)) as bar:
        found = replays.replay(
            history,
            mode=mode,
            designs=designs,
            speed=speed,
            perturb=perturb,
            seed=seed,
            after_divergence=after_divergence,
            accepted=accepted or frozenset(),
            progress=bar,
        )
    if accept is not None and accepted is None:
        report.write_text(accept, baseline.baseline(found.divergences))
        log.say(f"baseline: {accept}, made from this replay: {len(found.divergences)} accepted")
        found = replace(found, accepted=frozenset(each.signature for each in found.divergences))
    made = _shrink(found, history, out, log) if shrink else None
    _print(found, made, form, log)
    if junit is not None:
        report.write_text(junit, junit_of(history.name, found.documents()))
        log.say(f"junit: {junit}")
    if page is not None:
        from reports.document import write_text
        from reports.replay import replay_page

        write_text(page, replay_page(found, history.name))
        log.say(f"report: {page}")
    return FAILED if found.differs else OK


def _print(found: "Replays", made: "Shrunk | None", form: str, log: show.Log) -> None:
    from twin.playback import report

    if form == "json":
        show.json(found.document() if made is None else {**found.document(), "shrunk": made.document()})
    elif form == "csv":
        show.rows("csv", [_flat(row) for row in _divergences(found)], title="divergences")
    else:
        for document in found.documents():
            show.lines(report.lines(document))
        if len(found.made) > 1:
            show.lines(_side_by_side(found))
        if made is not None:
            show.lines(["", made.test.rstrip()])
    for one in found.made:
        for note in one.notes:
            log.say(f"note: {note}")


def _divergences(found: "Replays") -> list[dict[str, object]]:
    rows = []
    for document in found.documents():
        listed = document["divergences"]
        assert isinstance(listed, list)
        rows += [{"version": document["version"], **row} for row in listed]
    return rows


def _flat(row: dict[str, object]) -> dict[str, str | int | float | bool | None]:
    kept = ("version", "kind", "key", "at", "line", "group", "accepted")
    return {
        name: value if isinstance(value, str | int | bool) else str(value)
        for name, value in row.items()
        if name in kept
    }


def _side_by_side(found: "Replays") -> list[str]:
    from twin.playback import report

    both = report.side_by_side(*found.made)
    changed = both["changed"]
    assert isinstance(changed, list)
    said = [f"side by side: {both['changed_orders']} orders are decided otherwise; units: {both['meant']}"]
    said += [
        f"  order {row.pop('order')}: " + "; ".join(f"{name}: {told}" for name, told in row.items())
        for row in changed[:20]
    ]
    return said


def _shrink(found: "Replays", history: Path, out: Path | None, log: show.Log) -> "Shrunk | None":
    from scenarios.shrinking import shrink

    target = out or history.with_name(history.name.removesuffix(".gz").removesuffix(".jsonl") + ".shrunk.jsonl")
    made = shrink(history, found, target)
    if made is None:
        log.say("shrink: nothing diverges and no invariant is broken")
    else:
        log.say(f"shrunk: {made.before} to {made.after} records in {made.replays} replays: {made.file}")
    return made

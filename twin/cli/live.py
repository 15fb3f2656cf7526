"""The verbs about a live process: `live` itself, `live status`, `live journal` and `live dlq`."""

from pathlib import Path

import click

from twin.cli import OK, options, show

STORE = click.option(
    "--store", "url", metavar="URL", default="live.db", show_default=True, help="A SQLite file, or postgresql://..."
)


@click.group(invoke_without_command=True)
@click.option("--design", "name", metavar="FILE#NAME", help="A scenario, shipped or a file, and one of its designs.")
@STORE
@click.option("--in", "source", type=click.Path(path_type=Path), help="Where messages come from: JSON, one a line.")
@click.option("--out", "target", type=click.Path(path_type=Path), help="Where effects go: JSON, one a line.")
@click.option("--once", is_flag=True, help="Stop at the end of the input; else it is followed.")
@click.option(
    "--times",
    type=click.Choice(("real", "recorded")),
    default="real",
    show_default=True,
    help="Which time it is: the clock's, or that of each line of a history.",
)
@click.option(
    "--report-every", "report_s", metavar="S", callback=options.whole(0), default="10", help="Seconds between reports."
)
@click.option("--envelopes", is_flag=True, help="Write effects as CloudEvents, with the trace that they belong to.")
@click.option("--quiet", is_flag=True, help="Say nothing on stderr but what is wrong.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show where an error comes from.")
@click.pass_context
def live(
    ctx: click.Context,
    name: str | None,
    url: str,
    source: Path | None,
    target: Path | None,
    once: bool,
    times: str,
    report_s: int,
    envelopes: bool,
    quiet: bool,
) -> int:
    """Run a design against a real store.

    The same block that was compared: messages come in from a file that is followed, effects go out to a file, and the
    state is in the store. Kill it at any moment and start it again: nothing is lost or done twice.
    """
    if ctx.invoked_subcommand is not None:
        return OK
    if name is None or source is None or target is None:
        raise click.UsageError("live wants --design FILE#NAME, --in FILE and --out FILE", ctx)
    import scenarios
    from twin.live.start import Terms, serve
    from twin.model.instant import SECOND
    from twin.world.deployed import deployment_of

    file, _, design = name.partition("#")
    if not design:
        raise click.UsageError(f"--design is FILE#NAME, such as oversell#governed (got '{name}')", ctx)
    log = show.Log(quiet=quiet)
    scenario = scenarios.load(file, (), small=False)
    deployment = deployment_of(scenario, design)
    watched = [rule.name for rule in deployment.alerts]
    for alert in scenario.designs[design].alerts:
        if alert.name not in watched:
            log.say(f"alert {alert.name} is left out: {alert.measure} is nothing that a live process measures")
    serve(deployment, url, source, target, Terms(once, times == "recorded", report_s * SECOND, envelopes), log.say)
    return OK


@live.command()
@STORE
@options.output
def status(url: str, form: str, quiet: bool, no_progress: bool) -> int:
    """Say what stands where in a store."""
    from twin.live.queues import status_of
    from twin.live.start import store_at

    with store_at(url) as store:
        show.rows(form, [status_of(store)], title="live")
    return OK


@live.command()
@STORE
@click.option("--out", "target", type=click.Path(path_type=Path), required=True, help="The history to write.")
def journal(url: str, target: Path) -> int:
    """Write the store's journal as a history."""
    from twin.live.files import write_lines
    from twin.live.start import store_at

    with store_at(url) as store:
        write_lines(target, store.journal())
    return OK


@live.group()
def dlq() -> int:
    """Look at the exception queues, and settle their items."""
    return OK


@dlq.command("list")
@STORE
@options.output
def list_(url: str, form: str, quiet: bool, no_progress: bool) -> int:
    """List what is open, the most urgent first."""
    from twin.live.queues import letters
    from twin.live.start import store_at

    with store_at(url) as store:
        show.rows(form, letters(store), title="dlq")
    return OK


@dlq.command("show")
@click.argument("letter", type=int)
@STORE
def show_(letter: int, url: str) -> int:
    """Show an item whole: why, whose, what to do, and the bytes."""
    from twin.live.queues import described
    from twin.live.start import store_at

    with store_at(url) as store:
        show.json(described(store, letter))
    return OK


@dlq.command()
@click.argument("letter", type=int)
@STORE
@click.option("--by", required=True, help="Who does it; kept in the audit.")
def redrive(letter: int, url: str, by: str) -> int:
    """Have an item tried again by the live process, under its own id."""
    from twin.live.queues import ask_redrive
    from twin.live.start import store_at

    with store_at(url) as store:
        ask_redrive(store, letter, by)
    return OK


@dlq.command()
@click.argument("letter", type=int)
@STORE
@click.option("--by", required=True, help="Who does it; kept in the audit.")
@click.option("--reason", required=True, help="Why it will not be done; kept in the audit.")
def park(letter: int, url: str, by: str, reason: str) -> int:
    """Take an item out of its queue for good."""
    from twin.live.queues import ask_park
    from twin.live.start import store_at

    with store_at(url) as store:
        ask_park(store, letter, by, reason)
    return OK

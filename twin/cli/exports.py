"""The verb that gives a recorded run to other tools: `export`."""

from pathlib import Path

import click

from twin.cli import OK, options, show


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "wanted",
    type=click.Choice(("ocel", "otlp", "chrome", "csv")),
    required=True,
    help="OCEL 2.0 for process mining, OTLP for tracing tools, Chrome's trace events for Perfetto, or rows.",
)
@click.option("--design", help="Which design of a comparison; the first one unless named.")
@click.option("--out", type=click.Path(path_type=Path), help="The file; else one in the run's folder.")
@options.allow_code
@options.output
def export(
    run: Path, wanted: str, design: str | None, out: Path | None, form: str, quiet: bool, no_progress: bool
) -> int:
    """Write the recorded events of a run in the format of another tool.

    RUN is a folder of `run` or `compare`; of each design its first replication was recorded.
    """
    from reports.basis import scenario_of
    from reports.document import write_stream
    from reports.exports import FORMS
    from twin.experiment.manifest import read_manifest
    from twin.experiment.trace import record_of

    manifest = read_manifest(run)
    record = record_of(manifest, design)
    make, ending = FORMS[wanted]
    target = out or manifest.folder / f"{wanted}-{record.design}.{ending}"
    start_us = scenario_of(manifest, options.allowed()).start_us
    write_stream(target, make(record, start_us))
    show.Log(quiet=quiet).say(f"{wanted}: {target}, {target.stat().st_size / 1e6:.2f} MB")
    show.rows(form, [{"run": str(run), "design": record.design, "as": wanted, "file": str(target)}], title="")
    return OK

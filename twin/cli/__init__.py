"""The command line: `twin` in a terminal. What goes wrong is one line on stderr and an exit code.

0 fine; 1 it ran, and a check, expectation, service level or comparison failed; 2 usage; 3 a scenario or an input file
is invalid; 4 stopped on an invariant; 70 an error of ours; 130 interrupted. Stdout carries data only.
"""

import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from twin.errors import Divergence, HistoryError, InvariantViolation, ScenarioError, TwinError, WireError

OK, FAILED, USAGE, INVALID, STOPPED, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130
PROBLEMS_SHOWN_MAX = 20
DEBUG = "--debug"

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code.

    Args:
        arguments: The words after `twin`; those of the process unless given.
    """
    from twin.cli.verbs import twin  # the verbs import this module's exit codes

    words = list(sys.argv[1:] if arguments is None else arguments)
    _speak_utf8()
    try:
        code = twin.main(words, prog_name="twin", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough; nothing more can be said to it, not even by the interpreter
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted; nothing was kept")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- the last stop: every error gets its line and its code
        if DEBUG in words:
            traceback.print_exception(error)
        return explain(error)
    return code if isinstance(code, int) else OK


def _speak_utf8() -> None:
    """Write data as UTF-8 whatever the locale; a terminal that cannot show a character shows a substitute."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def explain(error: Exception) -> int:
    """Say in one line (a scenario: one for each problem) what is wrong, and choose the code."""
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    match error:
        case click.ClickException():
            _complain(_one_line(error))
            return USAGE
        case ScenarioError():
            for problem in error.problems[:PROBLEMS_SHOWN_MAX]:
                click.echo(str(problem), err=True)
            if (more := len(error.problems) - PROBLEMS_SHOWN_MAX) > 0:
                _complain(f"and {more} more problems")
            return INVALID
        case WireError() | HistoryError():
            _complain(f"{error}{notes}")
            return INVALID
        case InvariantViolation():
            _complain(f"{error}{notes}")
            return STOPPED
        case Divergence():
            _complain(f"{error}{notes}")
            return FAILED
        case TwinError():
            _complain(f"{error}{notes}")
            return USAGE
    _complain(f"internal error: {type(error).__name__}: {error}{notes}; {DEBUG} shows where")
    return INTERNAL


def _one_line(error: click.ClickException) -> str:
    """Write what click says in one line, with the command that would explain it."""
    text = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{text}; see '{context.command_path} --help'" if context is not None else text


def _complain(text: str) -> None:
    click.echo(f"twin: {text}", err=True)

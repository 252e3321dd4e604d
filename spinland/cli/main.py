"""The command ``spinland``: its commands, its errors and its exit codes.

Exit codes: 0 done, 1 failure, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from ..errors import ArgumentError, SpinlandError

_COMMANDS = {
    "study": ("study_command", "Train replicas and run the four protocols on them."),
    "glass": ("glass_command", "Measure a spherical glass beside its theory, with the same probes."),
    "report": ("report_command", "Write the pictures and numbers of a study or a glass as one HTML page."),
    "info": ("info_command", "Tell version, threads, devices and caches."),
    "data": ("data_command", "Fetch and check data sets."),
}


class _LazyGroup(click.Group):
    """Commands whose modules are imported when they are called, so that ``--help`` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f".{_COMMANDS[cmd_name][0]}", __package__)
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


def _tell_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        from ..provenance import version  # knows a checkout that is not installed

        click.echo(f"spinland, version {version()}")
        ctx.exit()


@click.group(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error. May stand anywhere.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version,
              help="Show the version and exit.")  # fmt: skip
def spinland(debug: bool) -> None:
    """Loss landscapes of networks through the lens of spin glasses.

    Begin with `spinland study --out study.h5`; open the page that it writes.
    """


def _complain(message: str) -> None:
    click.echo(click.style("error: ", fg="red", bold=True) + message, err=True)


def _misused(error: click.UsageError) -> None:
    """One line, and where to read on; bare ``spinland`` shows its help."""
    no_words = getattr(click.exceptions, "NoArgsIsHelpError", ())  # since click 8.2
    if isinstance(error, no_words) or error.ctx is None:
        error.show()
    else:
        _complain(f"{error.format_message()} (see {error.ctx.command_path} --help)")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        code = spinland.main(words, prog_name="spinland", standalone_mode=False)
    except click.UsageError as error:
        _misused(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; what was finished is stored, the same command goes on from there")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (SpinlandError, OSError, MemoryError) as error:
        if debug:
            raise
        _complain(str(error) or type(error).__name__)
        sys.exit(2 if isinstance(error, ArgumentError) else 1)
    sys.exit(code if isinstance(code, int) else 0)

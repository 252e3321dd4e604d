"""The commands by name, each imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from .main import complain

_COMMANDS = {
    "study": ("study_command", "Train replicas and run the four protocols on them."),
    "glass": ("glass_command", "Measure a spherical glass beside its theory, with the same probes."),
    "atlas": ("atlas_command", "Look at what lies between the solutions of a study or a glass."),
    "merge": ("merge_command", "Put together what several processes made of a study with --shard K/N."),
    "report": ("report_command", "Write the pictures and numbers of a study or a glass as one HTML page."),
    "export": ("export_command", "Write a result for other programs: a table, or a surface for ParaView."),
    "compile": ("compile_command", "Compile all kernels before they are needed."),
    "info": ("info_command", "Tell version, threads, devices and caches."),
    "worker-check": ("worker_check_command", "Tell what must be the same on machines that work together."),
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


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--debug", is_flag=True, help="Show the traceback of an error. May stand anywhere.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version and exit.",
)
def spinland(debug: bool) -> None:
    """Loss landscapes of networks through the lens of spin glasses.

    Begin with `spinland study --out study.h5`; open the page that it writes.
    """


def invoke(words: list[str]) -> int:
    """Run the command of these words; returns its exit code or raises what went wrong."""
    code = spinland.main(words, prog_name="spinland", standalone_mode=False)
    return code if isinstance(code, int) else 0


def told_usage(error: click.ClickException) -> None:
    """One line, and where to read on; bare ``spinland`` shows its help."""
    no_words = getattr(click.exceptions, "NoArgsIsHelpError", ())  # since click 8.2
    context = getattr(error, "ctx", None)
    if isinstance(error, no_words):
        error.show()
    elif context is None:
        complain(error.format_message())
    else:
        complain(f"{error.format_message()} (see {context.command_path} --help)")


def option_of(argument: str, words: list[str]) -> str:
    """The option of the command that sets this argument, empty if none does."""
    command = spinland.get_command(click.Context(spinland), words[0]) if words else None
    for parameter in command.params if command is not None else ():
        if parameter.name == argument and isinstance(parameter, click.Option):
            return max(parameter.opts, key=len)
    return ""

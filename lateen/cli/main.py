"""`lateen`: the table of commands, and what they share: only the command that is asked for is imported, and errors are sentences.

Exit codes: 0 done, 1 refused or found wrong, 2 used wrongly, 3 the mesh could not be reached.
Each command is a module of this package with a function `command`; its signature says its arguments and options. To add one, add a row.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

try:
    import typer
except KeyboardInterrupt:  # Ctrl-C before there is a program that could hear it.
    sys.exit(130)

from lateen.cli.trouble import MISUSED, REFUSED, Trouble

DEBUG: Final = "LATEEN_DEBUG"
_COMPLETING: Final = "_LATEEN_COMPLETE"
_INTERRUPTED: Final = 130
_SHORT: Final = {"pc": "proxy-config", "ps": "proxy-status"}
_DRY_RUNS: Final = ("--dry-run=client", "--dry-run=server")

ABOUT: Final = "A service mesh you pip install: Istio's API, the real Envoy, no Kubernetes needed."

RUN: Final = "Run a mesh"
OBJECTS: Final = "Objects"
ASK: Final = "Ask and look"
CHECK: Final = "Check"
MORE: Final = "More"


class Row(NamedTuple):
    """A command: its name, where `--help` lists it, and its one line there."""

    name: str
    panel: str
    summary: str

    @property
    def module(self) -> str:
        """Its module in this package."""
        return self.name.replace("-", "_")

    @property
    def exists(self) -> bool:
        """Whether the module is there."""
        return Path(__file__).with_name(f"{self.module}.py").exists()


COMMANDS: Final = (
    Row("up", RUN, "A whole mesh of local processes in the foreground: beside a mesh.yaml."),
    Row("demo", RUN, "A sample mesh at work."),
    Row("init", RUN, "Write a mesh.yaml to start from."),
    Row("serve", RUN, "The control plane as a daemon."),
    Row("join", RUN, "Make this machine part of a mesh."),
    Row("run", RUN, "Make one process part of a mesh."),
    Row("token", RUN, "Make, list and revoke join tokens."),
    Row("ca", RUN, "The mesh's roots, and their rotation."),
    Row("apply", OBJECTS, "Make objects be what files say, as one transaction."),
    Row("get", OBJECTS, "List objects."),
    Row("describe", OBJECTS, "All about an object: what it says, what is wrong with it, who changed it."),
    Row("edit", OBJECTS, "Edit an object in $EDITOR."),
    Row("diff", OBJECTS, "What apply would change."),
    Row("delete", OBJECTS, "Delete objects."),
    Row("history", OBJECTS, "Revisions: when, who, why, what."),
    Row("rollback", OBJECTS, "Make the configuration what it was at a revision."),
    Row("plan", ASK, "What a change would do: which proxies, which routes."),
    Row("explain", ASK, "Where one call goes, or why it is refused."),
    Row("proxy-status", ASK, "Which proxies are connected, and whether they have everything."),
    Row("proxy-config", ASK, "What a proxy has been told."),
    Row("console", ASK, "The web page."),
    Row("graph", ASK, "Who calls whom."),
    Row("logs", ASK, "What workloads and proxies say."),
    Row("top", ASK, "Traffic by workload."),
    Row("validate", CHECK, "Are these files right? Offline."),
    Row("analyze", CHECK, "Is the whole right? Files, or the live mesh."),
    Row("verify", CHECK, "Best practices, checked."),
    Row("prove", CHECK, "Policies, proven."),
    Row("kubeconfig", MORE, "Let kubectl in."),
    Row("completion", MORE, "The script that makes a shell complete lateen's words."),
    Row("version", MORE, "Versions of lateen, Envoy and the mesh."),
)


def main() -> None:
    """The program."""
    if sys.argv[1:] in ([], ["-h"], ["--help"]) and not os.environ.get(_COMPLETING):
        print(overview())
        return
    try:
        arguments = translated(sys.argv[1:])
        code = application(_wanted(arguments))(arguments, prog_name="lateen", standalone_mode=False)
        _end("", code if isinstance(code, int) else 0)
    except Trouble as trouble:
        _end(str(trouble), trouble.code)
    except typer.TyperException as misuse:
        _end(misused(misuse), MISUSED)
    except typer.Abort:
        _end("", _INTERRUPTED)
    except KeyboardInterrupt:
        _end("", _INTERRUPTED)
    except BrokenPipeError:
        _end("", REFUSED)
    except Exception as bug:
        if os.environ.get(DEBUG):
            raise
        _end(f"This is a mistake in Lateen: {type(bug).__name__}: {bug}. {DEBUG}=1 shows where.", REFUSED)


def translated(arguments: list[str]) -> list[str]:
    """The words as Lateen has them, of those that users of kubectl and istioctl have in their fingers."""
    first, *others = arguments or [""]
    plain = ["--dry-run" if each in _DRY_RUNS else each for each in others if each != "--dry-run=none"]
    return [_SHORT.get(first, first), *plain] if arguments else []


def misused(error: typer.TyperException) -> str:
    """What was wrong with the words of a command, and where to read how it is used."""
    found: Any = getattr(error, "ctx", None)
    path = found.command_path if found is not None else "lateen"
    return f"{_sentence(error.format_message())} `{path} --help` says more."


def _sentence(words: str) -> str:
    """What the library says, in one line, without its own word for whose mistake it is."""
    told = " ".join(words.split()).replace(": Value error, ", ": ").replace("Choose from: ", "Choose from ")
    return told if told.endswith((".", "?")) else f"{told}."


def overview() -> str:
    """What `lateen --help` says."""
    panels = dict.fromkeys(row.panel for row in COMMANDS)
    lines = [ABOUT, "", "Usage: lateen COMMAND [OPTIONS] [ARGUMENTS]"]
    for panel in panels:
        rows = [f"  {row.name:<14}{row.summary}" for row in COMMANDS if row.panel == panel and row.exists]
        lines += ["", f"{panel}:", *rows] if rows else []
    return "\n".join([*lines, "", "`lateen COMMAND --help` says more about a command, `lateen --version` the version."])


def application(wanted: str | None = None) -> typer.Typer:
    """The commands. Only `wanted` is imported (all of them when it is ""); the others are there by name, for help and for suggestions."""
    app = typer.Typer(
        name="lateen",
        help=ABOUT,
        no_args_is_help=True,
        add_completion=bool(os.environ.get(_COMPLETING)),
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for row in COMMANDS:
        if row.exists:
            is_wanted = wanted in ("", row.name)
            app.command(row.name, help=None if is_wanted else row.summary, short_help=row.summary, rich_help_panel=row.panel)(
                _function(row, is_wanted)
            )
    return app


def _function(row: Row, is_wanted: bool) -> Callable[..., Any]:
    if not is_wanted:
        return _not_imported
    command: Callable[..., Any] = import_module(f"lateen.cli.{row.module}").command
    return command


def _not_imported() -> None:
    raise AssertionError("a command was run that had not been imported")


def _wanted(arguments: list[str]) -> str | None:
    """The command that is asked for."""
    if os.environ.get(_COMPLETING):
        written = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
        arguments = written.split()[1:]
    return next((argument for argument in arguments if not argument.startswith("-")), None)


def _show_version(wanted: bool) -> None:
    if wanted:
        from lateen import __version__

        print(f"lateen {__version__}")
        raise typer.Exit


def _root(version: Annotated[bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)] = False) -> None:
    """A service mesh you pip install: Istio's API, the real Envoy, no Kubernetes needed."""


def _end(sentence: str, code: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        if sentence:
            print(sentence, file=sys.stderr)
        sys.stdout.flush()
    # Whatever is left in the buffer of a broken pipe must not raise again on the way out.
    with contextlib.suppress(OSError):
        if code == REFUSED and not sentence:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


if __name__ == "__main__":
    main()

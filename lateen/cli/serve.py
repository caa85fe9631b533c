"""`lateen serve`: the control plane as a daemon."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lateen.cli.connection import Settings, default_home
from lateen.cli.trouble import Trouble

if TYPE_CHECKING:
    from lateen.control.plane import ControlPlane


class LogLevel(StrEnum):
    """What `--log-level` takes."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_XDS: Final = "0.0.0.0:15012"
_API: Final = "127.0.0.1:15014"
_GRPC: Final = "-event_engine_listener"
"""gRPC's older listener, with which a change costs a sixth less for each stream (decision 30). Read by gRPC when it is imported."""

_Blocked = Annotated[
    list[str] | None,
    typer.Option("--block-keys-from", metavar="CIDR", help="A network where keys of tokens (jwksUri) are never fetched; repeatable."),
]


def command(
    home: Annotated[str, typer.Option("--home", envvar="LATEEN_HOME", metavar="DIR", help="The state folder. Default: .lateen here.")] = "",
    store: Annotated[
        str,
        typer.Option(
            "--store", metavar="ADDRESS", help="Where config lives: sqlite:///FILE, directory:///DIR, memory:. Default: in the state folder."
        ),
    ] = "",
    xds: Annotated[
        str, typer.Option("--xds", metavar="HOST:PORT", help="Where proxies connect (discovery and certificates, TLS). Default: 0.0.0.0:15012.")
    ] = "",
    api: Annotated[str, typer.Option("--api", metavar="HOST:PORT", help="The HTTP API (TLS). Default: 127.0.0.1:15014.")] = "",
    xds_plaintext: Annotated[
        str,
        typer.Option("--xds-plaintext", metavar="HOST:PORT", help="Discovery without TLS, where every proxy is taken at its word. Off by default."),
    ] = "",
    name: Annotated[
        list[str] | None, typer.Option("--name", metavar="NAME", help="A DNS name or address by which proxies reach this machine; repeatable.")
    ] = None,
    blocked: _Blocked = None,
    domain: Annotated[str, typer.Option("--domain", help="The domain of cluster-local names.")] = "cluster.local",
    quiet: Annotated[float, typer.Option("--quiet-seconds", min=0, help="Configuration waits for this long without a write.")] = 0.02,
    patience: Annotated[float, typer.Option("--patience-seconds", min=0, help="It waits no longer than this.")] = 0.2,
    log_level: Annotated[LogLevel, typer.Option("--log-level", case_sensitive=False, help="What is told.")] = LogLevel.INFO,
) -> None:
    """Run the control plane until SIGTERM or Ctrl-C.

    The state folder holds the database, the authority's keys, and where the mesh is found (connection.json). A port that is taken keeps it
    from starting; but where proxies connect by --xds-plaintext, ports that were not named give way to free ones.
    """
    os.environ.setdefault("GRPC_EXPERIMENTS", _GRPC)
    from lateen.control.collector import filling

    with filling():
        from lateen.control.home import CannotStart, Home
        from lateen.control.main import serve
        from lateen.control.plane import Options
        from lateen.kit.logging import configure

    configure(log_level.value)
    options = Options(
        home=Home(default_home(Settings(home=home))),
        store=store,
        discovery=xds or _XDS,
        api=api or _API,
        plaintext=xds_plaintext,
        names=tuple(name or ()),
        blocked=tuple(blocked or ()),
        domain=domain,
        movable=tuple(option for option, given in (("--xds", xds), ("--api", api)) if xds_plaintext and not given),
        quiet=quiet,
        patience=patience,
    )
    try:
        serve(options, _announce)
    except CannotStart as why:
        raise Trouble(str(why)) from why


def _announce(plane: ControlPlane) -> None:
    from lateen.kit.logging import logger

    where = {"api": plane.connection.server, "xds": plane.connection.discovery}
    if plane.plaintext:
        where["xds_plaintext"] = plane.plaintext
    logger("control").info("The control plane is ready.", home=str(plane.options.home.path), revision=plane.feed.revision, **where)

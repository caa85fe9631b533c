"""The mesh that a command talks to: where it is, and its HTTP API as calls. `connected` gives a command one, with the options that name it.

In this order: `--server` and `--token` (or `$LATEEN_SERVER`, `$LATEEN_TOKEN`); the state folder `--home` or `$LATEEN_HOME`; a `.lateen` here or in a
folder above; `~/.lateen`.
"""

from __future__ import annotations

import functools
import http.client
import inspect
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

import typer

from lateen.cli.trouble import REFUSED, UNREACHABLE, Trouble

HOME: Final = ".lateen"
TIMEOUT: Final = 30.0
_TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

R = TypeVar("R")
_PANEL: Final = "Which mesh"


class Settings(NamedTuple):
    """What a user said about which mesh; empty where nothing."""

    home: str = ""
    server: str = ""
    token: str = ""
    roots_file: str = ""


class Place(NamedTuple):
    """Where a mesh is: the URL of its API, the token that opens it, and the roots (PEM) that it must show, "" for those of the system."""

    server: str
    token: str
    roots: str
    discovery: str = ""


class Refused(Trouble):
    """The mesh said no: its sentence, its HTTP code, and its whole answer."""

    def __init__(self, sentence: str, status: int, answer: Any) -> None:
        super().__init__(sentence, REFUSED)
        self.status = status
        self.answer = answer


class Mesh:
    """A mesh's API. Every call may raise `Trouble`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @functools.cached_property
    def place(self) -> Place:
        """Where it is. Raises `Trouble` (3) when none is known."""
        found = place(self._settings)
        if not found.token.isascii():
            raise Trouble("The token has characters that no token has. Copy it again.", UNREACHABLE)
        return found

    def get(self, path: str, query: Mapping[str, Any] | None = None, *, as_table: bool = False) -> Any:
        """What is at a path."""
        return self.call("GET", path, query=query, accept=_TABLE if as_table else "application/json")

    def post(self, path: str, body: Any, query: Mapping[str, Any] | None = None, *, wait: float = 0.0) -> Any:
        """The answer to a body; `wait` is how much longer than usual it may take."""
        return self.call("POST", path, body=body, query=query, wait=wait)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        accept: str = "application/json",
        wait: float = 0.0,
    ) -> Any:
        """The answer as JSON. Raises `Refused` for an error of the mesh's."""
        with self._sent(method, path, body, query, accept, TIMEOUT + wait) as response:
            raw = response.read()
        answer = _json(raw)
        if response.status >= 400:
            sentence = answer.get("message", "") if isinstance(answer, dict) else ""
            raise Refused(sentence or f"The mesh answered {response.status} {response.reason} to {method} {path}.", response.status, answer)
        return answer

    def lines(self, path: str, query: Mapping[str, Any], *, as_table: bool = False) -> Iterator[Any]:
        """A stream of JSON lines, such as a watch, until it ends."""
        with self._sent("GET", path, None, query, _TABLE if as_table else "application/json", None) as response:
            if response.status >= 400:
                raise Refused(str(_json(response.read()).get("message", response.reason)), response.status, None)
            for line in response:
                if line.strip():
                    yield _json(line)

    @contextmanager
    def _sent(
        self, method: str, path: str, body: Any, query: Mapping[str, Any] | None, accept: str, timeout: float | None
    ) -> Iterator[http.client.HTTPResponse]:
        at = self.place
        url = urlsplit(at.server)
        connection = _connection(url.scheme, url.hostname or "", url.port, at.roots, timeout)
        told = {key: value for key, value in (query or {}).items() if value not in ("", None, False)}
        target = f"{url.path.rstrip('/')}{path}{f'?{urlencode(told)}' if told else ''}"
        headers = {"Authorization": f"Bearer {at.token}", "Accept": accept, "User-Agent": "lateen", "X-Lateen-Author": _author()}
        raw = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, target, raw, headers | ({"Content-Type": "application/json"} if raw else {}))
            yield connection.getresponse()
        except ssl.SSLCertVerificationError as wrong:
            raise Trouble(
                f"{at.server} shows a certificate that is not this mesh's: {wrong.verify_message}. Name its roots with --ca-file.", UNREACHABLE
            ) from wrong
        except (OSError, http.client.HTTPException) as failure:
            why = getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
            raise Trouble(
                f"The mesh at {at.server} does not answer: {why}. Is it running? Start it with `lateen up` or `lateen serve`.", UNREACHABLE
            ) from failure
        finally:
            connection.close()


def connected(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command, whose first parameter is a `Mesh`, the options that say which; it is called without that parameter."""
    signature = inspect.signature(command, eval_str=True)
    own = list(signature.parameters.values())[1:]
    options = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default="", annotation=annotation) for name, annotation in _OPTIONS.items()]
    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]

    @functools.wraps(command)
    def with_mesh(home: str = "", server: str = "", token: str = "", ca_file: str = "", **arguments: Any) -> R:
        return command(Mesh(Settings(home, server, token, ca_file)), **arguments)

    with_mesh.__signature__ = signature.replace(parameters=[*parameters, *options])  # type: ignore[attr-defined]
    with_mesh.__annotations__ = {parameter.name: parameter.annotation for parameter in (*parameters, *options)}
    del with_mesh.__wrapped__
    return with_mesh


_OPTIONS: Final[Mapping[str, Any]] = {
    "home": Annotated[str, typer.Option("--home", envvar="LATEEN_HOME", metavar="DIR", help="The mesh's state folder.", rich_help_panel=_PANEL)],
    "server": Annotated[str, typer.Option("--server", envvar="LATEEN_SERVER", metavar="URL", help="The address of its API.", rich_help_panel=_PANEL)],
    "token": Annotated[str, typer.Option("--token", envvar="LATEEN_TOKEN", metavar="TOKEN", help="What opens it.", rich_help_panel=_PANEL)],
    "ca_file": Annotated[
        str, typer.Option("--ca-file", envvar="LATEEN_CA_FILE", metavar="FILE", help="The roots that it must show.", rich_help_panel=_PANEL)
    ],
}


def place(settings: Settings) -> Place:
    """Where the mesh is that the settings, or the surroundings, name. Raises `Trouble` (3)."""
    if settings.server:
        known = _known(_home(settings))
        is_same = known is not None and known.server == settings.server.rstrip("/")
        roots = _text(settings.roots_file) if settings.roots_file else known.roots if known is not None and is_same else ""
        token = settings.token or (known.token if known is not None and is_same else "")
        return Place(settings.server.rstrip("/"), token, roots)
    home = _home(settings)
    known = _known(home)
    if known is None:
        raise Trouble(_nowhere(home), UNREACHABLE)
    return known._replace(token=settings.token or known.token)


def default_home(settings: Settings | None = None) -> Path:
    """The state folder for a mesh that is yet to be started: the one named, one that is there already, or `.lateen` here."""
    named = settings.home if settings is not None else ""
    return Path(named) if named else (_above(HOME) or Path(HOME))


def _home(settings: Settings) -> Path | None:
    if settings.home:
        return Path(settings.home)
    found = _above(f"{HOME}/connection.json")
    if found is not None:
        return found.parent
    own = Path.home() / HOME
    return own if (own / "connection.json").exists() else None


def _above(name: str) -> Path | None:
    here = Path.cwd()
    return next((folder / name for folder in (here, *here.parents) if (folder / name).exists()), None)


def _known(home: Path | None) -> Place | None:
    if home is None or not (home / "connection.json").exists():
        return None
    told = _json(_text(str(home / "connection.json")).encode())
    return Place(told["server"], _text(told["token_file"]).strip(), told["roots"], told.get("discovery", ""))


def _nowhere(home: Path | None) -> str:
    if home is not None:
        return f"No mesh is running in {home}. Start it with `lateen up`, or `lateen serve --home {home}`."
    return (
        "No mesh is reachable: there is no running mesh's .lateen here or in a folder above, and neither --server nor $LATEEN_HOME names one. "
        "Start one with `lateen up` or `lateen serve`, or name one with --server URL --token TOKEN."
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError as failure:
        raise Trouble(f"{path} cannot be read: {failure.strerror}.", UNREACHABLE) from failure


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw.strip() else {}
    except ValueError:
        return {}


def _connection(scheme: str, host: str, port: int | None, roots: str, timeout: float | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    if scheme != "https" or not host:
        raise Trouble("The address of the mesh's API must be like https://HOST:15014.", UNREACHABLE)
    try:
        tls = ssl.create_default_context(cadata=roots) if roots else ssl.create_default_context()
    except ssl.SSLError as wrong:
        raise Trouble("What --ca-file names holds no certificates in PEM. Name the mesh's roots.", UNREACHABLE) from wrong
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=tls)


def _author() -> str:
    import getpass
    import socket

    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return "lateen"

"""The daemon: store -> feed -> graph -> xDS, with the certificate service and the HTTP API beside it.

`running` starts everything and takes it down again; `serve` does so until SIGTERM or SIGINT. What would keep it from running (the folder, the ports,
the store, the authority's files) is tried before anything starts, and raises `CannotStart` with a sentence.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from socket import socket
from typing import Any, Final, NamedTuple

import msgspec
import uvicorn

from lateen.api import inputs, mesh
from lateen.control import files, ports, remembered
from lateen.control.api.app import application
from lateen.control.certificates import Certificates, own_names
from lateen.control.collector import Collector, relax
from lateen.control.feed import Feed
from lateen.control.fetching import BLOCKED, Fetcher
from lateen.control.gateway_names import GatewayNames
from lateen.control.home import CannotStart, Connection
from lateen.control.ingress_statuses import IngressStatuses
from lateen.control.key_sets import KeySets
from lateen.control.loop import Loop
from lateen.control.observed import ObservedPusher
from lateen.control.peers import authorize
from lateen.control.plane import ControlPlane, Options
from lateen.control.registrar import Registrar
from lateen.control.settling import Settling
from lateen.flow import Graph
from lateen.identity import Authenticator, Clients, MaterialUnusable, api_token, handlers, server_credentials
from lateen.identity.authenticate import client_certificate, joining, key_possession
from lateen.kit.logging import logger
from lateen.kit.tasks import keep_going
from lateen.store.location import opened
from lateen.store.store import Closed, Compacted, Store, StoreError, utc_now
from lateen.values.finding import Finding
from lateen.values.spiffe import Identity

REFRESH_SECONDS: Final = 60.0
_STARTUP_STEP: Final = 0.01

_log = logger("control")


def serve(options: Options, ready: Callable[[ControlPlane], None] = lambda _plane: None) -> None:
    """Run a control plane until SIGTERM or SIGINT; `ready` is told when it takes requests. Raises `CannotStart`."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(_until_signalled(options, ready))


async def _until_signalled(options: Options, ready: Callable[[ControlPlane], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(options) as plane:
        ready(plane)
        await stop.wait()


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[ControlPlane]:
    """A control plane, from when it takes requests until the `async with` block ends. Raises `CannotStart`."""
    relax()
    async with contextlib.AsyncExitStack() as stack:
        options.home.ensure_usable()
        stack.enter_context(options.home.held())
        bound = stack.enter_context(_bound(options))
        store = await stack.enter_async_context(_opened(options))
        plane = await _prepared(options, store)
        await stack.enter_async_context(_background(plane))
        await stack.enter_async_context(_discovery(plane, bound))
        await stack.enter_async_context(_api(plane, bound.api))
        stack.enter_context(_announced(plane))
        yield plane


class _Ports(NamedTuple):
    """The API's socket; where discovery listens, with TLS and (None: not at all) without, for gRPC binds by itself."""

    api: socket
    discovery: ports.Address
    plaintext: ports.Address | None


@contextlib.contextmanager
def _bound(options: Options) -> Iterator[_Ports]:
    discovery = _free(options, options.discovery, "--xds")
    plaintext = _free(options, options.plaintext, "--xds-plaintext") if options.plaintext else None
    if plaintext is not None and plaintext.port == discovery.port:
        raise CannotStart(f"--xds and --xds-plaintext are the same port, {discovery.port}. Give them different ones.")
    with ports.listening(_free(options, options.api, "--api"), "--api") as bound:
        yield _Ports(bound, discovery, plaintext)


def _free(options: Options, text: str, option: str) -> ports.Address:
    wanted = ports.address(text, option)
    try:
        return ports.free(wanted, option)
    except CannotStart as taken:
        if option not in options.movable:
            raise
        _log.warning(f"{taken} Until then it is another.")
        return ports.free(ports.Address(wanted.host, 0), option)


@asynccontextmanager
async def _opened(options: Options) -> AsyncIterator[Store]:
    async with contextlib.AsyncExitStack() as stack:
        try:
            yield await stack.enter_async_context(opened(options.store or options.home.default_store, files.contents))
        except StoreError as failure:
            raise CannotStart(str(failure)) from failure


async def _prepared(options: Options, store: Store) -> ControlPlane:
    """The parts, wired; the store's content is in the graph."""
    g = Graph()
    with g.batch() as batch:
        batch.set(inputs.domain.key(), options.domain)
    authenticators: list[Authenticator] = []
    pusher = ObservedPusher(g, authorize(authenticators, utc_now))
    pusher.dependencies = remembered.read(options.home.dependencies)
    feed = Feed(store, pusher.write, Settling(options.quiet, options.patience))
    await feed.open()
    try:
        certificates = Certificates(options.home.authority, mesh.trust_domain(g), (*own_names(), *options.names), utc_now)
    except (MaterialUnusable, OSError) as failure:
        raise CannotStart(str(failure)) from failure
    pusher.trust(certificates.annotated_roots())
    plane = ControlPlane(options, store, pusher, feed, certificates)
    plane.token = api_token.load_or_create(options.home.api_token)
    plane.join_key = api_token.load_or_create(options.home.join_key).encode()
    authenticators += _authenticators(plane)
    return plane


def _authenticators(plane: ControlPlane) -> tuple[Authenticator, ...]:
    """How workloads show who they are, in the order in which they are asked."""

    def domains() -> tuple[str, ...]:
        return (plane.trust_domain, *mesh.trust_domain_aliases(plane.pusher.g))

    return (
        client_certificate(domains),
        key_possession(lambda: plane.certificates.material.trust, domains),
        joining(lambda: plane.join_key, domains, plane.tokens.is_revoked),
    )


@asynccontextmanager
async def _background(plane: ControlPlane) -> AsyncIterator[None]:
    """Following the store, certificates, keys of tokens, workloads that register themselves, statuses, and keeping collections of garbage short."""
    collector = Collector(lambda: len(plane.pusher.g))
    fetcher = _fetcher(plane.options)
    key_sets = KeySets(plane.pusher.g, plane.pusher.put, fetcher)
    gateway_names = GatewayNames(plane.pusher.g, plane.pusher.put)
    plane.pusher.written += [key_sets.changed, gateway_names.changed, _warning(plane)]
    registrar = Registrar(plane.store, plane.options.home.instance)
    plane.pusher.guests = registrar
    statuses = IngressStatuses(plane.pusher.g, plane.store, plane.feed)
    keeping = remembered.Keeping(plane.pusher.dependencies, plane.options.home.dependencies)
    working = [
        asyncio.create_task(collector.run()),
        asyncio.create_task(files.tell(plane.store)),
        asyncio.create_task(keep_going(lambda: _follow(plane), _report("The store cannot be followed"))),
        asyncio.create_task(keep_going(lambda: _refresh(plane), _report("Certificates cannot be renewed"))),
        asyncio.create_task(keep_going(keeping.run, _report("What apps call cannot be remembered"))),
        asyncio.create_task(keep_going(registrar.run, _report("Workloads cannot be registered"))),
        asyncio.create_task(keep_going(statuses.run, _report("The status of Ingresses cannot be written"))),
        asyncio.create_task(keep_going(gateway_names.run, _report("Names of gateways cannot be resolved"))),
        asyncio.create_task(keep_going(key_sets.run, _report("Keys of tokens cannot be fetched"))),
    ]
    try:
        yield
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await fetcher.aclose()


def _warning(plane: ControlPlane) -> Callable[[], None]:
    """Says once that the trust domain has become another."""
    said: Finding | None = None

    def look() -> None:
        nonlocal said
        found = plane.trust_domain_finding()
        if found is not None and found != said:
            _log.warning(str(found))
        said = found

    return look


def _fetcher(options: Options) -> Fetcher:
    try:
        return Fetcher((*BLOCKED, *options.blocked))
    except ValueError as wrong:
        raise CannotStart(f"--block-keys-from: {wrong}; a network such as 10.0.0.0/8 was expected.") from wrong


async def _follow(plane: ControlPlane) -> None:
    try:
        await plane.feed.follow()
    except* Compacted:
        await plane.feed.open()
    except* Closed:
        await asyncio.Event().wait()


async def _refresh(plane: ControlPlane) -> None:
    plane.certificates.refresh()
    root = plane.certificates.material.authority.root
    plane.pusher.metrics.root_ends.set(root.not_valid_after_utc.timestamp())
    await asyncio.sleep(REFRESH_SECONDS)


def _report(what: str) -> Callable[[Exception, float], None]:
    def report(error: Exception, pause: float) -> None:
        _log.error(f"{what}: {error}. The next try is in {pause:.1f} s.", exc_info=error)

    return report


@asynccontextmanager
async def _discovery(plane: ControlPlane, bound: _Ports) -> AsyncIterator[None]:
    """The xDS and certificate server."""
    certificates, metrics = plane.certificates, plane.pusher.metrics

    def issued(_identity: Identity) -> None:
        metrics.requests.inc()
        metrics.issued.inc()

    secure = server_credentials(certificates.serving, certificates.roots, Clients.NOT_ASKED)
    service = handlers(certificates.authority, certificates.roots, _authenticators(plane), utc_now, issued, plane.tokens.is_revoked)
    where: dict[str, Any] = {str(bound.discovery): secure} | ({str(bound.plaintext): None} if bound.plaintext else {})
    try:
        await plane.pusher.server.start(where, extra_handlers=(service,))
    except RuntimeError as failure:
        raise CannotStart(f"Discovery cannot listen on {' and '.join(where)}: {failure}.") from failure
    plane.connection = Connection("", "", certificates.roots(), bound.discovery.dialled, os.getpid())
    plane.plaintext = bound.plaintext.dialled if bound.plaintext else ""
    try:
        yield
    finally:
        await plane.pusher.server.stop(0.2)


class _HttpServer(uvicorn.Server):
    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Leave signals to whoever runs the control plane."""
        return nullcontext()


@asynccontextmanager
async def _api(plane: ControlPlane, bound: socket) -> AsyncIterator[None]:
    """The HTTP API, over TLS with the control plane's own certificate."""
    config = uvicorn.Config(
        application(plane),
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        ssl_context_factory=lambda *_: plane.certificates.tls,
        h11_max_incomplete_event_size=1 << 20,
    )
    config.load()
    config.ssl = plane.certificates.tls
    server = _HttpServer(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(_STARTUP_STEP)
        if serving.done():
            await serving
            raise CannotStart("The HTTP API ended as it began.")
        host, port = bound.getsockname()[:2]
        server_url = f"https://{ports.Address(host, port).dialled}"
        token_file = str(plane.options.home.api_token.absolute())
        plane.connection = Connection(server_url, token_file, *_rest(plane.connection))
        plane.is_ready = True
        yield
    finally:
        plane.is_ready = False
        server.should_exit = True
        for watch in plane.watches:
            watch.cancel()
        await serving


def _rest(connection: Connection) -> tuple[str, str, int]:
    return connection.roots, connection.discovery, connection.pid


@contextlib.contextmanager
def _announced(plane: ControlPlane) -> Iterator[None]:
    home = plane.options.home

    def announce() -> None:
        roots = plane.certificates.roots()
        plane.connection = msgspec.structs.replace(plane.connection, roots=roots)
        home.announce(plane.connection)
        plane.pusher.trust(plane.certificates.annotated_roots())

    announce()
    plane.certificates.changed = announce
    try:
        yield
    finally:
        plane.certificates.changed = lambda: None
        home.withdraw()

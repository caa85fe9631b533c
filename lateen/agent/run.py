"""The agent: all workloads of one host, each with its Envoy, its sockets and its certificate; one DNS proxy for all. The driver.

`Agent` prepares a workload's place (directory, network, sockets, bootstrap), keeps its certificate fresh and runs its `Sidecar`.
Whoever embeds it (`lateen up`, `lateen join`, `lateen run`) gives it where the control plane is and whom to tell.

An agent that is started again for a run that goes on (`Settings.owner` is alive) takes over what the one before it had: networks, certificates,
sockets, and all Envoys and apps that it would start in the same way. Where these are not tied to the agent's life (`Settings.tied`), its absence
does not touch the traffic.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import grpc.aio
import msgspec
from cryptography import x509

from lateen.agent import app_calls, bootstrap, certificates, discovery, kept, local_grpc, network, peer_roots, probe, status
from lateen.agent.admin import Admin
from lateen.agent.annotations import captured
from lateen.agent.capture import PROXY_ID, Capture, ruleset
from lateen.agent.certificates import ControlPlane, Metadata, RefusedError
from lateen.agent.dns_server import DnsServer, Resolvers, system_resolvers
from lateen.agent.envoy_binary import EnvoyBinary
from lateen.agent.kept import HeldSockets, NotHeld
from lateen.agent.leftovers import Record
from lateen.agent.lifecycle import Policy
from lateen.agent.metrics import Metrics
from lateen.agent.mode import Choice
from lateen.agent.namespaces import Namespaces, NetworkError, Transport, all_bound, bound, is_there
from lateen.agent.on_demand import OnDemand
from lateen.agent.process import Launch
from lateen.agent.rotator import Rotator
from lateen.agent.sds import SecretService
from lateen.agent.secrets import Certificate, Secrets
from lateen.agent.sidecar import Launches, Listener, Sidecar, app_environment
from lateen.agent.tail import Tails
from lateen.agent.workload import Workload
from lateen.agent.xds_proxy import XdsProxy
from lateen.telemetry.istio_labels import own_labels, peer_word
from lateen.values.spiffe import Identity

_RULES = "capture.nft"
"""The file in a workload's directory with the rules that capture its traffic now."""

Token = Callable[[Workload], str]


class Settings(msgspec.Struct, frozen=True):
    """What all workloads of an agent share. `directory` (short: sockets lie below it) belongs to this mesh on this host alone.

    `app_user` is the user id that apps run as when the agent is root; None for the agent's own. `lifetime` of certificates in seconds.
    `control` may be told later (`Agent.control`),
    before anything runs. `owner` is the id of the process that runs the mesh, 0 for this one. When `tied`, apps and Envoys die with the agent.
    """

    directory: Path
    mesh_id: str
    envoy: EnvoyBinary
    choice: Choice
    control: ControlPlane = ControlPlane("", b"")
    domain: str = "cluster.local"
    trust_domain: str = "cluster.local"
    capture: Capture = Capture()
    policy: Policy = Policy()
    app_user: int | None = None
    lifetime: float = 86_400.0
    log_level: str = "warning"
    resolvers: Resolvers | None = None
    stat_prefixes: tuple[str, ...] = ()
    on_demand: bool = True
    owner: int = 0
    tied: bool = True


class Place(msgspec.Struct, frozen=True):
    """Where a workload runs: its directory, its namespace (None in explicit mode)."""

    directory: Path
    namespace: Path | None


class Agent:
    """All workloads of this host. Use as an async context manager; `prepare` each workload, then `run` it."""

    def __init__(self, settings: Settings, token: Token, listener: Listener, held: HeldSockets | None = None) -> None:
        self._settings = settings
        self.control = settings.control
        self._held = held or NotHeld()
        self._token = token
        settings.directory.mkdir(parents=True, exist_ok=True)
        settings.directory.chmod(0o711)  # Envoy's user passes through to its own folder and sees no other.
        self._record = Record(settings.directory, settings.owner)
        self._record.add_process(os.getpid(), "agent")
        self._listener = listener
        self._tails = Tails()
        self._namespaces = Namespaces(settings.mesh_id, settings.directory, self._record)
        self._dns = DnsServer(settings.resolvers or system_resolvers(), settings.domain)
        self._places: dict[str, Place] = {}
        self._numbers: dict[str, int] = {}
        self._sidecars: dict[str, Sidecar] = {}
        self._claim: socket.socket | None = None
        self._shift = 0

    async def __aenter__(self) -> Agent:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._dns.close()
        self._tails.close()
        if self._claim is not None:
            self._claim.close()
        await asyncio.to_thread(self._namespaces.close)
        for place in self._places.values():
            shutil.rmtree(place.directory, ignore_errors=True)  # Keys among them.
        self._record.close()

    @property
    def gateway(self) -> str:
        """The host's own address in the mesh's network (transparent mode)."""
        return self._namespaces.network.gateway

    def keep_only(self, keys: Iterable[str]) -> None:
        """End what an earlier agent has started for workloads other than these."""
        kept = set(keys)
        known = (each.runs for each in self._record.made.processes if each.runs.endswith((" app", " envoy")))
        self._record.kill(*(runs for runs in known if runs.rpartition(" ")[0] not in kept))

    async def prepare(self, workload: Workload) -> Workload:
        """Make the workload's place, or take the one that an earlier agent has made, and give it back with its address and ports. Call it for
        every workload before any runs, so that the control plane can be told where they all are. Raises `NetworkError`."""
        settings, index = self._settings, self._numbers.setdefault(workload.key, len(self._numbers))
        directory = settings.directory / workload.key
        await asyncio.to_thread(_made, directory, _envoy_user(settings.choice))
        if settings.choice.mode == "explicit":
            ports = [port.number for port in workload.ports]
            proxy, explicit = network.explicit(settings.mesh_id, index, ports, workload.tcp_destinations, self._loopback_shift())
            self._places[workload.key] = Place(directory, None)
            return msgspec.structs.replace(workload, address=proxy.address, proxy=proxy, explicit=explicit)
        rules = self._rules(workload)
        lodging = self._namespaces.planned(workload.key)
        self._places[workload.key] = Place(directory, Path(lodging.namespace))
        if not is_there(lodging):
            self._held.hold(workload.key, ())  # Sockets of a namespace that is no more.
            await asyncio.to_thread(self._namespaces.make, lodging, rules)
            if rules is not None:
                (directory / _RULES).write_text(ruleset(rules))
        return msgspec.structs.replace(workload, address=lodging.address)

    async def run(self, workload: Workload) -> int:
        """Run a prepared workload until it ends or is stopped; its exit code. Cancelling it kills what runs."""
        place = self._places[workload.key]
        await asyncio.to_thread(self._capture, workload, place)
        present = kept.certificate(place.directory, self._identity(workload), self._called(workload), self.control.roots, datetime.now(UTC))
        secrets = SecretService(Secrets(present, kept.peers(place.directory)))
        on_demand = OnDemand(known=kept.hosts(place.directory), on_change=lambda known: kept.keep_hosts(place.directory, known))
        launches = self._launches(workload, place)
        changed = asyncio.Event()
        proxy = self._discovery(workload, place, secrets, on_demand, changed)
        listener = self._telling(workload, proxy) if workload.joins else self._listener
        sidecar = Sidecar(workload, launches, listener, self._tails, self._record, self._settings.policy)
        self._sidecars[workload.key] = sidecar
        async with contextlib.AsyncExitStack() as stack:
            fresh = asyncio.create_task(self._certificate(workload, place, secrets, changed))
            stack.push_async_callback(_cancelled, fresh)
            await stack.enter_async_context(self._sockets(workload, place, secrets, proxy, sidecar))
            await self._resolve(workload, place, on_demand, stack)
            (place.directory / "envoy.json").write_text(launches.envoy.configuration)
            return await sidecar.run()

    def stop(self, keys: Iterable[str] = (), hurried: bool = False) -> None:
        """Drain, unless `hurried`, and end the workloads of these keys, or all; called again: end them now."""
        for key in keys or tuple(self._sidecars):
            if key in self._sidecars:
                self._sidecars[key].stop(hurried)

    def _loopback_shift(self) -> int:
        """Explicit mode: which loopback range is this mesh's own. A socket bound in it keeps other meshes away for as long as this one runs."""
        while self._claim is None:
            address, port = network.claim(self._settings.mesh_id, self._shift)
            try:
                self._claim = bound(address, port, "tcp")
            except NetworkError:
                self._shift += 1
                if self._shift == network.LOOPBACK_RANGES:
                    raise
        return self._shift

    # Parts of a workload

    def _rules(self, workload: Workload) -> Capture | None:
        usual = msgspec.structs.replace(self._settings.capture, by_mark=self._settings.choice.by_mark)
        return captured(usual, dict(workload.annotations)) if workload.kind == "sidecar" else None

    def _capture(self, workload: Workload, place: Place) -> None:
        """The workload's annotations may be others than when its place was made."""
        rules, written = self._rules(workload), place.directory / _RULES
        if rules is None or place.namespace is None:
            return
        wanted = ruleset(rules)
        if not written.exists() or written.read_text() != wanted:
            self._namespaces.capture(place.namespace, wanted)
            written.write_text(wanted)

    def _discovery(self, workload: Workload, place: Place, secrets: SecretService, on_demand: OnDemand, changed: asyncio.Event) -> XdsProxy:
        async def upstream() -> tuple[grpc.aio.Channel, Metadata]:
            certificate = await secrets.certificate()
            return certificates.channel(self.control, certificate), certificates.bearer(certificate, datetime.now(UTC))

        def report(text: str) -> None:
            self._listener.announce(workload.key, text)

        told = b""

        def trusted(word: bytes) -> None:
            """The control plane's word is the whole of what is trusted from now on, by the workload and for reaching the control plane. What changes
            in it besides the roots is which of them signs."""
            nonlocal told
            roots, certificate = certificates.union(word), secrets.secrets.certificate
            self.control = msgspec.structs.replace(self.control, roots=roots)
            if certificate is not None and certificate.roots != roots:
                _deliver(place, secrets, msgspec.structs.replace(certificate, roots=roots))
                changed.set()
            elif told not in (b"", word):
                changed.set()
            told = word

        def examined(word: bytes) -> None:
            """The probe of the group that it joins takes the place of its own check (WE-2)."""
            self._sidecars[workload.key].examine(probe.check(word) or workload.health)

        def befriended(word: bytes) -> None:
            """Peers may have other roots than before."""
            peers = peer_roots.told(word)
            kept.keep_peers(place.directory, peers)
            secrets.trust(peers)

        own = {discovery.ROOTS: trusted, discovery.PEER_ROOTS: befriended} | ({discovery.PROBE: examined} if workload.joins else {})
        subscription = on_demand if workload.kind == "sidecar" and workload.mode == "transparent" else None
        return XdsProxy(upstream, subscription, report, told=own)

    def _telling(self, workload: Workload, proxy: XdsProxy) -> Listener:
        """Health is told to the control plane as well."""
        listener = self._listener

        def health(key: str, healthy: bool) -> None:
            proxy.tell_health("" if healthy else self._sidecars[workload.key].reason)
            listener.health(key, healthy)

        return msgspec.structs.replace(listener, health=health)

    @contextlib.asynccontextmanager
    async def _sockets(self, workload: Workload, place: Place, secrets: SecretService, proxy: XdsProxy, sidecar: Sidecar) -> AsyncIterator[None]:
        """The Unix sockets of one Envoy: discovery and secrets on one, readiness and metrics on the other."""
        paths, owner = sockets(place.directory), _envoy_user(self._settings.choice)
        server = await local_grpc.serve(Path(paths.xds), (proxy.handler(), secrets.handler()), owner)
        admin = Admin(Path(paths.admin))
        try:
            async with status.served(Path(paths.agent), status.application(self._answers(workload, secrets, admin, sidecar))):
                yield
        finally:
            await admin.close()
            await server.stop(0)

    def _answers(self, workload: Workload, secrets: SecretService, admin: Admin, sidecar: Sidecar) -> status.Answers:
        """What is answered on ports 15020 and 15021."""
        scrape = workload.metrics

        async def app_metrics() -> str:
            return await app_calls.metrics(sidecar.place, scrape) if scrape is not None else ""

        return status.Answers(
            is_ready=lambda: sidecar.is_ready,
            envoy=admin.prometheus,
            metrics=Metrics(lambda: _ends(secrets), lambda: datetime.now(UTC)),
            own=own_labels(self._node(workload)["metadata"], str(self._identity(workload))),
            app=app_metrics if scrape is not None else None,
            obstacle=sidecar.obstacle if workload.command else None,
            names=(workload.name, workload.group),
            drain=sidecar.drain,
            quit=sidecar.stop,
        )

    async def _resolve(self, workload: Workload, place: Place, on_demand: OnDemand, stack: contextlib.AsyncExitStack) -> None:
        """Names are asked for on sockets that outlive the agent where somebody holds them: a query waits in its socket for the next agent."""
        ports, namespace = workload.proxy, place.namespace
        wanted: list[tuple[int, Transport]] = [(ports.proxy_dns, "udp"), (ports.proxy_dns, "tcp")]
        wanted += [(ports.dns, "udp"), (ports.dns, "tcp")] if namespace is not None else []
        held = self._held.take(workload.key)
        if [each.getsockname() for each in held] != [(ports.address, port) for port, _ in wanted]:
            for each in held:
                each.close()
            held = await asyncio.to_thread(all_bound, ports.address, wanted, namespace)
            self._held.hold(workload.key, held)
        await stack.enter_async_context(self._dns.forwarding(held[0], held[1]))
        if namespace is not None:
            await stack.enter_async_context(self._dns.serving(held[2], held[3], on_demand))

    def _identity(self, workload: Workload) -> Identity:
        return Identity(self._settings.trust_domain, workload.namespace, workload.service_account)

    def _called(self, workload: Workload) -> str:
        """What peers call it in metrics."""
        return peer_word(self._node(workload)["metadata"])

    async def _certificate(self, workload: Workload, place: Place, secrets: SecretService, changed: asyncio.Event) -> None:
        identity, called = self._identity(workload), self._called(workload)

        async def fetched() -> Certificate:
            if secrets.secrets.certificate is not None:
                with contextlib.suppress(RefusedError):
                    return await certificates.fetch(self.control, identity, secrets.secrets.certificate, self._settings.lifetime, called)
            return await certificates.fetch(self.control, identity, self._token(workload), self._settings.lifetime, called)

        def announce(text: str) -> None:
            self._listener.announce(workload.key, text)

        def deliver(certificate: Certificate) -> None:
            _deliver(place, secrets, certificate)

        rotator = Rotator(workload.name, lambda: random.uniform(-1, 1))
        await certificates.keep_fresh(rotator, fetched, deliver, announce, secrets.secrets.certificate, roots_changed=changed)

    def _options(self) -> bootstrap.Options:
        settings = self._settings
        return bootstrap.Options(mark=settings.choice.by_mark, on_demand=settings.on_demand, stat_prefixes=settings.stat_prefixes)

    def _mesh(self) -> bootstrap.Mesh:
        return bootstrap.Mesh(self._settings.domain, self._settings.mesh_id)

    def _node(self, workload: Workload) -> bootstrap.Json:
        return bootstrap.node(workload, self._mesh(), self._options())

    def _launches(self, workload: Workload, place: Place) -> Launches:
        settings = self._settings
        arguments = bootstrap.arguments(str(place.directory / "envoy.json"), workload, settings.log_level)
        config = bootstrap.bootstrap(workload, self._mesh(), sockets(place.directory), self._options())
        envoy = Launch(
            ("envoy", *arguments),
            place.directory / "envoy.log",
            environment={"PATH": os.environ.get("PATH", "")},
            cwd=str(place.directory),
            namespace=place.namespace,
            user=_envoy_user(settings.choice),
            program=settings.envoy.path,
            configuration=msgspec.json.format(msgspec.json.encode(config)).decode(),
            tied=settings.tied,
        )
        app = Launch(
            workload.command,
            place.directory / "app.log",
            app_environment(workload),
            workload.cwd,
            place.namespace,
            _app_user(settings),
            tied=settings.tied,
        )
        return Launches(envoy, app if workload.command else None, Path(sockets(place.directory).admin))


def _deliver(place: Place, secrets: SecretService, certificate: Certificate) -> None:
    kept.keep_certificate(place.directory, certificate)
    secrets.replace(certificate)


def _ends(secrets: SecretService) -> datetime | None:
    certificate = secrets.secrets.certificate
    return x509.load_pem_x509_certificate(certificate.chain).not_valid_after_utc if certificate is not None else None


def sockets(directory: Path) -> bootstrap.Sockets:
    """The Unix sockets in a workload's directory."""
    grpc_socket = str(directory / "xds.sock")
    return bootstrap.Sockets(grpc_socket, grpc_socket, str(directory / "agent.sock"), str(directory / "admin.sock"))


def _envoy_user(choice: Choice) -> int | None:
    """Envoy has a user id of its own where it is known by it."""
    return PROXY_ID if choice.mode == "transparent" and not choice.by_mark else None


def _app_user(settings: Settings) -> int | None:
    return settings.app_user if settings.choice.mode == "transparent" and not settings.choice.by_mark else None


def _made(directory: Path, owner: int | None) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    if owner is not None:
        os.chown(directory, owner, owner)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

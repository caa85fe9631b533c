"""The stage: real Envoys with a real control plane, before which a test sets a world, makes real calls, and says where they must land.

    def test_a_rule_leads_by_path(stage: Stage) -> None:
        stage.world(SHOP)
        client = stage.sidecar()
        assert client.get("http://reviews/v2").at == "10.0.0.2"

See the README beside this folder for the whole of it with examples. What it promises:

- Every address of 10.0.0.0/8, 240.240.0.0/16 and fd00::/8 is served on every port by an echo that says where and how it was reached.
- When `world` returns, every Envoy has applied that world and nothing of the one before: what then does not happen, does not happen in that world.
- A world that an Envoy refuses, or that the control plane cannot compute, fails the test.

Sidecars and gateways are made when first asked for and kept for other tests; at most `KEPT` are alive.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lateen.agent.capture import Capture
from lateen.agent.workload import Workload
from lateen.api import decode
from lateen.api.resource import Resource
from lateen.assembly import naming, views
from lateen.ir.view import View
from lateen.values.finding import Severity
from lateen.values.ref import Ref
from stage import credentials, network
from stage.answers import Arrival
from stage.caller import ELSEWHERE, Caller
from stage.company import Actor
from stage.control import WITHIN, Control, Refused
from stage.foretold import Oracle
from stage.proxied import Proxied

KEPT = 8
_CLIENT = {"app": "client"}
_INGRESS = {"istio": "ingressgateway"}


class Stage:
    """One for all tests of a run. Tests use it through the fixture `stage`."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="lts")
        self._folder = Path(self._temporary.name)
        self.control = Control(self._folder)
        self.credentials = credentials.Credentials(self._folder, self.control)
        self._hub = Actor(network.unsharing(), self._folder)
        network.prepare_hub(self._hub.pid)
        self._indexes = itertools.count(1)
        self._proxied: dict[tuple[Any, ...], tuple[int, Proxied]] = {}
        self._outside: Caller | None = None
        self._present: dict[Ref, Resource[Any]] = {}
        self._names: dict[str, list[str]] = {}
        self.oracle = Oracle(self.control.ask, self._views, ELSEWHERE)

    def close(self) -> None:
        for _, each in self._proxied.values():
            each.close(self.control)
        if self._outside is not None:
            self._outside.actor.close()
        self._hub.close()
        self.control.close()
        self._temporary.cleanup()

    # the world

    def world(self, *documents: str, names: Mapping[str, str | Sequence[str]] | None = None, refused: bool = False) -> None:
        """Replace the whole configuration by these documents, in one revision, and wait until every Envoy has applied it. Echoes forget what they saw
        and how they were to behave.

        `names` are what Envoy's resolver knows (name to addresses), for services found by DNS. `refused`: an Envoy may refuse some of it.
        """
        found, findings = decode.resources("\n---\n".join(documents))
        mistakes = [each for each in findings if each.severity is Severity.ERROR]
        assert not mistakes, mistakes
        wanted = {each.ref: each for each in found}
        assert len(wanted) == len(found), "two objects of one name"
        self._names = {name: [value] if isinstance(value, str) else list(value) for name, value in (names or {}).items()}
        self.oracle.names, self.oracle.misbehaves = self._names, False
        for actor in self._actors():
            actor.ask("names", self._names)
        gone = [(ref, None) for ref in self._present.keys() - wanted.keys()]
        self._present = wanted
        self.control.write([*wanted.items(), *gone])
        self.settle(refused=refused)
        for actor in self._actors():  # At last, for what the test before had under way, such as mirrored requests, may only now have arrived.
            actor.ask("forget")

    def settle(self, refused: bool = False) -> None:
        """Wait until every Envoy has applied the present world. Raises `Refused`."""
        if failures := self.control.failures():
            raise Refused("\n".join(failures))
        waiting = [each for _, each in self._proxied.values()]
        deadline = time.monotonic() + WITHIN
        while waiting:
            self.control.settle()
            told = {each: each.obstacle() if self.control.is_connected(each.node) else f"{each.node} has no stream" for each in waiting}
            waiting = [each for each in waiting if told[each]]
            if waiting and time.monotonic() > deadline:
                raise AssertionError(f"The world did not arrive. {told}\n{waiting[0].log[-3000:]}")
        refusals = self.control.refusals()
        if refusals and not refused:
            raise Refused("\n".join(refusals))

    def _actors(self) -> list[Actor]:
        outside = [] if self._outside is None else [self._outside.actor]
        return [self._hub, *outside, *(each.actor for _, each in self._proxied.values())]

    # who is there

    def sidecar(self, namespace: str = "default", labels: Mapping[str, str] | None = None, **more: Any) -> Proxied:
        """An app with a sidecar.

        `labels` (default `app: client`); `ip`, its address, where the world has to name it; `ip6`, a second one, so that it speaks IPv6 too;
        `service_account`; `locality` (`region/zone/subzone`); `network`; `cluster`; `metadata`, further node metadata; `capture`, other rules.
        """
        return self._made("sidecar", namespace, labels or _CLIENT, more)

    def gateway(self, namespace: str = "istio-system", labels: Mapping[str, str] | None = None, **more: Any) -> Proxied:
        """A gateway: an Envoy that listens on the ports that Gateways name. `labels` (default `istio: ingressgateway`); else as `sidecar`."""
        return self._made("gateway", namespace, labels or _INGRESS, more)

    def outside(self) -> Caller:
        """A caller outside of the mesh: no sidecar, nothing captured. Say with `to=` whom it calls."""
        if self._outside is None:
            index = next(self._indexes)
            self._outside = Caller(*self._lodging(index, {}, None, has_app=True), self._resolver("default"))
            self._outside.oracle = self.oracle
        return self._outside

    def _made(self, kind: Any, namespace: str, labels: Mapping[str, str], more: dict[str, Any]) -> Proxied:
        key = (kind, namespace, repr(sorted(labels.items())), repr(sorted(more.items(), key=lambda pair: pair[0])))
        if key in self._proxied and not self._proxied[key][1].is_running:
            raise AssertionError(f"Envoy ended:\n{self._proxied[key][1].log[-3000:]}")
        if key not in self._proxied:
            self._make_room(more.get("ip", ""))
            index = next(self._indexes)
            self._proxied[key] = (index, self._started(index, kind, namespace, labels, dict(more)))
            self.settle()
        self._proxied[key] = self._proxied.pop(key)  # The one used last is the last to go.
        return self._proxied[key][1]

    def _make_room(self, ip: str) -> None:
        in_the_way = [key for key, (_, each) in self._proxied.items() if each.address == ip]
        while len(self._proxied) - len(in_the_way) >= KEPT:
            in_the_way.append(next(key for key in self._proxied if key not in in_the_way))
        for key in in_the_way:
            index, gone = self._proxied.pop(key)
            network.dislodge(self._hub.pid, index)
            gone.close(self.control)

    def _started(self, index: int, kind: Any, namespace: str, labels: Mapping[str, str], more: dict[str, Any]) -> Proxied:
        metadata, rules = more.pop("metadata", {}), more.pop("capture", Capture(by_mark=True, dns=False))
        has_both = "ip6" in more
        actor, address, address6 = self._lodging(index, more, rules if kind == "sidecar" else None, has_app=kind == "sidecar")
        workload = Workload(f"{kind}-{index}", address, namespace, labels=tuple(sorted(labels.items())), kind=kind, **more)
        folder = self._folder / f"p{index}"
        folder.mkdir()
        made = Proxied(actor, workload, address6, self._resolver(namespace), folder)
        made.oracle = self.oracle
        both = {"INSTANCE_IPS": f"{address},{address6}"} if has_both else {}
        made.start(self.control, {**both, **metadata})
        return made

    def _lodging(self, index: int, more: dict[str, Any], rules: Capture | None, *, has_app: bool) -> tuple[Actor, str, str]:
        address, address6 = more.pop("ip", f"10.250.0.{index}"), more.pop("ip6", f"fd00:250::{index:x}")
        actor = Actor([*network.entering(self._hub.pid), "unshare", "--net"], self._folder)
        actor.ask("names", self._names)
        network.lodge(self._hub.pid, actor.pid, index, (address, address6), rules, has_app)
        return actor, address, address6

    def _views(self) -> dict[str, View]:
        """The proxies as the control plane knows them, by address."""
        by_node = {stream.proxy.id: views.view(stream.proxy) for stream in list(self.control.pusher.states.streams)}
        return {each.address: by_node[each.node] for _, each in self._proxied.values() if each.node in by_node}

    def _resolver(self, namespace: str) -> Any:
        def resolve(host: str) -> str:
            if host.replace(".", "").isdigit() or ":" in host:
                return host
            found = self.control.ask(lambda g: naming.meant(g, namespace, host))
            return found.addresses[0] if found.addresses else ELSEWHERE

        return resolve

    # the echo behind every address

    def behave(self, at: str | None = None, **behaviour: Any) -> None:
        """How an address answers from now on, until the next world; what is said last wins.

        `port`, `path`: only there; `times`: so often, then as before. `status`; `headers` of the answer; `grpc_status`; `delay` in seconds before
        answering; `held`: not before `release` or the next world; `reset` or `close`: the connection once the request was read; `refuse`:
        connections, as if nobody listened; those that are open
        end (neither `times` nor `path` apply).
        """
        self.oracle.misbehaves = True
        self._hub.ask("behave", {"at": at, **behaviour})

    def release(self) -> None:
        """Let go of the answers that were held back."""
        self._hub.ask("release")

    def seen(self, count: int = 0, **fields: Any) -> list[Arrival]:
        """What reached the addresses of the world and has these fields (`at="10.0.0.1"`, `path="/"`); waits until there are `count` of them."""
        return Caller(self._hub, "", "", str).seen(count, **fields)

    def identify(self, at: str, identity: str) -> None:
        """To sidecars that speak mutual TLS, an address shows itself as `NAMESPACE/SERVICE ACCOUNT` (else `default/default`)."""
        self.oracle.misbehaves = True
        self._hub.ask("identify", at, self.credentials.mesh(identity).name)

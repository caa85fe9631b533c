"""What becomes of a request whose route table is known: the virtual host, the rule, what the rule does, and where it sends it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.assembly.told import Told
from lateen.explain import places
from lateen.explain.admission import admitted
from lateen.explain.call import Call
from lateen.explain.destination import Sender, in_time, in_words, sent
from lateen.explain.requests import asked_for, changed, redirected, rewritten
from lateen.explain.rules import Asking, Taken, silent, taken
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.texts import fits
from lateen.explain.way import Answered, Sent, Way
from lateen.ir.chain import Requests
from lateen.ir.routes import MILLION, Answer, Cors, Fault, Forward, Redirect, Rule, VirtualHost
from lateen.ir.view import Perspective, ProxyKind, View
from lateen.translate.outbound import HTTP_PROXY_TABLE
from lateen.translate.route_matches import Clients
from lateen.values.ref import Ref

NOT_FOUND, NO_DESTINATION = 404, 500


def asking_of(view: View, port: int) -> Asking:
    """Who asks, to rules: the clients of this proxy on a port."""
    return Asking(Clients(Perspective(view.namespace, view.labels, view.kind is ProxyKind.GATEWAY), port))


def requested(sender: Sender, call: Call, handler: Requests, table: Told[tuple[VirtualHost, ...]], asking: Asking, steps: tuple[Step, ...]) -> Way:
    """What becomes of the request."""
    call, answer, said = admitted(call, handler.options)
    if answer is not None:
        return Way(call, (*steps, *said), (answer,))
    found = asked_for(table.value, call.host_header, by_port=handler.table == HTTP_PROXY_TABLE)
    if found is None:
        nobody = f"nobody is asked for as {call.host_header} on this port"
        return _answered(call, (*steps, Step(Stage.HOST, nobody, Outcome.PASSED)), NOT_FOUND)
    host, domain = found
    steps = (*steps, _host_step(sender, host, domain, call))
    if host.https_only and call.scheme == "http":
        where = f"https://{call.host_header}{call.path}"
        step = Step(Stage.RESULT, f"requests must come by TLS: redirected to {where}", Outcome.ANSWERED, _gateway_ref(asking), "spec.servers")
        return Way(call, (*steps, step), answers=(Answered(301, where),))
    rule = taken(sender.g, host, call, asking)
    steps = (*steps, *(silent(sender.g, host, asking) if sender.view.kind is not ProxyKind.GATEWAY else ()), *rule.steps)
    if rule.rule is None:
        return _answered(call, (*steps, Step(Stage.RULE, "no rule fits", Outcome.PASSED)), NOT_FOUND)
    return _done(sender, changed(call, asking.changes), rule, rule.rule, steps)


def _gateway_ref(asking: Asking) -> Ref | None:
    namespace, slash, name = next(iter(asking.gateways), "").partition("/")
    return Ref("Gateway", namespace, name) if slash else None


def _answered(call: Call, steps: tuple[Step, ...], status: int) -> Way:
    return Way(call, (*steps, Step(Stage.RESULT, f"the proxy answers {status}", Outcome.ANSWERED)), answers=(Answered(status),))


def _host_step(sender: Sender, host: VirtualHost, domain: str, call: Call) -> Step:
    if host.name in ("allow_any", "block_all"):
        place = places.of_unknown_hosts(sender.g, sender.view)
        said = f"nobody declares {call.host_header} on this port" + ("; unknown hosts are refused" if host.name == "block_all" else "")
        return Step(Stage.HOST, said, Outcome.TAKEN, place.ref, place.path)
    said = f"{call.host_header} is asked for as {host.name}" + (f" ({domain})" if domain != host.name else "")
    return Step(Stage.HOST, said, Outcome.TAKEN, host.origins[0] if host.origins else None)


# What a rule does


def _done(sender: Sender, call: Call, of: Taken, rule: Rule, steps: tuple[Step, ...]) -> Way:
    faulty, left, aborted = _faults(sender, of, rule.fault)
    steps = (*steps, *faulty)
    delays = ((rule.fault.delay.part, rule.fault.delay.duration),) if rule.fault is not None and rule.fault.delay is not None else ()
    if not left:
        return Way(call, steps, answers=aborted, delays=delays)
    preflight = _preflight(rule.cors, call) if isinstance(rule.action, Forward) else None  # Envoy's own answers come before it is asked.
    if preflight is not None:
        place = _place(sender, of, "cors_policy")
        return Way(call, (*steps, Step(Stage.RESULT, *preflight, place.ref, place.path)), answers=(*aborted, Answered(200, part=left)), delays=delays)
    if isinstance(rule.action, Forward):
        found = _forwarded(sender, call, of, rule, rule.action, steps, left)
        return msgspec.structs.replace(found, answers=(*aborted, *found.answers), delays=delays)
    answer, step = _own_answer(sender, call, of, rule, rule.action, left)
    return Way(call, (*steps, step), answers=(*aborted, answer), delays=delays)


def _place(sender: Sender, of: Taken, field: str) -> places.Place:
    """Where a field of the rule is written."""
    return places.of_route(sender.g, of.rule.origin if of.rule is not None else None, of.written.part, field)


def _own_answer(sender: Sender, call: Call, of: Taken, rule: Rule, action: Redirect | Answer, part: int) -> tuple[Answered, Step]:
    if isinstance(action, Redirect):
        where = redirected(action, call, rule.match.path)
        said, field, answer = f"redirected with {action.code} to {where}", "redirect", Answered(action.code, where, part)
    else:
        said, field, answer = f"the proxy answers {action.status}", "direct_response", Answered(action.status, part=part)
    place = _place(sender, of, field)
    return answer, Step(Stage.RESULT, said, Outcome.ANSWERED, place.ref, place.path)


def _faults(sender: Sender, of: Taken, fault: Fault | None) -> tuple[tuple[Step, ...], int, tuple[Answered, ...]]:
    """Steps for the faults, the part of a million that they let pass, and the answers to the others."""
    if fault is None:
        return (), MILLION, ()
    place = _place(sender, of, "fault")
    steps: list[Step] = []
    answers: tuple[Answered, ...] = ()
    left = MILLION
    if fault.delay is not None:
        said = f"{_percent(fault.delay.part)} of the requests are held back for {in_time(fault.delay.duration)}"
        steps.append(Step(Stage.FAULT, said, Outcome.TAKEN, place.ref, f"{place.path}.delay"))
    if fault.abort is not None:
        abort = fault.abort
        what = f"gRPC status {abort.grpc_status}" if abort.grpc_status is not None else f"{abort.status}"
        said = f"{_percent(abort.part)} of the requests fail with {what}"
        steps.append(Step(Stage.FAULT, said, Outcome.ANSWERED, place.ref, f"{place.path}.abort"))
        answers, left = (Answered(abort.status or 200, part=abort.part, grpc_status=abort.grpc_status),), MILLION - abort.part
    return tuple(steps), left, answers


def _percent(part: int) -> str:
    return f"{part * 100 / MILLION:g}%"


def _preflight(cors: Cors | None, call: Call) -> tuple[str, Outcome] | None:
    """What the proxy answers to a browser's question in advance; None when it is none, or passed on."""
    origin = call.header("origin")
    if cors is None or call.method != "OPTIONS" or not origin or call.header("access-control-request-method") is None:
        return None
    if any(fits(each, origin) for each in cors.origins):
        return f"a browser's question in advance, answered for {origin}", Outcome.ANSWERED
    return None if cors.forward_unmatched else (f"a browser's question in advance, answered without consent for {origin}", Outcome.ANSWERED)


# Where it is sent


def _forwarded(sender: Sender, call: Call, of: Taken, rule: Rule, action: Forward, steps: tuple[Step, ...], part: int) -> Way:
    if not action.shares:
        step = Step(Stage.RESULT, "the rule names no destination: the proxy answers 500", Outcome.ANSWERED, of.written.ref, of.written.path)
        return Way(call, (*steps, step), answers=(Answered(NO_DESTINATION, part=part),))
    steps = (*steps, *_divided(sender, of, action), *_changes(sender, call, of, rule, action), *_patience(sender, of, action))
    return Way(
        call,
        steps,
        sent=(*_shares(sender, call, rule, action, part), *_mirrors(sender, call, rule, action, part)),
        timeout=action.timeout,
        retry=action.retry,
        request=rule.request,
        response=rule.response,
    )


def _shares(sender: Sender, call: Call, rule: Rule, action: Forward, part: int) -> Iterator[Sent]:
    total = sum(each.weight for each in action.shares) or 1
    sole = len(action.shares) == 1
    for each in action.shares:
        asked = changed(changed(call, each.request), rule.request)
        asked = msgspec.structs.replace(asked, path=rewritten(asked.path, action.path, rule.match.path))
        authority = action.authority or each.authority
        asked = msgspec.structs.replace(asked, authority=authority or call.host_header)
        yield sent(sender, asked, each.destination, part if sole else part * each.weight // total)


def _mirrors(sender: Sender, call: Call, rule: Rule, action: Forward, part: int) -> Iterator[Sent]:
    for each in action.mirrors:
        found = sent(sender, changed(call, rule.request), each.destination, part * each.part // MILLION)
        yield msgspec.structs.replace(found, mirrored=True)


def _divided(sender: Sender, of: Taken, action: Forward) -> Iterator[Step]:
    place = _place(sender, of, "route")
    total = sum(each.weight for each in action.shares) or 1
    if len(action.shares) > 1:
        words = (f"{each.weight * 100 / total:g}% to {in_words(each.destination)}" for each in action.shares)
        yield Step(Stage.ROUTE, ", ".join(words), Outcome.TAKEN, place.ref, place.path)
    for mirror in action.mirrors:
        said = f"{_percent(mirror.part)} is copied to {in_words(mirror.destination)}"
        yield Step(Stage.ROUTE, said, Outcome.NOTED, place.ref, place.path.removesuffix(".route"))


def _changes(sender: Sender, call: Call, of: Taken, rule: Rule, action: Forward) -> Iterator[Step]:
    path = rewritten(call.path, action.path, rule.match.path)
    place = _place(sender, of, "rewrite")
    if path != call.path:
        yield Step(Stage.ROUTE, f"the path becomes {path}", Outcome.TAKEN, place.ref, place.path)
    if action.authority:
        yield Step(Stage.ROUTE, f"the Host becomes {action.authority}", Outcome.TAKEN, place.ref, place.path)
    headers = _place(sender, of, "headers")
    given = [f"{name}: {value} is set" for name, value in rule.request.put]
    given += [f"{name}: {value} is added" for name, value in rule.request.append]
    given += [f"{name} is taken away" for name in rule.request.remove]
    if given:
        yield Step(Stage.ROUTE, f"of the request's headers, {', '.join(given)}", Outcome.TAKEN, headers.ref, headers.path)


def _patience(sender: Sender, of: Taken, action: Forward) -> Iterator[Step]:
    place = _place(sender, of, "timeout")
    if action.timeout:
        yield Step(Stage.ROUTE, f"an answer is waited for {in_time(action.timeout)} at most", Outcome.NOTED, place.ref, place.path)
    retry = action.retry
    if retry is None or not retry.attempts:
        return
    tries = f"at most {retry.attempts} more {'try' if retry.attempts == 1 else 'tries'}"
    codes = f" ({', '.join(str(code) for code in retry.status_codes)})" if retry.status_codes else ""
    patience = f", each for {in_time(retry.try_timeout)} at most" if retry.try_timeout is not None else ""
    elsewhere = ", at another endpoint" if retry.other_hosts else ""
    said = f"{tries} on {', '.join(retry.conditions)}{codes}{patience}{elsewhere}"
    place = _retry_place(sender, of)
    yield Step(Stage.ROUTE, said, Outcome.NOTED, place.ref, place.path)


def _retry_place(sender: Sender, of: Taken) -> places.Place:
    """The rule's own, or else the mesh's, or nobody's, which is the usual."""
    part = of.written.part
    if part is not None and part.owned.route.retries is not None:
        return _place(sender, of, "retries")
    return places.of_mesh("defaultHttpRetryPolicy") if places.has_mesh_field(sender.g, "default_http_retry_policy") else places.NOWHERE

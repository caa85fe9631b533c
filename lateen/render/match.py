"""`ir.match` as Envoy's RouteMatch (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routematch)."""

from __future__ import annotations

from functools import lru_cache

from envoy.config.route.v3.route_components_pb2 import HeaderMatcher, QueryParameterMatcher, RouteMatch
from envoy.type.matcher.v3.metadata_pb2 import MetadataMatcher
from envoy.type.matcher.v3.regex_pb2 import RegexMatcher
from envoy.type.matcher.v3.string_pb2 import StringMatcher
from envoy.type.matcher.v3.value_pb2 import ListMatcher, OrMatcher, ValueMatcher

from lateen.ir.match import Claim, Header, Manner, Match, Parameter, Path, PathManner, Text

TOKEN_FILTER = "envoy.filters.http.jwt_authn"
TOKEN_PAYLOAD = "payload"

_PATH_FIELDS = {PathManner.EXACT: "path", PathManner.PREFIX: "prefix", PathManner.SEGMENTS: "path_separated_prefix"}


@lru_cache(maxsize=1024)
def route_match(match: Match) -> RouteMatch:
    """Not to be changed by the caller: equal matches share one message."""
    out = RouteMatch(
        headers=[header_matcher(header) for header in match.headers],
        query_parameters=[_parameter(parameter) for parameter in match.parameters],
        dynamic_metadata=[claim_matcher(claim) for claim in match.claims],
    )
    if match.tunnel:
        out.connect_matcher.SetInParent()
    else:
        _path(match.path, out)
    return out


def string_matcher(text: Text) -> StringMatcher:
    """A text test, regular expressions matching the whole text."""
    if text.manner is Manner.REGEX:
        return StringMatcher(safe_regex=RegexMatcher(regex=text.value))
    return StringMatcher(**{text.manner.value: text.value}, ignore_case=text.ignore_case)


def _path(path: Path, out: RouteMatch) -> None:
    if path.fits_all:
        out.prefix = "/"
    elif path.manner is PathManner.REGEX:
        out.safe_regex.regex = path.value
    elif path.manner is PathManner.SEGMENTS and (path.value == "/" or path.value.endswith("/")):
        # Envoy refuses a path_separated_prefix that ends with a slash, and a plain prefix that does is cut at segments anyway.
        out.prefix = path.value
    else:
        setattr(out, _PATH_FIELDS[path.manner], path.value)
    if path.ignore_case and path.manner is not PathManner.REGEX:
        out.case_sensitive.value = False


def header_matcher(header: Header) -> HeaderMatcher:
    """A header test."""
    out = HeaderMatcher(name=header.name, invert_match=header.inverted, treat_missing_header_as_empty=header.absent_is_empty)
    if header.text is None:
        out.present_match = True
    else:
        out.string_match.CopyFrom(string_matcher(header.text))
    return out


def _parameter(parameter: Parameter) -> QueryParameterMatcher:
    if parameter.text is None:
        return QueryParameterMatcher(name=parameter.name, present_match=True)
    return QueryParameterMatcher(name=parameter.name, string_match=string_matcher(parameter.text))


def claim_matcher(claim: Claim) -> MetadataMatcher:
    """A test of a claim, as the filter that checks tokens leaves them."""
    keys = [MetadataMatcher.PathSegment(key=key) for key in (TOKEN_PAYLOAD, *claim.path)]
    return MetadataMatcher(filter=TOKEN_FILTER, path=keys, value=_claim_value(claim.text), invert=claim.inverted)


def _claim_value(text: Text | None) -> ValueMatcher:
    if text is None:
        return ValueMatcher(present_match=True)
    one = ValueMatcher(string_match=string_matcher(text))
    some = ValueMatcher(list_match=ListMatcher(one_of=one))
    return ValueMatcher(or_match=OrMatcher(value_matchers=[one, some]))

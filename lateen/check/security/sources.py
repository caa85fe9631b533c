"""Callers in an AuthorizationPolicy (AZ-6)."""

from __future__ import annotations

from collections.abc import Iterable

from lateen.api.security.authorization_policy import Source
from lateen.api.text import Path
from lateen.check.addresses import address_or_range
from lateen.check.remark import Remarks, wrong

_FIELDS = {
    "principals": "principals",
    "notPrincipals": "not_principals",
    "requestPrincipals": "request_principals",
    "notRequestPrincipals": "not_request_principals",
    "namespaces": "namespaces",
    "notNamespaces": "not_namespaces",
    "serviceAccounts": "service_accounts",
    "notServiceAccounts": "not_service_accounts",
    "trustDomains": "trust_domains",
    "notTrustDomains": "not_trust_domains",
}
_BLOCKS = {
    "ipBlocks": "ip_blocks",
    "notIpBlocks": "not_ip_blocks",
    "remoteIpBlocks": "remote_ip_blocks",
    "notRemoteIpBlocks": "not_remote_ip_blocks",
}
_ACCOUNTS = ("serviceAccounts", "notServiceAccounts")
_WITH_ACCOUNTS = ("principals", "notPrincipals", "namespaces", "notNamespaces")
_NOT_CUSTOM = ("principals", "notPrincipals", "requestPrincipals", "notRequestPrincipals", "namespaces", "notNamespaces")


def source(source: Source, path: Path, *, is_custom: bool) -> Remarks:
    """No empty values, addresses that are addresses, and no two ways of naming the same caller."""
    for field, name in _FIELDS.items():
        yield from not_empty(getattr(source, name), (*path, field))
    for field, name in _BLOCKS.items():
        for index, block in enumerate(getattr(source, name)):
            yield from address_or_range(block, (*path, field, index))
    given = [field for field, name in _FIELDS.items() if getattr(source, name)]
    if is_custom:
        for field in given:
            if field in _NOT_CUSTOM:
                yield wrong((*path, field), f"{field} is not known yet when action CUSTOM is decided.", "Leave it out, and add a DENY policy.")
    yield from _accounts(source, given, path)


def _accounts(source: Source, given: list[str], path: Path) -> Remarks:
    accounts = [field for field in given if field in _ACCOUNTS]
    others = [field for field in given if field in _WITH_ACCOUNTS]
    if accounts and others:
        yield wrong(path, f"{' and '.join(accounts + others)} are given, expected only one way of naming callers.", "Keep serviceAccounts.")
    for field in accounts:
        for index, account in enumerate(getattr(source, _FIELDS[field])):
            yield from service_account(account, (*path, field, index))


def service_account(account: str, path: Path) -> Remarks:
    """`name` or `namespace/name`."""
    parts = account.split("/")
    if account and (len(parts) > 2 or "" in parts or "*" in account):
        yield wrong(path, f'found "{account}", expected name or namespace/name.')


def not_empty(values: Iterable[str], path: Path) -> Remarks:
    """AZ-5: `*` is how one says "any"; an empty value matches nothing."""
    for index, value in enumerate(values):
        if not value:
            yield wrong((*path, index), "the value is empty.", 'Write "*" for any.')

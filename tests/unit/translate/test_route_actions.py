"""Parts of actions that no whole route shows well."""

from __future__ import annotations

import pytest

from lateen.api.networking.virtual_service import HeaderOperations, Headers, HTTPRedirect, HTTPRewrite
from lateen.ir.match import EVERY_PATH, Path, PathManner
from lateen.ir.routes import HeaderChanges, Redirect, Replacement
from lateen.translate.route_actions import authority_header, header_changes, redirect, replacement


@pytest.mark.rule("VS-47")
def test_host_and_pseudo_headers_are_not_changed_as_headers():
    operations = HeaderOperations(set={"HOST": "a", ":path": "/", "x": "1"}, add={"Host": "b"}, remove=(":authority", "y"))
    headers = Headers(request=operations)

    assert header_changes(headers) == (HeaderChanges((("x", "1"),), (), ("y",)), HeaderChanges())
    assert authority_header(headers) == "a"
    assert authority_header(None) == ""


@pytest.mark.rule("VS-46")
def test_stripping_whole_segments_leaves_one_slash():
    path = Path(PathManner.SEGMENTS, "/a.b")

    assert replacement(HTTPRewrite(uri="/"), path) == Replacement(pattern="^/a\\.b(/?)(.*)", substitution="/\\2")
    assert replacement(HTTPRewrite(uri="/c"), path) == Replacement(prefix="/c")


@pytest.mark.rule("VS-45")
def test_by_tls_the_port_of_https_goes_without_saying():
    assert redirect(HTTPRedirect(port=443), 443, secure=True, path=EVERY_PATH) == Redirect()
    assert redirect(HTTPRedirect(port=443), 80, secure=False, path=EVERY_PATH) == Redirect(port=443)

"""Through which listener a proxy calls which hosts."""

from __future__ import annotations

import pytest

from lateen.ir.scope import Import, Scope

pytestmark = pytest.mark.rule("SC-3")

WEB = Import((("shop", "web.shop"),), port=8080)
SOCKET = Import((("shop", "db.shop"),), bind="unix:///run/db")
REST = Import((("shop", "api.shop"),))


def test_a_table_is_of_the_import_with_its_port_or_address():
    scope = Scope("shop", imports=(WEB, SOCKET, REST))

    assert scope.of_table("8080") == WEB
    assert scope.of_table("unix:///run/db") == SOCKET


def test_every_other_table_is_of_the_import_without_a_place():
    assert Scope("shop", imports=(WEB, REST)).of_table("80") == REST


def test_where_every_import_has_a_place_other_tables_have_none():
    assert Scope("shop", imports=(WEB,)).of_table("80") is None

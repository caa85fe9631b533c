"""Explained from files: their objects are the mesh, and every step that one of them decides has its line there."""

from __future__ import annotations

import pytest

from lateen.explain.offline import from_files
from lateen.explain.question import Question, Unanswerable
from tests.given.calls import SHOP, SUBSETS, routes

FILES = [("shop.yaml", SHOP), ("rules/routes.yaml", f"{SUBSETS}---{routes('[{route: [{destination: {host: reviews, subset: v2}}]}]')}")]


def test_steps_name_the_file_and_the_line() -> None:
    told, mistakes = from_files(FILES, Question("web", "http://reviews/"))
    assert mistakes == []
    rule = next(step for step in told["steps"] if step["stage"] == "rule")
    assert (rule["ref"], rule["path"], rule["file"], rule["line"]) == ("VirtualService default/routes", "spec.http[0]", "rules/routes.yaml", 10)
    assert [each["address"] for each in told["destinations"][0]["endpoints"]] == ["10.1.0.2"]


def test_mistakes_in_the_files_are_told_and_the_rest_is_the_mesh() -> None:
    wrong = ("wrong.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: 7}\n")
    told, mistakes = from_files([*FILES, wrong], Question("web", "http://reviews/"))
    assert [str(each.ref) for each in mistakes] == ["Service default/x"]
    assert told["reaches"]


def test_a_question_that_cannot_be_answered_is_refused() -> None:
    with pytest.raises(Unanswerable, match='Nobody is called "nobody"'):
        from_files(FILES, Question("nobody", "http://reviews/"))

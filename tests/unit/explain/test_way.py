"""A way is certain only as far as all its steps are."""

from __future__ import annotations

from lateen.explain.call import Call
from lateen.explain.step import Decision, Outcome, Stage, Step
from lateen.explain.way import Reached, Sent, Way

KNOWN = Step(Stage.RULE, "known")
UNKNOWN = Step(Stage.POLICY, "unknown", Outcome.UNKNOWN)


def test_the_steps_of_destinations_and_servers_come_behind_the_proxys_own() -> None:
    arrival = Step(Stage.ARRIVAL, "arrives")
    endpoint = Reached("10.0.0.1", 80, decision=Decision(True, steps=(arrival,)))
    way = Way(Call("a", 80), (KNOWN,), sent=(Sent("a", 1, (endpoint,), (UNKNOWN,)),))
    assert list(way.every_step) == [KNOWN, UNKNOWN, arrival]


def test_a_step_that_cannot_be_known_makes_the_whole_uncertain_wherever_it_is() -> None:
    onward = Way(Call("a", 80), (UNKNOWN,))
    assert Way(Call("a", 80), (KNOWN,)).certain
    assert not Way(Call("a", 80), sent=(Sent("a", 1, (Reached("10.0.0.1", 80, onward=onward),)),)).certain

"""The acts of the simulator as a state machine, so that Hypothesis finds the shortest history that breaks one.

The volume comes from `python -m tests.sync.simulate`; here each step is chosen by Hypothesis, which shrinks what fails.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, RuleBasedStateMachine

from tests.sync import invariants, world
from tests.sync.history import History

PLACES = st.integers(0, 3)
RARE = ("revoke", "erase", "damage", "intrude", "write_stick", "read_stick", "confirm", "restore", "clone", "clone_running", "enrol")
COMMON = ("person", "edit", "stale_edit", "mark", "choose", "withdraw", "newer", "news", "restart", "upgrade", "back_up")
WITH = {"comment": "coordinator", "by_region": "coordinator", "by_relay": "relay"}


class Country(RuleBasedStateMachine):
    """A country whose every act Hypothesis chooses. The seed only decides what lies inside an act."""

    history: History | None = None

    @initialize(seed=st.integers(1, 50))
    def begin(self, seed: int) -> None:
        self.history = History(seed, invariants.watch)

    def _act(self, name: str, place: int) -> None:
        history = self.history
        assert history is not None
        history.tally.steps += 1
        getattr(history, name)(history.world.nodes[history.laptops[place % len(history.laptops)]])

    @rule(name=st.sampled_from(COMMON), place=PLACES)
    def work(self, name: str, place: int) -> None:
        self._act(name, place)

    @rule(name=st.sampled_from(("exchange", "exchange", "direct", "cut")), place=PLACES)
    def meet(self, name: str, place: int) -> None:
        self._act(name, place)

    @rule(name=st.sampled_from(RARE), place=PLACES)
    def suffer(self, name: str, place: int) -> None:
        self._act(name, place)

    @precondition(lambda self: self.history is not None and {"coordinator", "relay"} & self.history.world.nodes.keys())
    @rule(name=st.sampled_from(sorted(WITH)), place=PLACES)
    def go_round(self, name: str, place: int) -> None:
        assert self.history is not None
        if WITH[name] in self.history.world.nodes:
            self._act(name, place)

    @invariant()
    def it_is_its_own_fold(self) -> None:
        if self.history is not None and self.history.tally.steps % 5 == 1:
            invariants.check_now(self.history)

    def teardown(self) -> None:
        if self.history is None:
            return
        try:
            invariants.settle(self.history)
            invariants.check(self.history, deep=True)
        finally:
            self.history.close()


Country.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(autouse=True)
def by_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "is_quick", True)


TestCountry = Country.TestCase

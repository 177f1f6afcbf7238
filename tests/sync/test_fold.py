"""From changes to rows: local writes, sealing, refolding."""

from collections.abc import Iterable

import pytest
import sqlalchemy as sa

from sync import fold, index, ledger, writing
from sync.changes import Change, decode, spans_of
from sync.keys import NodeKey
from sync.writing import Draft
from tests.sync import forge
from tests.sync.world import Node, sync, World


def test_a_local_write_shows_at_once_and_waits_to_be_sealed(ziwa: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha", phone="1")
    assert ziwa.state(ziwa.home, "person", (person,))["phone"][0].values == ("1",)
    with ziwa.begin() as connection:
        assert ledger.pending_counts(connection) == {ziwa.home: 1}
        (made,) = writing.seal(connection, ziwa.replica, 7)
        assert ledger.pending_counts(connection) == {}
    assert [change.dot for change in decode(made.body, made.header.minters)] == [person]


def test_rows_are_the_fold_of_segments_and_pending_changes(ziwa: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha", phone="1")
    sync(ziwa, central)
    ziwa.edit(ziwa.home, "person", (person,), phone="2")
    ziwa.edit(ziwa.home, "mark", (person, "2020-06-01"), status="present")
    before = ziwa.dump(ziwa.home)
    ziwa.refold(ziwa.home)
    assert ziwa.dump(ziwa.home) == before


def test_two_edits_apart_stay_beside_each_other_until_one_is_chosen(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", phone="0")
    for node in (ziwa, ziwa2):
        sync(node, central)
    ziwa.edit(ziwa.home, "person", (person,), phone="1", at=2_000)
    ziwa2.edit(ziwa.home, "person", (person,), phone="2", at=3_000)
    for node in (ziwa, ziwa2, ziwa):
        sync(node, central)
    (conflict,) = ziwa.conflicts()
    assert [head.values for head in conflict.others] == [("1",)]
    assert [conflict] == ziwa2.conflicts() == central.conflicts()
    ziwa.edit(ziwa.home, "person", (person,), phone="1")
    for node in (ziwa, ziwa2):
        sync(node, central)
    assert ziwa2.conflicts() == []
    with ziwa2.begin() as connection:
        assert {each.head.values for each in ledger.past(connection, ziwa.home, "person", (person,))} == {("0",), ("1",), ("2",)}


def test_a_void_and_an_edit_apart_are_a_conflict_and_nothing_is_deleted(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha", phone="0")
    for node in (ziwa, ziwa2):
        sync(node, central)
    ziwa.edit(ziwa.home, "person", (person,), given="Asha", family=None, phone="0", email=None, void_reason="twice")
    ziwa2.edit(ziwa.home, "person", (person,), phone="9", at=5_000)
    for node in (ziwa, ziwa2, ziwa):
        sync(node, central)
    assert [conflict.group for conflict in ziwa.conflicts()] == ["phone"]


def test_a_clock_ten_years_ahead_does_not_win_over_who_has_seen_it(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", phone="0")
    ziwa.edit(ziwa.home, "person", (person,), phone="1", at=10**10)
    for node in (ziwa, ziwa2):
        sync(node, central)
    ziwa2.edit(ziwa.home, "person", (person,), phone="2", at=1)
    for node in (ziwa2, ziwa):
        sync(node, central)
    assert ziwa.state(ziwa.home, "person", (person,))["phone"][0].values == ("2",)
    assert ziwa.conflicts() == []


def test_two_laptops_that_mark_the_same_day_meet(ziwa: Node, ziwa2: Node, central: Node) -> None:
    for node, status in ((ziwa, "present"), (ziwa2, "absent")):
        node.edit(ziwa.home, "mark", ("someone", "2020-06-01"), status=status)
    for node in (ziwa, ziwa2, ziwa):
        sync(node, central)
    assert len(ziwa.conflicts()) == 1
    assert forge.count(central, ziwa.replica.schema.tables["mark"].rows) == 1


@pytest.mark.parametrize(
    "draft",
    [
        Draft("person", ("no dot",), {"phone": "1"}),
        Draft("mark", ("x", "2020-13-01"), {"status": "a"}),
        Draft("mark", ("x", "2020-01-01"), {"status": 7}),
        Draft("news", ("0000000000000001-1",), {"text": "of the nation"}),
    ],
)
def test_what_fold_would_refuse_is_refused_where_it_is_written(draft: Draft, ziwa: Node) -> None:
    with pytest.raises(ValueError, match=r"bad|wrong|month"):
        ziwa.write(ziwa.home, [draft])
    with ziwa.begin() as connection:
        assert ledger.pending_counts(connection) == {}


def test_a_segment_whose_parents_are_missing_waits(country: World, ziwa: Node, central: Node) -> None:
    for text in "ab":
        ziwa.new(ziwa.home, "extra", text=text)
        sync(ziwa, central)
    with central.begin() as connection:
        *before, last = list(ledger.segments(connection, ledger.graph(connection, ziwa.home).ids))
    fresh = country.laptop("fresh", ziwa.home)
    received = forge.receive(fresh, last)
    assert received.taken == []
    assert received.missing == {before[-1].id}
    assert forge.receive(fresh, *before, last).taken == [*(each.id for each in before), last.id]


def test_receiving_stops_where_it_has_enough_and_goes_on_next_time(
    country: World, ziwa: Node, central: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in "abc":
        ziwa.new(ziwa.home, "extra", text=text)
        sync(ziwa, central)
    fresh = country.laptop("fresh", ziwa.home)
    monkeypatch.setattr(fold, "RECEIVE_MAX", 0)
    sync(fresh, central)
    assert fresh.dump(ziwa.home) == central.dump(ziwa.home)


def test_runs_of_counters_are_exact() -> None:
    changes = [forge.own_dot(NodeKey(bytes(32)), "nation", k) for k in (5, 1, 2, 3, 9)]
    runs = spans_of(Change(name, "t", (name,), {}, (), "", 0) for name in changes)
    assert [(first, last) for _, first, last in runs] == [(1, 3), (5, 5), (9, 9)]


def test_a_process_that_runs_for_months_costs_its_last_segment_only(ziwa: Node, central: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha", phone="0")
    for k in range(12):
        ziwa.edit(ziwa.home, "person", (person,), phone=str(k))
        sync(ziwa, central)
    ziwa.edit(ziwa.home, "person", (person,), phone="last")
    read: list[int] = []
    spans = index.spans

    def counted(connection: sa.Connection, partition: str, dots: Iterable[str]) -> list[tuple[str, int, int, bytes]]:
        found = spans(connection, partition, dots)
        read.append(len(found))
        return found

    monkeypatch.setattr(index, "spans", counted)
    sync(ziwa, central)
    assert max(read) <= 1
    assert central.state(ziwa.home, "person", (person,))["phone"][0].values == ("last",)


def test_sealing_stands_on_all_heads_without_the_whole_graph(ziwa: Node, ziwa2: Node, central: Node) -> None:
    for node in (ziwa, ziwa2):
        sync(node, central)
    for node in (ziwa, ziwa2):
        node.new(node.home, "person", given=node.name)
    for node in (ziwa, ziwa2):
        sync(node, central)
    with ziwa2.begin() as connection:
        graph = ledger.graph(connection, ziwa.home)
        assert len(graph.heads()) == 2
        assert ledger.heads_of(connection, ziwa.home) == [(head, graph.generation[head]) for head in graph.heads()]

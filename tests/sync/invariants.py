"""What must hold of every history: the invariants I1 to I11, each checked where it can first be broken.

I1   what was acknowledged is in the log of who acknowledged: each save of a person, and what a peer is believed to hold
I2   a receipt names only what its node holds, whole
I3   equal sets of segments make equal registers, whatever the order (a stranger's order too)
I4   no two folded changes have one dot; I5 each change is in exactly one place
I6   what a later write had seen never wins; I8 nobody changes a row that he may not; both against the naive oracle
I7   the register is the fold of all segments and of what is pending
I9   nothing of an erased row is left in the database of a node that confirms
I10  when faults stop, two exchanges of each node with central make all heads equal; three where in the first a node could not
     give all it has: central has lost the grant that it seals on, or a disk a body, and who brings that came after it
I11  is checked by the command, which runs some histories again with other hash seeds
"""

import hashlib
import json
import random
import zlib
from collections import Counter
from dataclasses import replace
from typing import TypeAlias

from sync import checks, decrees, exchange, fold, index, ledger, receipts, rows, writing
from sync.changes import decode
from sync.keys import NodeKey
from sync.schema import Key
from sync.segments import Segment
from tests.sync.history import Copy, History, is_holed, order, segment_ids
from tests.sync.oracle import Oracle
from tests.sync.world import Node, schema

Dump: TypeAlias = dict[str, list[tuple[object, ...]]]
ROUNDS = 2
"""I10: the exchanges that each node has with central, after which all heads are equal; one more where somebody had to wait."""
SHARE = 0.2
"""After how many of the exchanges I1 and I2 are checked."""
MOMENTS = 0.02
"""After how many of the acts I7 is checked."""


# ---- at any moment


def check_belief(node: Node, peer: Node) -> None:
    """I1: after a whole exchange both believe of each other only what is true, and agree about all that they share."""
    for one, other in ((node, peer), (peer, node)):
        held = segment_ids(other)
        with one.begin() as connection:
            believed = ledger.peer_heads(connection, other.key.public)
        assert all(held.issuperset(heads) for heads in believed.values()), f"{one.name} believes too much of {other.name}"
    with node.begin() as here, peer.begin() as there:
        ours = exchange.shared(here, node.replica, peer.key.public)
        theirs = exchange.shared(there, peer.replica, node.key.public)
    assert exchange.digest(ours) == exchange.digest(theirs), f"{node.name} and {peer.name} have not agreed"


def check_receipts(node: Node, peer: Node) -> None:
    """I2: what a node has stated of what it shares with a peer, who has just heard it, it holds with every body."""
    with node.begin() as connection:
        shared = exchange.shared(connection, node.replica, peer.key.public)
        for _, receipt in receipts.held(connection, shared):
            if receipt.node == node.key.public and receipt.about == receipts.HOLDS:
                graph = ledger.graph(connection, receipt.partition)
                assert all(head in graph for head in receipt.heads), f"{node.name} states what it does not hold"
                lost = ledger.holes(connection, receipt.partition).keys() & set(graph.held_by(receipt.heads))
                assert not lost, f"{node.name} states what its disk has lost"


def check_stated(history: History, node: Node) -> None:
    """I2: in the end nobody believes a statement that its node has made before it lost what it names."""
    keepers = {each.key.public: each for name, each in history.world.nodes.items() if name in ("central", "coordinator")}
    with node.begin() as connection:
        stated = [receipt for _, receipt in receipts.held(connection, ledger.heads(connection)) if receipt.node in keepers]
    for receipt in stated:
        assert segment_ids(keepers[receipt.node]).issuperset(receipt.heads), f"{node.name} believes what has been taken back"


def check_refold(node: Node, partition: str) -> None:
    """I7."""
    before = node.dump(partition)
    node.refold(partition)
    assert_equal(before, node.dump(partition), f"refold of {partition} on {node.name}")


def assert_equal(one: Dump, other: Dump, what: str) -> None:
    """Two dumps are the same, or the first difference is named."""
    for table, some in one.items():
        assert some == other[table], f"{what} differs in {table}: {sorted(set(some) ^ set(other[table]), key=repr)[:4]}"


def check_erased(history: History, node: Node) -> None:
    """I9: in the bytes of a node's database, and in the bodies that it has packed, nothing of an erased person is left."""
    numbers = [f"+255-{history.phone[name]}-".encode() for name in sorted(history.erased)]
    packed = [zlib.decompress(body) for (body,) in node.database.read("select body from sync_segment where verdict <> 'damaged'")]
    image = b"".join([node.database.copy(), *packed])
    assert not [number for number in numbers if number in image], f"something erased is left on {node.name}"


def watch(history: History, node: Node, hub: Node) -> None:
    """What must hold after an exchange: of some of them, and always while a disk has lost something."""
    if is_holed(hub) or history.rng.random() < SHARE:
        check_receipts(hub, node)
        history.tally.checked["I2 after an exchange"] += 1
    if not history.revoked and not is_holed(node) and not is_holed(hub) and history.rng.random() < SHARE:
        check_belief(node, hub)
        history.tally.checked["I1 after an exchange"] += 1


def check_now(history: History) -> None:
    """I7 at any moment: of one partition of one node."""
    node = history.rng.choice(list(history.world.nodes.values()))
    if held := sorted(node.heads()):
        check_refold(node, history.rng.choice(held))
        history.tally.checked["I7 at a moment"] += 1


# ---- the end


def settle(history: History) -> None:
    """I10: faults stop, links exist; central orders what is left of erased rows between the two rounds."""
    nodes = history.world.nodes
    for node in nodes.values():
        if node.version == 1:
            node.upgrade()
    if "alone" in history.outside:
        _write_down(history, "alone")
    has_waited = False
    for count in range(1, ROUNDS + 1):
        is_last = count == ROUNDS
        was_stuck = _meet_all(history, is_last=is_last)
        has_waited = has_waited or (not is_last and (was_stuck or any(_waits(history, node) for node in nodes.values())))
        has_more = order_remains(history)
    if has_waited or has_more:  # what somebody could not give in the first round: everybody has to hear of it
        history.tally.checked["I10 with an exchange more"] += 1
        _meet_all(history, is_last=True)


def _meet_all(history: History, *, is_last: bool) -> bool:
    """Each node exchanges with central. Returns whether one of them got stuck on what a disk has lost."""
    due = [node for name, node in history.world.nodes.items() if node is not history.central and name not in history.outside]
    return "stuck" in [_meet(history, node, is_last=is_last) for node in due]


def _waits(history: History, node: Node) -> bool:
    """Whether a node could not give all it has: changes wait for the grant that they are to stand on, or a body is lost."""
    if node.key.public in history.revoked or node.name in history.outside:
        return False
    with node.begin() as connection:
        ungranted = ledger.pending_counts(connection).keys() - index.read_by(connection, node.key.public)
        return bool(ungranted or ledger.holes(connection))


def _write_down(history: History, name: str) -> None:
    """A centre that stands alone has nobody to exchange with; its log is judged all the same."""
    node = history.world.nodes[name]
    with node.begin() as connection:
        writing.seal(connection, node.replica, history.now(node))


def _meet(history: History, node: Node, *, is_last: bool) -> str:
    came_to = history.exchange(node)
    if came_to == "stranger":  # central was restored and nobody has a trace of this node: it is let in again
        history.admit(node)
        came_to = history.exchange(node)
    assert came_to == "done" or (came_to == "stuck" and not is_last), f"{node.name} cannot exchange: {came_to}"
    if is_last and node.key.public not in history.revoked:
        check_belief(node, history.central)
    return came_to


def order_remains(history: History) -> bool:
    """What came in since of erased people is ordered too, as central does after each exchange. Returns whether there was any."""
    with history.central.begin() as connection:
        due = decrees.with_remains(connection)
        due = [partition for partition in due if decrees.is_root(connection, partition, history.world.authority.public)]
    for partition in due:
        order(history.central, history.world.authority, partition, [], history.now(history.central))
    return bool(due)


def check(history: History, *, deep: bool) -> None:
    """All that must hold in the end. deep: one partition is also folded anew, and by a stranger in another order."""
    partitions = sorted({"nation", *(partition for node in history.world.nodes.values() for partition in node.heads())})
    chosen = history.rng.choice(partitions)
    logs: dict[str, Oracle] = {}
    entitled: dict[str, set[str]] = {}
    for partition in partitions:
        held_by = holders(history, partition)
        first, entitled[partition] = held_by[0], {node.name for node in held_by}
        heads = [node.heads().get(partition) for node in held_by]
        assert all(each == heads[0] for each in heads), f"heads of {partition} differ"
        dump = first.dump(partition)
        for node in held_by[1:]:
            assert_equal(dump, node.dump(partition), f"{partition} of {first.name} and {node.name}")
        logs[partition] = check_oracle(first, partition)
        history.tally.checked["I3 to I8 of a partition in the end"] += 1
        history.tally.end = hashlib.sha256(f"{history.tally.end}{dump}".encode()).hexdigest()
        if deep and partition == chosen:
            check_refold(history.rng.choice(held_by), partition)
            check_other_order(history, first, partition, dump)
            history.tally.checked["I3 by another order, I7 in the end"] += 1
    history.tally.has_conflict = history.tally.has_conflict or bool(history.central.conflicts())
    for node in history.world.nodes.values():
        check_acknowledged(history, node, logs, entitled)
        if node.key.public not in history.revoked:  # it hears no more of its centre
            check_stated(history, node)
    if history.erased:
        for node in history.world.nodes.values():
            if node.key.public not in history.revoked and node.name not in history.outside:
                node.database.empty()
                check_erased(history, node)
                history.tally.checked["I9 of a node"] += 1
    judge_copies(history, logs)


def holders(history: History, partition: str) -> list[Node]:
    """The nodes that are entitled to a partition, central first."""
    nodes, central = history.world.nodes, history.central
    joined = [node for name, node in nodes.items() if name not in history.outside]
    if not partition.startswith("centre/"):
        return joined
    with central.begin() as connection:
        able = [node for node in joined if partition in index.read_by(connection, node.key.public)]
    return able or [node for node in nodes.values() if node.home == partition]


def check_oracle(node: Node, partition: str) -> Oracle:
    """I4, I5, I6, I8: the register is what the oracle makes of the same segments, and each change is in one place."""
    with node.begin() as connection:
        held = list(ledger.segments(connection, ledger.graph(connection, partition).ids))
        oracle = Oracle(schema(2), node.authority, held)
        places: Counter[tuple[tuple[str, Key, str], str]] = Counter()
        keys: dict[str, dict[Key, None]] = {}
        for name, key, _ in oracle.shown:
            keys.setdefault(name, {})[key] = None
        for name, table in schema(2).tables.items():
            states = rows.load(connection, partition, table, list(keys.get(name, ())))
            count = node.database.read(f"select count(*) from {table.rows.name} where partition = ?", partition)
            assert count == [(len(keys.get(name, ())),)], f"{name} of {partition} has other rows"
            for key, state in states.items():
                for group, heads in state.items():
                    place = (name, key, group)
                    assert heads[0].values == oracle.shown[place], f"{place}: {heads[0].values} is not {oracle.shown[place]}"
                    beside = sorted((head.values for head in heads[1:]), key=repr)
                    assert beside == sorted(oracle.beside[place], key=repr), f"{place}: other values beside"
                    assert not {head.dot for head in heads} & oracle.replaced[place], f"{place}: a value that was seen wins"
                    assert "thief" not in {head.by for head in heads}, f"{place}: a stranger wrote"
                    places.update((place, head.dot) for head in heads)
        for kind, text, group, dot in node.database.read("select tbl, key, grp, dot from sync_past where partition = ?", partition):
            places[(kind, _key(text), group), dot] += 1
    expected = {(place, dot) for place, dots in oracle.written.items() for dot in dots}
    assert places == Counter(expected), f"changes of {partition} are in no place or in two: {set(places) ^ expected}"
    kept = "select dot from sync_quarantine where partition = ? and reason <> 'unknown-field'"
    kept_back = {dot for (dot,) in node.database.read(kept, partition)}
    assert kept_back == oracle.quarantined.keys() | oracle.foreign | oracle.twice | oracle.remains, f"quarantine of {partition} differs"
    return oracle


def _key(text: str) -> Key:
    return tuple(json.loads(text))


def check_other_order(history: History, node: Node, partition: str, dump: Dump) -> None:
    """I3: a stranger who gets the same segments in another order, in parts, and some of them twice, sees the same."""
    rng = random.Random(history.tally.seed)
    with node.begin() as connection:
        left = list(ledger.segments(connection, ledger.graph(connection, partition).ids))
    reader = Node("reader", NodeKey(bytes(32)), node.authority, rng.randbytes)
    if not node.authority:
        reader.replica = replace(reader.replica, authority=None)
    arrived: list[Segment] = []
    while left:
        known = {segment.id for segment in arrived}
        ready = [segment for segment in left if known.issuperset(segment.header.parents)]
        some = rng.sample(ready, rng.randint(1, len(ready)))
        with reader.begin() as connection:
            fold.receive(connection, reader.replica, [*some, *rng.sample(arrived, min(1, len(arrived)))])
        arrived += some
        left = [segment for segment in left if segment not in some]
    assert_equal(dump, reader.dump(partition), f"{partition} in another order")
    reader.database.close()


def check_acknowledged(history: History, node: Node, logs: dict[str, Oracle], entitled: dict[str, set[str]]) -> None:
    """I1: every save that a person was told of is in the log, unless an order has erased its row since."""
    for partition, dot, row in sorted(history.acked[node.name], key=repr):
        log = logs[partition]
        is_erased = any(row[:length] in log.erased for length in range(2, len(row) + 1))
        if not is_erased and dot not in log.dots:
            assert node.name not in entitled[partition], f"nobody has {dot} of {node.name}"
            assert dot in own_log(node, partition), f"{node.name} has lost {dot} of {row}"


def own_log(node: Node, partition: str) -> set[str]:
    """The dots of all that one node holds of a partition: sealed and pending."""
    with node.begin() as connection:
        held = ledger.segments(connection, ledger.graph(connection, partition).ids)
        sealed = {change.dot for segment in held for change in decode(segment.body, segment.header.minters)}
        return sealed | {change.dot for _, change in ledger.pending(connection, partition)}


def judge_copies(history: History, logs: dict[str, Oracle]) -> None:
    """Count the copies and restored backups that left something to notice, and those that were noticed.

    A copy leaves something to notice when both lines wrote, neither knowing of the other; then `twins` must name the
    author. A restored disk does so also when somebody else still holds what it lost; then it must have come back.
    """
    for each in history.copies:
        history.tally.copies += 1
        forks = [(partition, log) for partition, log in logs.items() if _forked(log, each)]
        came_back = each.lost & frozenset().union(*(log.authors.keys() for log in logs.values()))
        if not forks and not came_back:
            continue
        history.tally.noticeable += 1
        for partition, _ in forks:
            node = holders(history, partition)[0]
            with node.begin() as connection:
                named = {twin.node for twin in checks.twins(connection, partition)}
            assert each.author in named, f"nobody notices that {each.node} was copied"
        node = history.world.nodes[each.node]
        if node.key.public not in history.revoked:
            assert came_back <= segment_ids(node), f"{each.node} did not get back what it lost"
        history.tally.noticed += 1


def _forked(log: Oracle, each: Copy) -> bool:
    since = [segment for segment, author in log.authors.items() if author == each.author and segment not in each.known]
    return any(a not in log.ancestors(b) and b not in log.ancestors(a) for k, a in enumerate(since) for b in since[:k])

"""How far a topic is in the lake: `_positions/<topic>.json`, as activities/kafka/lake-sink.ts keeps it. Either goes on where the other stopped."""

import json
from typing import NamedTuple, Optional

from lake_store import Refused

COUNTS = ("messages", "written", "duplicates", "deadLetters")


class Pending(NamedTuple):
    """A batch whose days are being put in place: the offsets that it goes up to, and what will be counted for it."""

    next: dict
    counts: dict


class Positions(NamedTuple):
    """The first offset of each partition that is not in the lake yet, and what became of all messages before."""

    next: dict
    counts: dict
    pending: Optional[Pending] = None


def add_counts(one, other):
    return {name: one[name] + other[name] for name in COUNTS}


NO_COUNTS = dict.fromkeys(COUNTS, 0)


def positions_name(topic):
    return f"_positions/{topic}.json"


def read_positions(store, topic):
    """Those of a topic that is not in the lake have no partitions. Raises Refused for a file that holds none."""
    text = store.read_text(positions_name(topic))
    if text is None:
        return Positions({}, NO_COUNTS)
    try:
        kept = json.loads(text)
        pending = kept.get("pending")
        return Positions(
            offsets(kept["next"]),
            add_counts(kept["counts"], NO_COUNTS),
            None if pending is None else Pending(offsets(pending["next"]), add_counts(pending["counts"], NO_COUNTS)),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{store.url}{positions_name(topic)} is not a positions file: put back the version before, or remove the file, and the topic is read from its start") from error


def offsets(kept):
    return {int(partition): int(offset) for partition, offset in kept.items()}


def write_positions(store, topic, positions):
    """Puts them in place at once."""
    kept = {"topic": topic, "next": texts(positions.next), "counts": positions.counts}
    if positions.pending is not None:
        kept["pending"] = {"next": texts(positions.pending.next), "counts": positions.pending.counts}
    store.put_text(json.dumps(kept, indent=2) + "\n", positions_name(topic))


def texts(positions):
    return {str(partition): positions[partition] for partition in sorted(positions)}

"""What spark/parse_event.py makes of messages: parse-events.py MESSAGES MAX_BYTES, a JSON file with a list of base64 texts, or null.

Prints one list of JSON: {"event"} or {"reason", "detail"} for each.
"""

import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../spark"))
from parse_event import parse_event  # noqa: E402
from sparkify_sql import RAW_EVENTS  # noqa: E402


def describe(text):
    value = None if text is None else bytearray(base64.b64decode(text))  # as Spark hands it over
    event, reason, detail = parse_event(value, int(sys.argv[2]))
    return {"reason": reason, "detail": detail} if event is None else {"event": dict(zip(RAW_EVENTS, event))}


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps([describe(text) for text in json.load(file)]))

"""From the bytes of one message to one event of the 18 columns, or to the reason why there is none: activities/kafka/parse-event.ts in
Python. The same bytes give the same event or the same reason, which test/spark/parse-event asks of both. Knows nothing of Spark.
"""

import json
import math
import re
from decimal import Decimal

from sparkify_sql import RAW_EVENTS

LONGEST_TEXT_BYTES = 4096
LONGEST_USER_ID_BYTES = 256
# of the years 2000 to 2099
EARLIEST_MS = 946684800000
LATEST_MS = 4102444800000
LARGEST_INT32 = 2**31 - 1
# beyond, a double does not tell one whole number from the next
LARGEST_SAFE = 2**53 - 1
# each level takes two frames of Python's thousand
DEEPEST = 300
SHOWN = 60

INSTANTS = ("ts", "registration")
# blanks and digits as JavaScript has them
BLANKS = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
WHOLE = re.compile(rf"[{BLANKS}]*([+-]?[0-9]+(?:\.0*)?)[{BLANKS}]*")
DECIMAL = re.compile(rf"[{BLANKS}]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[{BLANKS}]*")
NO_TEXT = re.compile("[\0\ud800-\udfff]")
BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{])|([\]}])', re.DOTALL)


class Problem(Exception):
    """Why a message is no event: a reason, and a sentence."""

    def __init__(self, reason, detail):
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def refuse_constant(name):
    raise ValueError(f"{name} is no number of JSON")


# every number is a double, as it is in JavaScript
DECODER = json.JSONDecoder(parse_int=float, parse_constant=refuse_constant)


def format_number(number):
    """A number as JavaScript writes it."""
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    text, point = "".join(map(str, digits)), len(digits) + exponent
    minus = "-" if sign else ""
    if len(text) <= point <= 21:
        return minus + text.ljust(point, "0")
    if 0 < point <= 21:
        return f"{minus}{text[:point]}.{text[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{text.rjust(len(text) - point, '0')}"
    rest = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def write_json(value):
    if isinstance(value, float):
        return format_number(value) if math.isfinite(value) else "null"
    if isinstance(value, list):
        return f"[{','.join(map(write_json, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{write_json(key)}:{write_json(each)}" for key, each in value.items()) + "}"
    text = json.dumps(value, ensure_ascii=False)
    return NO_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def show(value):
    """The beginning of a value, counted as JavaScript counts characters."""
    units = write_json(value).encode("utf-16-le")
    if len(units) <= 2 * SHOWN:
        return units.decode("utf-16-le")
    return units[: 2 * SHOWN].decode("utf-16-le", "replace") + "…"


def convert_text(key, value):
    text = format_number(value) if isinstance(value, float) else value
    if not isinstance(text, str):
        raise Problem("wrong_type", f"{key} is {show(value)}, not a text")
    if isinstance(value, float) and value.is_integer() and abs(value) > LARGEST_SAFE:
        raise Problem("out_of_range", f"{key} is a number of more than 15 digits: write it as a text")
    if NO_TEXT.search(text):
        raise Problem("invalid_text", f"{key} has a NUL character or half a surrogate pair")
    longest = LONGEST_USER_ID_BYTES if key == "userId" else LONGEST_TEXT_BYTES
    # a character is four bytes at most
    if len(text) * 4 > longest and len(text.encode("utf-8")) > longest:
        raise Problem("out_of_range", f"{key} is longer than {longest} bytes")
    return None if key == "userId" and text == "" else text


def read_number(value, pattern):
    if isinstance(value, float):
        return value
    found = pattern.fullmatch(value) if isinstance(value, str) else None
    return None if found is None else float(found[1])


def convert_whole(key, value, kind):
    number = read_number(value, WHOLE)
    if number is None or (math.isfinite(number) and not number.is_integer()):
        raise Problem("wrong_type", f"{key} is {show(value)}, not a whole number")
    if not abs(number) <= LARGEST_SAFE or (kind == "INTEGER" and abs(number) > LARGEST_INT32):
        raise Problem("out_of_range", f"{key} is {show(value)}, more than its column holds")
    if key in INSTANTS and not EARLIEST_MS <= number < LATEST_MS:
        raise Problem("out_of_range", f"{key} is {show(value)} ms since 1970, not of the years 2000 to 2099")
    return float(number) if kind == "DOUBLE" else int(number)


def convert_decimal(key, value):
    number = read_number(value, DECIMAL)
    if number is None:
        raise Problem("wrong_type", f"{key} is {show(value)}, not a number")
    if not math.isfinite(number):
        raise Problem("out_of_range", f"{key} is more than its column holds")
    return 0.0 if number == 0 else number  # no -0


def convert(key, value, kind):
    if value is None:
        return None
    if kind == "VARCHAR":
        return convert_text(key, value)
    if kind == "DOUBLE" and key not in INSTANTS:
        return convert_decimal(key, value)
    return convert_whole(key, value, kind)


def is_too_deep(text):
    if len(text) <= 2 * DEEPEST:
        return False
    depth = 0
    for found in BRACKETS.finditer(text):
        depth += 1 if found[1] else -1 if found[2] else 0
        if depth > DEEPEST:
            return True
    return False


def parse_json(value):
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("invalid_utf8", "the bytes are not UTF-8") from None
    try:
        parsed = DECODER.decode(text)
    except RecursionError:
        parsed, too_deep = None, True
    except ValueError as error:
        raise Problem("invalid_json", str(error)) from None
    else:
        too_deep = is_too_deep(text)
    if too_deep:
        raise Problem("invalid_json", f"it is nested more than {DEEPEST} levels deep")
    return parsed


def parse(value, max_bytes):
    if not value:
        raise Problem("empty", "the message has no value")
    if len(value) > max_bytes:
        raise Problem("too_large", f"{len(value)} bytes, and {max_bytes} are allowed")
    record = parse_json(value)
    if not isinstance(record, dict):
        raise Problem("not_an_object", f"{show(record)} is not a JSON object")
    event = {key: convert(key, record.get(key), kind) for key, kind in RAW_EVENTS.items()}
    if event["ts"] is None:
        raise Problem("missing_field", "no ts")
    if event["page"] == "NextSong" and (event["sessionId"] is None or event["itemInSession"] is None):
        raise Problem("missing_field", "a play without sessionId or itemInSession")
    return event


def parse_event(value, max_bytes):
    """Of a message's value, None if it has none: (the values of the event in the order of RAW_EVENTS, None, None), or (None, reason, detail)."""
    try:
        return tuple(parse(value, max_bytes).values()), None, None
    except Problem as problem:
        return None, problem.reason, problem.detail

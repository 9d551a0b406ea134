"""Parses Redshift SQL with sqlglot: a JSON list of statements on stdin, a list of problems (or null) on stdout."""

import json
import logging
import sys

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

# What it does not know it takes for a command, and says so by logging.
logging.disable(logging.CRITICAL)


def problem_of(sql):
    try:
        parsed = sqlglot.parse(sql, read="redshift", error_level=ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as error:
        return str(error)
    if len(parsed) != 1:
        return f"{len(parsed)} statements"
    if isinstance(parsed[0], exp.Command):
        return "not understood, taken for a command"
    return None


print(json.dumps([problem_of(sql) for sql in json.load(sys.stdin)]))

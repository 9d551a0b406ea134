"""The shapes as jobs of Dagster, in its quickest executor: all ops in the process of the run. Each appends one line to $BENCH_MARKS."""
import os
import time

from dagster import Definitions, In, Nothing, in_process_executor, job, op


def make_op(name, inputs):
    @op(name=name, ins={f"after{index}": In(Nothing) for index in range(inputs)})
    def noop(context):
        with open(os.environ["BENCH_MARKS"], "a") as file:
            file.write(f"{time.time()} {context.run_id}\n")

    return noop


def make_chain(length):
    ops = [make_op(f"chain_{length}_t{index}", min(index, 1)) for index in range(length)]

    @job(name=f"chain_{length}", executor_def=in_process_executor)
    def chain():
        last = ops[0]()
        for each in ops[1:]:
            last = each(after0=last)

    return chain


def make_fan(width):
    first, last = make_op(f"fan_{width}_first", 0), make_op(f"fan_{width}_last", width)
    middle = [make_op(f"fan_{width}_t{index}", 1) for index in range(width)]

    @job(name=f"fan_{width}", executor_def=in_process_executor)
    def fan():
        begun = first()
        last(**{f"after{index}": each(after0=begun) for index, each in enumerate(middle)})

    return fan


defs = Definitions(jobs=[make_chain(10), make_chain(100), make_fan(100)])

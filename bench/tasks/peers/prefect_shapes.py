"""The shapes as flows of Prefect 3, served by this process. Each task appends one line to $BENCH_MARKS."""
import os
import time

from prefect import flow, serve, task


@task(persist_result=False)
def noop(run):
    with open(os.environ["BENCH_MARKS"], "a") as file:
        file.write(f"{time.time()} {run}\n")


@flow
def chain(size: int, run: str):
    for _ in range(size):
        noop(run)  # a plain call waits for its end


@flow
def fan(size: int, run: str):
    first = noop(run)
    middle = [noop.submit(run, wait_for=[first]) for _ in range(size)]
    for each in middle:
        each.result()
    noop(run)


if __name__ == "__main__":
    serve(chain.to_deployment("chain"), fan.to_deployment("fan"))

"""The shapes as DAGs of Airflow 3. Each task appends one line to $BENCH_MARKS."""
import os
import time

from airflow.sdk import DAG, task


def make_task(index):
    @task(task_id=f"t{index}")
    def noop(run_id=None):
        with open(os.environ["BENCH_MARKS"], "a") as file:
            file.write(f"{time.time()} {run_id}\n")

    return noop()


def make_chain(length):
    with DAG(f"chain_{length}", schedule=None, catchup=False, is_paused_upon_creation=False) as dag:
        last = None
        for index in range(length):
            this = make_task(index)
            if last is not None:
                last >> this
            last = this
    return dag


def make_fan(width):
    with DAG(f"fan_{width}", schedule=None, catchup=False, is_paused_upon_creation=False) as dag:
        first, last = make_task(0), make_task(width + 1)
        for index in range(1, width + 1):
            first >> make_task(index) >> last
    return dag

"""Airflow 3 with the LocalExecutor. The database comes in AIRFLOW__DATABASE__SQL_ALCHEMY_CONN. Run it with the Python of its venv."""
import datetime
import os
import secrets
import subprocess
import time

from common import Services, call, free_port, parse_args, program, run_samples, wait_for

args = parse_args()
port = free_port()
base = f"http://127.0.0.1:{port}"
os.environ.update(
    AIRFLOW_HOME=args.work,
    AIRFLOW__CORE__EXECUTOR="LocalExecutor",
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__DAGS_FOLDER=os.path.join(os.path.dirname(os.path.abspath(__file__)), "airflow_dags"),
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="True",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL=base + "/execution/",
    AIRFLOW__API__HOST="127.0.0.1",
    AIRFLOW__API__PORT=str(port),
    AIRFLOW__API__SECRET_KEY=secrets.token_hex(32),
    AIRFLOW__API_AUTH__JWT_SECRET=secrets.token_hex(64),
    AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT="60",  # on a busy machine five seconds are too few
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
    PYTHONDONTWRITEBYTECODE="1",
    PATH=os.path.dirname(program("airflow")) + ":" + os.environ["PATH"],
)
services = Services(args)
token = None


def is_ready():
    global token
    health = call(base + "/api/v2/monitor/health")
    token = call(base + "/auth/token")["access_token"]
    return health["metadatabase"]["status"] == "healthy" and health["scheduler"]["status"] == "healthy"


def trigger(shape):
    run = f"bench{time.time_ns()}"
    call(f"{base}/api/v2/dags/{shape}/dagRuns", {"dag_run_id": run, "logical_date": None}, token)
    return run


def read_end(shape, run):
    answer = call(f"{base}/api/v2/dags/{shape}/dagRuns/{run}", token=token)
    if answer["state"] == "failed":
        raise SystemExit(f"{shape} failed")
    return answer["state"] == "success" and datetime.datetime.fromisoformat(answer["end_date"]).timestamp()


with open(os.path.join(args.work, "migrate.log"), "wb") as log:
    subprocess.run([program("airflow"), "db", "migrate"], check=True, stdout=log, stderr=log)
try:
    for service in ("api-server", "scheduler", "dag-processor"):
        services.start(program("airflow"), service)
    wait_for(is_ready)
    for shape in {"chain_10", *args.shapes.split(",")}:
        wait_for(lambda: call(f"{base}/api/v2/dags/{shape}", token=token)["is_paused"] is False)
    run_samples(args, services, trigger, read_end)
finally:
    services.stop()

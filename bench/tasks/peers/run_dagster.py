"""Dagster with its web server and its daemon (`dagster dev`). Run it with the Python of its venv."""
import os

from common import Services, call, free_port, parse_args, program, run_samples, wait_for

args = parse_args()
port = free_port()
shapes = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dagster_shapes.py")
with open(os.path.join(args.work, "dagster.yaml"), "w") as file:
    file.write("telemetry:\n  enabled: false\n")
os.environ.update(
    DAGSTER_HOME=args.work,
    PYTHONDONTWRITEBYTECODE="1",
    PATH=os.path.dirname(program("dagster")) + ":" + os.environ["PATH"],
)
services = Services(args)

REPOSITORIES = "{repositoriesOrError{... on RepositoryConnection{nodes{name location{name} pipelines{name}}}}}"
LAUNCH = """mutation($params:ExecutionParams!){launchRun(executionParams:$params){
  ... on LaunchRunSuccess{run{runId}} ... on PythonError{message}}}"""
RUN = "query($id:ID!){runOrError(runId:$id){... on Run{status endTime}}}"


def ask(query, **variables):
    answer = call(f"http://127.0.0.1:{port}/graphql", {"query": query, "variables": variables})
    if answer.get("errors"):
        raise RuntimeError(answer["errors"])
    return answer["data"]


def find_repository():
    nodes = ask(REPOSITORIES)["repositoriesOrError"]["nodes"]
    return nodes[0] if nodes and nodes[0]["pipelines"] else None


def trigger(shape):
    selector = {
        "repositoryName": repository["name"],
        "repositoryLocationName": repository["location"]["name"],
        "jobName": shape,
    }
    return ask(LAUNCH, params={"selector": selector, "runConfigData": {}})["launchRun"]["run"]["runId"]


def read_end(shape, run):
    answer = ask(RUN, id=run)["runOrError"]
    if answer["status"] == "FAILURE":
        raise SystemExit(f"{shape} failed")
    return answer["status"] == "SUCCESS" and answer["endTime"]


try:
    services.start(program("dagster"), "dev", "-f", shapes, "-h", "127.0.0.1", "-p", str(port))
    repository = wait_for(find_repository)
    run_samples(args, services, trigger, read_end)
finally:
    services.stop()

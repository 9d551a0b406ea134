"""A file for each DAG: the process of a task reads the whole file. airflow.sdk.DAG"""
from shapes import make_chain

dag = make_chain(100)

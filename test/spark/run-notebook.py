"""Executes a notebook as papermill does: a cell with the parameters goes in after the one that is tagged `parameters`.

    python run-notebook.py notebook.ipynb '{"events": "log_data/"}' executed.ipynb
"""

import json
import os
import sys

import nbformat
from nbclient import NotebookClient

source, parameters, target = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
nbformat.validate(notebook)
(place,) = [at for at, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
lines = [f"{name} = {value!r}" for name, value in json.loads(parameters).items()]
notebook.cells.insert(place + 1, nbformat.v4.new_code_cell("\n".join(lines)))
folder = os.path.dirname(os.path.abspath(source))
NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}}).execute()
nbformat.write(notebook, target)

-- Takes back the rows of the batch that were copied before a known one; the positions stay moved.
ROLLBACK TO SAVEPOINT batch_rows

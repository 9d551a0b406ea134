-- A point to return to when a row of the batch is known.
SAVEPOINT batch_rows

-- Empties time for a full refresh, in the transaction that fills it again: readers never see it empty.
DELETE FROM time

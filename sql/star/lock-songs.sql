-- First statement of the load: concurrent runs take turns, so neither sees the other's half.
LOCK TABLE songs {{lock_mode}}

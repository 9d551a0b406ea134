-- Two loads of one day would delete the same rows and insert them twice.
LOCK TABLE churn_scores {{lock_mode}}

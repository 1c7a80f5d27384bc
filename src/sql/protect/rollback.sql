-- Leaves a transaction that failed.
rollback;

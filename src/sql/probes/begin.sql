-- One snapshot for all: what has a younger transaction id than the snapshot, and is visible all the same, is our own.
begin isolation level repeatable read

-- For this transaction only. Null is the value that the session began with, as after COMMIT.
select pg_catalog.set_config($1, $2, true)

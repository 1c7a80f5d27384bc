-- A probe waits for nobody, and nobody waits long for it.
select pg_catalog.set_config('lock_timeout', $1, true),
       pg_catalog.set_config('statement_timeout', $2, true)

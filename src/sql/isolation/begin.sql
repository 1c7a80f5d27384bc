-- Names come out with their schemas, nothing is written, and nothing waits for long. Compiling queries of a catalogue costs more than it saves.
begin isolation level repeatable read read only;
select pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('jit', 'off', true),
       pg_catalog.set_config('statement_timeout', '60s', true), pg_catalog.set_config('lock_timeout', '2s', true);
savepoint survey

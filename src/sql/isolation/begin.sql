-- Names come out with their schemas, nothing is written, and nothing waits for long. Compiling queries of a catalogue costs more than it saves.
-- What a role or database has set for its sessions must not change what the checks mean.
begin isolation level repeatable read read only;
select pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('jit', 'off', true),
       pg_catalog.set_config('standard_conforming_strings', 'on', true), pg_catalog.set_config('client_min_messages', 'error', true),
       pg_catalog.set_config('quote_all_identifiers', 'off', true),
       pg_catalog.set_config('statement_timeout', '60s', true), pg_catalog.set_config('lock_timeout', '2s', true);
savepoint survey

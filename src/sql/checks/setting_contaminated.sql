-- A tenant setting that a fresh connection has already: from the server's configuration, or from what the URL asks for. No transaction set it,
-- and every one without an organization runs inside this.
\ir ../isolation/scope.sql
select 'error', s.name, format('a fresh connection has %s = %s before anybody set it', s.name, quote_literal(left(current_setting(s.name, true), 60))),
       format('-- take %s out of postgresql.conf, of the URL''s options and of PGOPTIONS', s.name)
from setting s
where coalesce(current_setting(s.name, true), '') <> ''

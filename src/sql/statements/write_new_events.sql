-- Writes the events whose id is not there yet, and returns the ids that were written. Parameters as in write_events.
insert into daybook.audit_logs (
\ir event_columns.sql
)
select
\ir event_values.sql
from
\ir event_rows.sql
on conflict (organization_id, id) do nothing
returning id

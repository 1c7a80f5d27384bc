-- Withdraws the ticket $1: no connection reads with it from now on. For the owner. No row if there is no such ticket.
update daybook.reader_tickets t
set withdrawn_at = coalesce(t.withdrawn_at, clock_timestamp())
where t.id = $1::uuid
returning
\ir ticket_columns.sql

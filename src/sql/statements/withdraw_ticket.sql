-- Withdraws the ticket $1: it can be redeemed no more, and a new key makes worthless what it was redeemed for. Other tickets
-- are redeemed again by whoever holds them. For the owner. No row if there is no such ticket.
with withdrawn as (
    update daybook.reader_tickets
    set withdrawn_at = coalesce(withdrawn_at, clock_timestamp())
    where id = $1::uuid
    returning *
)
select
\ir ticket_columns.sql
    , daybook.change_reader_key()
from withdrawn t

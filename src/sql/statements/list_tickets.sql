-- Every ticket that was issued, newest first. For the owner.
select
\ir ticket_columns.sql
from daybook.reader_tickets t
order by t.issued_at desc, t.id

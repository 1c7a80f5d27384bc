-- Partitions for the months around now, as far as they are missing.
select to_char(m.month, 'YYYY-MM') as made
from (select (date_trunc('month', now() at time zone 'UTC') + n * interval '1 month')::date as month
      from generate_series(-2, 3) n) m
where daybook.add_month(m.month);

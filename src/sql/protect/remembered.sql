-- What protect made, of everything that it remembers.
select format('%s:%s:%s', b.relation::oid, b.part, b.name)
from daybook_shadow.before b
where b.part in ('made', 'function', 'index')

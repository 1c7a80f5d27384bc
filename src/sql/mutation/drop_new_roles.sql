-- What tests leave behind outside their database: roles that are not among $1, as statements that drop them.
select format('drop role %I', r.rolname)
from pg_catalog.pg_roles r
where r.rolname <> all ($1::text[])
order by 1

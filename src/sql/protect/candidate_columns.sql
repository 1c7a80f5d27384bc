-- Columns that usually say whose a row is.
select a.attname::text
from pg_catalog.pg_attribute a
where a.attrelid = $1::int8::oid and a.attnum > 0 and not a.attisdropped
  and a.attname in ('org_id', 'organization_id', 'organisation_id', 'tenant_id', 'account_id',
                    'company_id', 'workspace_id', 'team_id')
order by a.attnum

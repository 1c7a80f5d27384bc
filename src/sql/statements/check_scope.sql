-- Is this still the transaction that was locked to the organization $1? If not, the division fails, and with it the COMMIT behind
-- it. No function of ours: the host may have taken on a role that may call none.
select 1 / coalesce((pg_catalog.current_setting('app.org_id', true) = $1::uuid::text)::int, 0)

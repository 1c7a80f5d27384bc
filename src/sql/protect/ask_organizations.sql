-- Two organizations that exist, since foreign keys ask for them.
\if :{?organization_a}
\set test_a :organization_a
\set test_b :organization_b
\else
do $do$
begin
    raise exception 'name two organizations that exist: psql -v organization_a=… -v organization_b=…';
end
$do$;
\endif

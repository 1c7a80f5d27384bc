-- Writes events, all or none. $1 is the organization; the others are one array for each column.
--
-- One statement serves every batch size. The count is compared inside the statement, because the COMMIT that follows
-- in the same flush has gone before the client could look.
with written as (
    insert into daybook.audit_logs (
\ir event_columns.sql
    )
    select
\ir event_values.sql
    from
\ir event_rows.sql
    returning 1
)
select daybook.check_written(count(*), cardinality($2::uuid[])) from written

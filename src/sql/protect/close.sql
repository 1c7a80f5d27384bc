-- One lock, all or nothing: no moment is in between in which the table is open, or shut to its program.
begin;
lock table :table in access exclusive mode;
:replaced

-- The organization comes from a transaction-local setting. Unset, the comparison is with null: nothing can be seen or
-- written. A local setting leaves '' behind on a pooled connection, hence the nullif; the sub-select is evaluated once a
-- query.
drop policy if exists :read on :table;
create policy :read on :table
    for select to :app
    using (:predicate);

drop policy if exists :write on :table;
create policy :write on :table
    for insert to :app
    with check (:predicate);

drop policy if exists :change on :table;
drop policy if exists :remove on :table;

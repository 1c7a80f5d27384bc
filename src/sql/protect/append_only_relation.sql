drop policy if exists :deny_update on :target;
create policy :deny_update on :target
    as restrictive for update
    using (false)
    with check (false);
drop policy if exists :deny_delete on :target;
create policy :deny_delete on :target
    as restrictive for delete
    using (false);
create or replace trigger :trigger
    before update or delete or truncate on :target
    for each statement execute function :function();
alter table :target enable always trigger :trigger;

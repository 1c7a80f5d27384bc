-- Whoever names a partition will find it shut, whatever the organization.
drop policy if exists :shadow_read on :target;
create policy :shadow_read on :target
    for select to public using ((select daybook_shadow.note(:'target'::regclass, 'select', :setting)));
drop policy if exists :shadow_write on :target;
create policy :shadow_write on :target
    for insert to public with check ((select daybook_shadow.note(:'target'::regclass, 'insert', :setting)));
drop policy if exists :shadow_change on :target;
create policy :shadow_change on :target
    for update to public using ((select daybook_shadow.note(:'target'::regclass, 'update', :setting)));
drop policy if exists :shadow_remove on :target;
create policy :shadow_remove on :target
    for delete to public using ((select daybook_shadow.note(:'target'::regclass, 'delete', :setting)));
alter table :target enable row level security;

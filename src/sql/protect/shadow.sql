-- Everybody is let through, whatever role. Pinned statements never come to the call; the others come to it once a query,
-- since a sub-select that depends on no row is evaluated when it is first needed. Not forced: the owner's dumps go on.
lock table :table in access exclusive mode;
insert into daybook_shadow.watched (relation, column_name, setting, app_roles, append_only)
values (:'table'::regclass, :'column', :setting, :app_array, :is_log)
on conflict (relation) do update
    set column_name = excluded.column_name, setting = excluded.setting, app_roles = excluded.app_roles,
        append_only = excluded.append_only, since = now();
:replaced
drop policy if exists :shadow_read on :table;
create policy :shadow_read on :table
    for select to public
    using (:shadow_predicate
           or (daybook_shadow.asked_last() and (select daybook_shadow.note(:'table'::regclass, 'select', :setting))));
drop policy if exists :shadow_write on :table;
create policy :shadow_write on :table
    for insert to public
    with check (:shadow_predicate
                or (daybook_shadow.asked_last() and (select daybook_shadow.note(:'table'::regclass, 'insert', :setting))));
drop policy if exists :shadow_change on :table;
create policy :shadow_change on :table
    for update to public
    using (:shadow_change_predicate
           or (daybook_shadow.asked_last() and (select daybook_shadow.note(:'table'::regclass, 'update', :setting))))
    with check (:shadow_change_predicate
                or (daybook_shadow.asked_last() and (select daybook_shadow.note(:'table'::regclass, 'update', :setting))));
drop policy if exists :shadow_remove on :table;
create policy :shadow_remove on :table
    for delete to public
    using (:shadow_change_predicate
           or (daybook_shadow.asked_last() and (select daybook_shadow.note(:'table'::regclass, 'delete', :setting))));
alter table :table enable row level security;

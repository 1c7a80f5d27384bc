insert into daybook_shadow.before (relation, part, name, statement)
values
:before
on conflict do nothing;

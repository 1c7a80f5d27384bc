-- Nothing is remembered of any table any more.
do $do$
begin
    if not exists (select from daybook_shadow.before) then
        drop schema daybook_shadow cascade;
    end if;
end
$do$;

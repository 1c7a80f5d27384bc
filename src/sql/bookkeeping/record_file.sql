insert into daybook.migrations as m (name, checksum, applied_with)
values (:'name', :'checksum', :'version')
on conflict (name) do update
    set checksum = excluded.checksum, applied_at = clock_timestamp(), applied_by = session_user,
        applied_with = excluded.applied_with;

select m.name, m.checksum, m.applied_at, m.applied_with from daybook.migrations m order by m.name

select count(*) filter (where :column is null)::int8, count(*)::int8 from :table

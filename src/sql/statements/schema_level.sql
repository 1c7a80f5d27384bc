-- The newest numbered migration that was applied; null before the first.
select daybook.schema_level()

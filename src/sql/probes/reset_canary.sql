-- The canary was not given this column, so it stays as it was; and to set a default reads no column.
update :"schema".:"table"
set :"column" = default
where current of daybook_probe

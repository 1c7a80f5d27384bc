-- A cursor on one row. UPDATE … WHERE CURRENT OF has no condition that reads a column, so the policies for SELECT do not
-- apply to it, as they do not to an UPDATE without a WHERE; and it can reach no other row.
declare daybook_probe no scroll cursor for
select from :"schema".:"table" t
where t.ctid = $2::tid and t.tableoid = $1::oid

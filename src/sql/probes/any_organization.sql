-- Whether a row of any organization is visible. `offset 0` keeps the condition outside: the table is read without a WHERE.
-- A row of nobody (null) is nobody's secret.
select exists (
    select from (select t.:"column" as tenant from :"schema".:"table" t offset 0) x
    where x.tenant is not null)

-- Whether a row of another organization than $1's is visible, reading without a WHERE.
select exists (
    select from (select t.:"column" as tenant from :"schema".:"table" t offset 0) x
    where x.tenant::text <> $1)

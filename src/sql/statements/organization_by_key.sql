-- The id of the organization whose key is $1; null if there is none.
select daybook.organization_of($1::text)

-- Whether a row of the organization in the JSON row $1 is visible to who asks for it by name; the value has the column's
-- own type, so that an index serves.
select exists (
    select from :"schema".:"table" t
    where t.:"column" = (select v.:"column"
                         from pg_catalog.json_to_record($1::json) as v (:definitions)))

\ir stored_columns.sql
    , a.target_type, a.target_id

unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::json[], $9::json[], $10::text[],
           $11::json[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::json[],
           $19::json[], $20::text[])
        with ordinality as e (id, action, outcome, actor_type, actor_id, actor_name, on_behalf_of, targets, reason,
                              changes, source_ip, user_agent, request_id, correlation_id, trace_id, source, metadata,
                              facets, shaped_by, position)

-- USING: which rows can be changed. WITH CHECK: what they may become, so that none moves to another organization.
create policy :change on :table
    for update to :app
    using (:predicate)
    with check (:predicate);

create policy :remove on :table
    for delete to :app
    using (:predicate);

-- What was pinned of organization $1.
select c.note from daybook_anchors.checkpoints c where c.organization_id = $1::uuid order by c.size, c.pinned_at

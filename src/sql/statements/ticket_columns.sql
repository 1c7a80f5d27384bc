t.organization_id, t.id, t.issued_at, t.issued_by, t.issued_from, t.note, t.expires_at, t.withdrawn_at

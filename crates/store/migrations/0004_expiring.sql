-- Credentials that expire soon are found without looking at the others.
CREATE INDEX client_secrets_expiry ON client_secrets ((created_at + ttl * 1000)) WHERE ttl > 0 AND is_revoked = 0;
-- A token ends when its requested life is over, counted from the last renewal, or its max TTL, whichever is first.
CREATE INDEX tokens_expiry ON tokens ((CASE WHEN period > 0 THEN COALESCE(last_renewed_at, created_at) + period * 1000 WHEN max_ttl > 0 AND (ttl = 0 OR created_at + max_ttl * 1000 < COALESCE(last_renewed_at, created_at) + ttl * 1000) THEN created_at + max_ttl * 1000 ELSE COALESCE(last_renewed_at, created_at) + ttl * 1000 END)) WHERE is_revoked = 0 AND ttl + max_ttl + period > 0;

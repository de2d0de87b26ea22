-- Which credential of an identity ends first is found without looking at its others.
CREATE INDEX client_secrets_end ON client_secrets (auth_method_id, (created_at + ttl * 1000)) WHERE ttl > 0 AND is_revoked = 0;
CREATE INDEX tokens_end ON tokens (identity_id, (CASE WHEN period > 0 THEN COALESCE(last_renewed_at, created_at) + period * 1000 WHEN max_ttl > 0 AND (ttl = 0 OR created_at + max_ttl * 1000 < COALESCE(last_renewed_at, created_at) + ttl * 1000) THEN created_at + max_ttl * 1000 ELSE COALESCE(last_renewed_at, created_at) + ttl * 1000 END)) WHERE is_revoked = 0 AND ttl + max_ttl + period > 0;
-- Locked logins are found without looking at counted failures.
CREATE INDEX lockouts_locked ON lockouts (locked_until) WHERE locked_until IS NOT NULL;
-- Events are looked up by the request that caused them. Ids of requests begin with the time, so this grows at its end, too.
CREATE INDEX audit_events_request ON audit_events (request_id);

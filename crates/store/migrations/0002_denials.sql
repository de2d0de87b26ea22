-- Refused requests (403), for administrators who look one up by its id. Bounded: the newest of an organization, for a time.
CREATE TABLE denials (
    number INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    org_id TEXT NOT NULL,
    project_id TEXT,
    at INTEGER NOT NULL,
    actor_type TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    error TEXT NOT NULL,
    message TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX denials_org ON denials (org_id, number);
CREATE INDEX denials_expiry ON denials (expires_at);

-- Documents of others that have to be known after a restart: trust bundles that say who may sign the next one.
CREATE TABLE documents (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    got_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX documents_expiry ON documents (expires_at);

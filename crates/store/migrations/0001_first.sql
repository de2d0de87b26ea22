-- Written in SQLite's STRICT dialect; `engine.rs` translates the type words for PostgreSQL.
-- Ids are UUID text, times are milliseconds since the epoch, flags are 0 or 1, JSON is text.

CREATE TABLE instance (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    root_key_check BLOB NOT NULL,
    initialized INTEGER NOT NULL,
    -- Sign-ins with an unknown e-mail address; counted as the failures of known ones are, in the same time.
    unknown_logins INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

-- Keys of the instance itself (token signing, secret hashing), sealed under the root key.
CREATE TABLE instance_keys (
    id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    password_hash TEXT,
    is_accepted INTEGER NOT NULL,
    super_admin INTEGER NOT NULL,
    failed_logins INTEGER NOT NULL,
    last_failed_login_at INTEGER,
    locked_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- A code handed over for an invited user; only its keyed hash is stored. It opens the membership in the
-- organization that gave it, and no other.
CREATE TABLE invitations (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    code_hash BLOB NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, org_id)
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    access_version INTEGER NOT NULL,
    refresh_version INTEGER NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);

-- An identity belongs to an organization, or (project_id set) is managed by one project.
CREATE TABLE identities (
    id TEXT PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id TEXT,
    name TEXT NOT NULL,
    has_delete_protection INTEGER NOT NULL,
    instance_admin INTEGER NOT NULL,
    token_epoch INTEGER NOT NULL,
    last_login_method TEXT,
    last_login_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX identities_org_name ON identities (org_id, name, id);
CREATE INDEX identities_project ON identities (project_id, name, id);

CREATE TABLE identity_metadata (
    id TEXT PRIMARY KEY,
    identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT;
CREATE INDEX identity_metadata_identity ON identity_metadata (identity_id, position);

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    description TEXT NOT NULL,
    type TEXT NOT NULL,
    -- Switches that clients echo: autoCapitalization, pitVersionLimit, secretSharing, …
    settings TEXT NOT NULL,
    has_delete_protection INTEGER NOT NULL,
    data_key BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (org_id, slug)
) STRICT;

-- Custom roles, of an organization or (project_id set) of a project. Memberships refer to them by id and hold the slug
-- `custom`; those of built-in roles hold the slug and no id. The version is raised by each change, so that who decided
-- upon the rules can tell that they are still the same.
CREATE TABLE roles (
    id TEXT PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
    -- Where the slug is unique: the project, or the organization.
    scope_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    permissions TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (scope_id, slug)
) STRICT;

CREATE TABLE org_memberships (
    id TEXT PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    identity_id TEXT REFERENCES identities (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    role_id TEXT REFERENCES roles (id),
    status TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (org_id, user_id),
    UNIQUE (identity_id)
) STRICT;
CREATE INDEX org_memberships_user ON org_memberships (user_id);
CREATE INDEX org_memberships_role ON org_memberships (org_id, role);
CREATE INDEX org_memberships_custom ON org_memberships (role_id);

-- Members of a group hold its role in the organization and its roles in projects. The version is raised when one of
-- these roles changes.
CREATE TABLE groups (
    id TEXT PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    role TEXT NOT NULL,
    role_id TEXT REFERENCES roles (id),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (org_id, slug)
) STRICT;

CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    identity_id TEXT REFERENCES identities (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    UNIQUE (group_id, user_id),
    UNIQUE (group_id, identity_id)
) STRICT;
CREATE INDEX group_members_user ON group_members (user_id);
CREATE INDEX group_members_identity ON group_members (identity_id);

-- Each row is one source of a method: an identity may have several of one kind, told apart by name.
CREATE TABLE auth_methods (
    id TEXT PRIMARY KEY,
    identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    source TEXT NOT NULL,
    -- What a login names instead of the identity (the client id of universal auth).
    login_key TEXT UNIQUE,
    config TEXT NOT NULL,
    -- The secret fields of the configuration, sealed.
    sealed BLOB,
    -- Slugs of the only roles that tokens of this source hold, as JSON; null: all that the identity has.
    roles TEXT,
    token_ttl INTEGER NOT NULL,
    token_max_ttl INTEGER NOT NULL,
    token_uses_limit INTEGER NOT NULL,
    token_period INTEGER NOT NULL,
    token_trusted_ips TEXT NOT NULL,
    lockout_enabled INTEGER NOT NULL,
    lockout_threshold INTEGER NOT NULL,
    lockout_duration INTEGER NOT NULL,
    lockout_counter_reset INTEGER NOT NULL,
    lockout_scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (identity_id, method, source)
) STRICT;

CREATE TABLE client_secrets (
    id TEXT PRIMARY KEY,
    auth_method_id TEXT NOT NULL REFERENCES auth_methods (id) ON DELETE CASCADE,
    description TEXT NOT NULL,
    prefix TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    uses INTEGER NOT NULL,
    uses_limit INTEGER NOT NULL,
    ttl INTEGER NOT NULL,
    is_revoked INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX client_secrets_method ON client_secrets (auth_method_id, created_at);

CREATE TABLE lockouts (
    auth_method_id TEXT NOT NULL REFERENCES auth_methods (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    failures INTEGER NOT NULL,
    last_failure_at INTEGER NOT NULL,
    locked_until INTEGER,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (auth_method_id, subject)
) STRICT;
CREATE INDEX lockouts_expiry ON lockouts (expires_at);

-- Proofs that may be used only once, by hash; kept until they are refused for their age.
CREATE TABLE used_proofs (
    id TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX used_proofs_expiry ON used_proofs (expires_at);

-- Tokens made by an administrator through token auth; tokens from logins are not stored.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    auth_method_id TEXT NOT NULL REFERENCES auth_methods (id) ON DELETE CASCADE,
    name TEXT,
    ttl INTEGER NOT NULL,
    max_ttl INTEGER NOT NULL,
    uses_limit INTEGER NOT NULL,
    period INTEGER NOT NULL,
    last_renewed_at INTEGER,
    is_revoked INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_identity ON tokens (identity_id, updated_at);

-- Use counters, for tokens with a limit only.
CREATE TABLE token_uses (
    token_id TEXT PRIMARY KEY,
    uses INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX token_uses_expiry ON token_uses (expires_at);

-- Ids of tokens and client secrets that are refused for good; kept until no token can carry them.
CREATE TABLE revocations (
    id TEXT PRIMARY KEY,
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX revocations_expiry ON revocations (expires_at);

CREATE TABLE environments (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (project_id, slug)
) STRICT;

-- The path is kept whole beside the parent, so that a folder is found by one look-up.
CREATE TABLE folders (
    id TEXT PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    parent_id TEXT REFERENCES folders (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    description TEXT,
    version INTEGER NOT NULL,
    last_secret_modified INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (environment_id, path)
) STRICT;
CREATE INDEX folders_parent ON folders (parent_id, name);

CREATE TABLE tags (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    slug TEXT NOT NULL,
    color TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_by_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (project_id, slug)
) STRICT;

-- user_id is '' for shared secrets, so that the key is unique per folder, type and owner.
CREATE TABLE secrets (
    id TEXT PRIMARY KEY,
    folder_id TEXT NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    type TEXT NOT NULL,
    user_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    value BLOB NOT NULL,
    comment BLOB NOT NULL,
    metadata BLOB NOT NULL,
    skip_multiline_encoding INTEGER,
    reminder_note TEXT,
    reminder_repeat_days INTEGER,
    actor_type TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (folder_id, key, type, user_id)
) STRICT;

CREATE TABLE secret_versions (
    id TEXT PRIMARY KEY,
    secret_id TEXT NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    comment BLOB NOT NULL,
    metadata BLOB NOT NULL,
    skip_multiline_encoding INTEGER,
    actor_type TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (secret_id, version)
) STRICT;

CREATE TABLE secret_tags (
    secret_id TEXT NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
    tag_id TEXT NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (secret_id, tag_id)
) STRICT;
CREATE INDEX secret_tags_tag ON secret_tags (tag_id);

CREATE TABLE imports (
    id TEXT PRIMARY KEY,
    folder_id TEXT NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
    import_environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    import_path TEXT NOT NULL,
    position INTEGER NOT NULL,
    is_replication INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (folder_id, import_environment_id, import_path)
) STRICT;

CREATE TABLE project_memberships (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    identity_id TEXT REFERENCES identities (id) ON DELETE CASCADE,
    group_id TEXT REFERENCES groups (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (project_id, user_id),
    UNIQUE (project_id, identity_id),
    UNIQUE (project_id, group_id)
) STRICT;
CREATE INDEX project_memberships_group ON project_memberships (group_id);
CREATE INDEX project_memberships_user ON project_memberships (user_id);
CREATE INDEX project_memberships_identity ON project_memberships (identity_id);

CREATE TABLE project_membership_roles (
    id TEXT PRIMARY KEY,
    membership_id TEXT NOT NULL REFERENCES project_memberships (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    role_id TEXT REFERENCES roles (id),
    position INTEGER NOT NULL,
    is_temporary INTEGER NOT NULL,
    temporary_range TEXT,
    starts_at INTEGER,
    ends_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX project_membership_roles_membership ON project_membership_roles (membership_id, position);
CREATE INDEX project_membership_roles_role ON project_membership_roles (role_id);

-- Additional privileges: rules that one member of a project holds beside its roles.
CREATE TABLE privileges (
    id TEXT PRIMARY KEY,
    membership_id TEXT NOT NULL REFERENCES project_memberships (id) ON DELETE CASCADE,
    slug TEXT NOT NULL,
    permissions TEXT NOT NULL,
    temporary_range TEXT,
    starts_at INTEGER,
    ends_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (membership_id, slug)
) STRICT;

-- Every login writes here, so there is one index beside the table, and both grow at their end.
CREATE TABLE audit_events (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    org_id TEXT NOT NULL,
    project_id TEXT,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    actor_type TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    request_id TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_events_org ON audit_events (org_id, number);

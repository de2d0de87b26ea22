-- The name in lower case (ASCII letters), kept beside the name, so that a search among 100,000 identities of an organization
-- compares what the index holds instead of converting each name.
ALTER TABLE identities ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
UPDATE identities SET name_folded = LOWER(name);
DROP INDEX identities_by_name;
DROP INDEX identities_by_role;
DROP INDEX identities_by_role_down;
CREATE INDEX identities_by_name ON identities (org_id, name, id, name_folded, role_slug, project_id) WHERE project_id IS NULL;
CREATE INDEX identities_by_role ON identities (org_id, role_slug, name, id, name_folded, project_id) WHERE project_id IS NULL;
CREATE INDEX identities_by_role_down ON identities (org_id, role_slug DESC, name, id, name_folded, project_id) WHERE project_id IS NULL;

-- The slug of an identity's organization role, as lists show it: of the built-in role, or the one that the custom role has
-- now. It is what org_memberships and roles say, kept beside the name, so that an organization's own identities are
-- filtered, counted and sorted by role in one index alone, also when there are 100,000 of them.
ALTER TABLE identities ADD COLUMN role_slug TEXT NOT NULL DEFAULT '';
UPDATE identities SET role_slug = (SELECT COALESCE(r.slug, m.role) FROM org_memberships m LEFT JOIN roles r ON r.id = m.role_id WHERE m.identity_id = identities.id) WHERE id IN (SELECT identity_id FROM org_memberships);
DROP INDEX identities_listed;
CREATE INDEX identities_by_name ON identities (org_id, name, id, role_slug, project_id) WHERE project_id IS NULL;
CREATE INDEX identities_by_role ON identities (org_id, role_slug, name, id, project_id) WHERE project_id IS NULL;
CREATE INDEX identities_by_role_down ON identities (org_id, role_slug DESC, name, id, project_id) WHERE project_id IS NULL;

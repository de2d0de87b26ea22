-- Lists of an organization's own identities are counted, searched and paged in this index alone, also when there are
-- 100,000 of them.
CREATE INDEX identities_listed ON identities (org_id, name, id, project_id) WHERE project_id IS NULL;

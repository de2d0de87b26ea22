//! Tags of secrets.

use vouchsafe_api::tags::{CreateTag, Tag, TagReply, TagSlugPath};

use crate::{Client, Error};

/// Tags of secrets.
impl Client {
    /// Reads a tag.
    pub async fn tag(&self, input: &TagSlugPath) -> Result<Tag, Error> {
        let project = input.project_id.to_string();
        let path = ["api", "v1", "projects", &project, "tags", "slug", &input.slug];
        Ok(self.get::<_, TagReply>(&path, input).await?.tag)
    }

    /// Makes a tag.
    pub async fn create_tag(&self, input: &CreateTag) -> Result<Tag, Error> {
        let path = ["api", "v1", "projects", &input.project_id.to_string(), "tags"];
        Ok(self.post::<_, TagReply>(&path, input).await?.tag)
    }
}

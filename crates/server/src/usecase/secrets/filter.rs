//! Which secrets a list holds.

use vouchsafe_store::SecretRow;

use super::vault::Vault;
use crate::http::error::{ApiError, ApiResult};

/// Conditions on the secrets of a list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    tags: Vec<String>,
    metadata: Vec<(Option<String>, Option<String>)>,
}

/// How many pairs of metadata a filter may have.
const MOST_PAIRS: usize = 10;

impl Filter {
    /// From `a,b` and `key=a,value=b|key=c,value=d`.
    pub fn parse(tags: Option<&str>, metadata: Option<&str>) -> ApiResult<Self> {
        let tags = tags.unwrap_or_default().split(',').map(str::trim).filter(|slug| !slug.is_empty());
        let metadata: Vec<_> = metadata.map_or_else(Vec::new, |text| text.split('|').map(pair).collect());
        if metadata.len() > MOST_PAIRS {
            return Err(ApiError::invalid("metadataFilter", format!("Expected at most {MOST_PAIRS} pairs")));
        }
        if metadata.contains(&(None, None)) {
            return Err(ApiError::invalid(
                "metadataFilter",
                "Expected `key=a,value=b` pairs separated by `|`",
            ));
        }
        Ok(Self { tags: tags.map(str::to_owned).collect(), metadata })
    }

    /// Whether a secret is in the list: it has one of the tags and all of the metadata.
    pub fn wants(&self, vault: &Vault, row: &SecretRow) -> ApiResult<bool> {
        if !self.tags.is_empty() && !row.tags.iter().any(|tag| self.tags.contains(&tag.slug)) {
            return Ok(false);
        }
        if self.metadata.is_empty() {
            return Ok(true);
        }
        let entries = vault.metadata(row)?;
        let has = |(key, value): &(Option<String>, Option<String>)| {
            entries.iter().any(|entry| {
                key.as_ref().is_none_or(|key| *key == entry.key)
                    && value.as_ref().is_none_or(|value| value == entry.value.reveal())
            })
        };
        Ok(self.metadata.iter().all(has))
    }
}

fn pair(text: &str) -> (Option<String>, Option<String>) {
    let part = |name: &str| {
        text.split(',').find_map(|part| {
            let (key, value) = part.split_once('=')?;
            (key.trim() == name && !value.trim().is_empty()).then(|| value.trim().to_owned())
        })
    };
    (part("key"), part("value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_from_text() {
        let filter = Filter::parse(Some("a, b,,"), Some("key=k,value=v|value=w=w")).unwrap();
        assert_eq!(filter.tags, ["a", "b"]);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(filter.metadata, [(text("k"), text("v")), (None, text("w=w"))]);
        assert!(Filter::parse(None, Some("nonsense")).is_err());
        assert!(Filter::parse(None, Some(&["key=a"; 11].join("|"))).is_err());
    }
}

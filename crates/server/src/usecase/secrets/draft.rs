//! What a request wants written, checked.

use std::collections::HashSet;

use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::lenient::Given;
use vouchsafe_api::secrets::{
    CreateSecret, NewSecret, SecretChange, SecretKind, SecretMetadata, UpdateSecret,
};
use vouchsafe_domain::id::TagId;
use vouchsafe_domain::secret_key::SecretKey;
use vouchsafe_store::Project;

use crate::http::error::{ApiError, ApiResult};

/// A secret to be made, or what a change sets. What is `None` is not given.
#[derive(Clone, Default)]
pub struct Draft {
    /// Name; in a change, the name so far.
    pub key: String,
    /// New name.
    pub new_key: Option<String>,
    /// Shared or personal.
    pub kind: SecretKind,
    /// Value.
    pub value: Option<String>,
    /// Comment.
    pub comment: Option<String>,
    /// Whether line breaks are escaped.
    pub skip_multiline_encoding: Given<bool>,
    /// Tags by id.
    pub tags: Option<Vec<TagId>>,
    /// Metadata.
    pub metadata: Option<Vec<SecretMetadata>>,
    /// What to remind of.
    pub reminder_note: Given<String>,
    /// Every how many days to remind.
    pub reminder_days: Given<i64>,
}

const MOST_METADATA: usize = 100;
const MOST_TAGS: usize = 100;
const MOST_DAYS: i64 = 3650;

impl Draft {
    /// A secret to be made.
    pub fn create(input: CreateSecret) -> ApiResult<Self> {
        Self {
            kind: input.r#type.unwrap_or_default(),
            value: input.secret_value.map(Concealed::into_text),
            comment: input.secret_comment.map(Concealed::into_text),
            skip_multiline_encoding: Some(input.skip_multiline_encoding),
            tags: input.tag_ids,
            metadata: input.secret_metadata,
            reminder_note: Some(input.secret_reminder_note),
            reminder_days: Some(input.secret_reminder_repeat_days),
            ..Self::default()
        }
        .named("secretName", &input.secret_name)
    }

    /// One of several secrets to be made; `at` is its place in the request.
    pub fn create_one_of(at: usize, input: NewSecret) -> ApiResult<Self> {
        Self {
            value: input.secret_value.map(Concealed::into_text),
            comment: input.secret_comment.map(Concealed::into_text),
            skip_multiline_encoding: Some(input.skip_multiline_encoding),
            tags: input.tag_ids,
            metadata: input.secret_metadata,
            ..Self::default()
        }
        .named(&format!("secrets.{at}.secretKey"), &input.secret_key)
    }

    /// A change.
    pub fn update(input: UpdateSecret) -> ApiResult<Self> {
        Self {
            new_key: input.new_secret_name,
            kind: input.r#type.unwrap_or_default(),
            value: input.secret_value.map(Concealed::into_text),
            comment: input.secret_comment.map(Concealed::into_text),
            skip_multiline_encoding: input.skip_multiline_encoding,
            tags: input.tag_ids,
            metadata: input.secret_metadata,
            reminder_note: input.secret_reminder_note,
            reminder_days: input.secret_reminder_repeat_days,
            ..Self::default()
        }
        .named("secretName", &input.secret_name)
    }

    /// One of several changes; `at` is its place in the request.
    pub fn update_one_of(at: usize, input: SecretChange) -> ApiResult<Self> {
        Self {
            new_key: input.new_secret_name,
            value: input.secret_value.map(Concealed::into_text),
            comment: input.secret_comment.map(Concealed::into_text),
            skip_multiline_encoding: input.skip_multiline_encoding,
            tags: input.tag_ids,
            metadata: input.secret_metadata,
            reminder_note: input.secret_reminder_note,
            reminder_days: input.secret_reminder_repeat_days,
            ..Self::default()
        }
        .named(&format!("secrets.{at}.secretKey"), &input.secret_key)
    }

    /// A change of a secret that is not there, as a secret to be made.
    pub fn as_new(mut self) -> Self {
        if let Some(key) = self.new_key.take() {
            self.key = key;
        }
        self
    }

    /// Checks everything; the name came from this field.
    fn named(mut self, field: &str, name: &str) -> ApiResult<Self> {
        self.key = key(field, name)?;
        self.new_key = match self.new_key.as_deref().map(str::trim) {
            None => None,
            Some("") => return Err(ApiError::bad_request("New secret name cannot be empty")),
            Some(name) => Some(key("newSecretName", name)?).filter(|name| *name != self.key),
        };
        if self.kind == SecretKind::Personal && self.new_key.is_some() {
            return Err(ApiError::bad_request("Personal secret cannot change the key name"));
        }
        self.value = self.value.map(|value| trimmed(&value));
        self.comment = self.comment.map(|comment| comment.trim().to_owned());
        self.check_reminder()?;
        self.check_lists()?;
        Ok(self)
    }

    fn check_reminder(&mut self) -> ApiResult<()> {
        if let Some(Some(note)) = &self.reminder_note
            && (note.chars().count() > 1024 || note.contains('\0'))
        {
            return Err(ApiError::invalid(
                "secretReminderNote",
                "Expected at most 1024 characters and no NUL",
            ));
        }
        if let Some(days) = &mut self.reminder_days {
            *days = days.filter(|days| *days != 0);
            if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
                return Err(ApiError::invalid(
                    "secretReminderRepeatDays",
                    format!("Expected a whole number from 0 to {MOST_DAYS}"),
                ));
            }
        }
        Ok(())
    }

    fn check_lists(&mut self) -> ApiResult<()> {
        if let Some(tags) = &mut self.tags {
            tags.sort_unstable();
            tags.dedup();
            if tags.len() > MOST_TAGS {
                return Err(ApiError::invalid("tagIds", format!("Expected at most {MOST_TAGS} tags")));
            }
        }
        let metadata = self.metadata.as_deref().unwrap_or_default();
        if metadata.len() > MOST_METADATA {
            return Err(ApiError::invalid(
                "secretMetadata",
                format!("Expected at most {MOST_METADATA} entries"),
            ));
        }
        for (at, entry) in metadata.iter().enumerate() {
            if entry.key.trim().is_empty() || entry.key.chars().count() > 255 {
                let field = format!("secretMetadata.{at}.key");
                return Err(ApiError::invalid(&field, "Expected 1 to 255 characters"));
            }
            if entry.value.reveal().chars().count() > 1020 {
                let field = format!("secretMetadata.{at}.value");
                return Err(ApiError::invalid(&field, "Expected at most 1020 characters"));
            }
        }
        Ok(())
    }

    /// Refuses metadata that the project's policy does not allow.
    pub fn check_policy(&self, project: &Project) -> ApiResult<()> {
        let plain = self.metadata.iter().flatten().any(|entry| !entry.is_encrypted);
        if plain && project.settings.enforce_encrypted_secret_manager_secret_metadata {
            return Err(ApiError::bad_request("This project requires secret metadata to be encrypted"));
        }
        Ok(())
    }
}

/// A name of a secret; `field` is named in the error.
pub fn key(field: &str, name: &str) -> ApiResult<String> {
    SecretKey::parse(name)
        .map(SecretKey::into_string)
        .map_err(|error| ApiError::invalid(field, error.to_string()))
}

/// Refuses a request that names the same secret twice.
pub(super) fn no_duplicates<'d>(names: impl Iterator<Item = (&'d str, SecretKind)>) -> ApiResult<()> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(ApiError::bad_request(format!("The request names the secret {} twice", name.0)));
        }
    }
    Ok(())
}

/// Without white space at both ends, but a line break at the very end stays.
fn trimmed(value: &str) -> String {
    let text = value.trim();
    if value.ends_with('\n') { format!("{text}\n") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_trimmed_but_for_a_last_line_break() {
        for (value, expected) in
            [(" a b ", "a b"), ("a\n", "a\n"), ("a\n\n", "a\n"), (" \n", "\n"), ("\na ", "a"), ("", "")]
        {
            assert_eq!(trimmed(value), expected, "{value:?}");
        }
    }
}

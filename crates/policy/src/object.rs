//! What a request acts upon.

use crate::Field;

/// The facts that conditions look at. A fact that is not given makes a condition on it fail in rules that allow and
/// hold in rules that forbid: what is not known is never a yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Object<'a> {
    /// Slug of the environment.
    pub environment: Option<&'a str>,
    /// Folder path, starting with `/`.
    pub secret_path: Option<&'a str>,
    /// Name of the secret.
    pub secret_name: Option<&'a str>,
    /// Slugs of the secret's tags; an untagged secret has `Some(&[])`.
    pub secret_tags: Option<&'a [&'a str]>,
    /// Keys and values attached to the object.
    pub metadata: Option<&'a [(&'a str, &'a str)]>,
    /// Id of the identity.
    pub identity_id: Option<&'a str>,
    /// Email of the user.
    pub user_email: Option<&'a str>,
    /// Name of the group.
    pub group_name: Option<&'a str>,
    /// Slug of the role that is to be assigned.
    pub role: Option<&'a str>,
    /// Subject of the privilege that is to be assigned.
    pub assignable_subject: Option<&'a str>,
    /// Action of the privilege that is to be assigned.
    pub assignable_action: Option<&'a str>,
    /// Id of the app connection.
    pub connection_id: Option<&'a str>,
    /// Name of the object, on subjects that ask for it.
    pub name: Option<&'a str>,
    /// Facts about fields that have no place of their own here, and about any other field that is a text.
    pub others: &'a [(Field, &'a str)],
    anywhere: bool,
}

/// What an object says about one field.
pub(crate) enum Fact<'a> {
    Missing,
    Text(&'a str),
    List(&'a [&'a str]),
    Pairs(&'a [(&'a str, &'a str)]),
}

impl<'a> Object<'a> {
    /// The question "somewhere at all?": conditions are not looked at; a rule that forbids under a condition is
    /// skipped. An answer to it permits listing, and each row still needs its own check.
    pub fn any() -> Self {
        Self { anywhere: true, ..Self::default() }
    }

    /// No facts: for subjects without conditions.
    pub fn plain() -> Self {
        Self::default()
    }

    /// A secret.
    pub fn secret(environment: &'a str, path: &'a str, name: &'a str, tags: &'a [&'a str]) -> Self {
        Self { secret_name: Some(name), secret_tags: Some(tags), ..Self::folder(environment, path) }
    }

    /// A folder, or anything that has only an environment and a path.
    pub fn folder(environment: &'a str, path: &'a str) -> Self {
        Self { environment: Some(environment), secret_path: Some(path), ..Self::default() }
    }

    /// An existing identity.
    pub fn identity(id: &'a str) -> Self {
        Self { identity_id: Some(id), ..Self::default() }
    }

    /// A user who is a member.
    pub fn member(email: &'a str) -> Self {
        Self { user_email: Some(email), ..Self::default() }
    }

    /// A group.
    pub fn group(name: &'a str) -> Self {
        Self { group_name: Some(name), ..Self::default() }
    }

    /// With the slugs of the secret's tags.
    pub fn with_tags(self, tags: &'a [&'a str]) -> Self {
        Self { secret_tags: Some(tags), ..self }
    }

    /// With the role that is to be assigned.
    pub fn with_role(self, slug: &'a str) -> Self {
        Self { role: Some(slug), ..self }
    }

    /// With the keys and values attached to it.
    pub fn with_metadata(self, metadata: &'a [(&'a str, &'a str)]) -> Self {
        Self { metadata: Some(metadata), ..self }
    }

    /// With facts about any fields that are texts.
    pub fn with_facts(self, facts: &'a [(Field, &'a str)]) -> Self {
        Self { others: facts, ..self }
    }

    /// Whether this is the question "somewhere at all?".
    pub fn is_any(&self) -> bool {
        self.anywhere
    }

    /// Does the object have this fact?
    pub(crate) fn has(&self, field: Field) -> bool {
        !matches!(self.fact(field), Fact::Missing)
    }

    /// The value of a field that is a text.
    pub(crate) fn text(&self, field: Field) -> Option<&'a str> {
        match self.fact(field) {
            Fact::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn fact(&self, field: Field) -> Fact<'a> {
        let text = match field {
            Field::SecretTags => return self.secret_tags.map_or(Fact::Missing, Fact::List),
            Field::Metadata => return self.metadata.map_or(Fact::Missing, Fact::Pairs),
            Field::Environment => self.environment,
            Field::SecretPath => self.secret_path,
            Field::SecretName => self.secret_name,
            Field::IdentityId => self.identity_id,
            Field::ConnectionId => self.connection_id,
            Field::UserEmail => self.user_email,
            Field::GroupName => self.group_name,
            Field::AssignableRole => self.role,
            Field::AssignableSubject => self.assignable_subject,
            Field::AssignableAction => self.assignable_action,
            Field::Name => self.name,
            _ => None,
        };
        let other = || self.others.iter().find(|(other, _)| *other == field).map(|(_, value)| *value);
        text.or_else(other).map_or(Fact::Missing, Fact::Text)
    }
}

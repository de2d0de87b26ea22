//! Ids: one type for each kind of thing, so that they cannot be mixed up.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a UUID such as 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID of this id.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )*};
}

ids! {
    /// An organization.
    OrgId;
    /// A human user.
    UserId;
    /// A signed-in session of a user.
    SessionId;
    /// A machine identity.
    IdentityId;
    /// A membership in an organization or a project.
    MembershipId;
    /// A project.
    ProjectId;
    /// An environment of a project.
    EnvironmentId;
    /// A folder.
    FolderId;
    /// A secret.
    SecretId;
    /// A secret import.
    ImportId;
    /// A tag.
    TagId;
    /// An auth method of an identity.
    AuthMethodId;
    /// A client secret of universal auth.
    ClientSecretId;
    /// An access token; stays the same when the token is renewed.
    TokenId;
    /// A custom role.
    RoleId;
    /// A group of users and identities.
    GroupId;
    /// An additional privilege.
    PrivilegeId;
    /// An audit event.
    EventId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_and_writes_as_the_uuid() {
        let text = "0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e";
        let id: OrgId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(format!("{id:?}"), text);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<OrgId>(&format!("\"{text}\"")).unwrap(), id);
        assert_eq!(OrgId::from_uuid(id.as_uuid()), id);
        assert_eq!("nope".parse::<OrgId>(), Err(InvalidId));
    }

    #[test]
    fn the_schema_is_an_inline_uuid() {
        let schema = serde_json::to_value(schemars::schema_for!(OrgId)).unwrap();
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["format"], "uuid");
    }
}

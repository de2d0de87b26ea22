//! The fields that conditions look at.

/// What a field accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One string: `$eq`, `$ne`, `$in`, `$glob`.
    Text,
    /// A folder path: as text, but the values of `$eq`, `$ne` and `$in` start with `/`.
    Path,
    /// An id: `$eq`, `$ne`, `$in`.
    Id,
    /// A list of strings: `$in`, which holds if any of them is in the list.
    List,
    /// Key-value pairs: `$elemMatch`.
    Pairs,
}

macro_rules! fields {
    ($($name:ident = $wire:literal $kind:ident;)+) => {
        /// A fact about the object of a request that a condition can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field {
            $(#[doc = concat!("`", $wire, "`.")] $name,)+
        }

        impl Field {
            /// Every field.
            pub const ALL: &[Field] = &[$(Field::$name),+];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)+ }
            }

            pub(crate) fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)+ }
            }
        }
    };
}

fields! {
    Environment = "environment" Text;
    SecretPath = "secretPath" Path;
    SecretName = "secretName" Text;
    SecretTags = "secretTags" List;
    Metadata = "metadata" Pairs;
    IdentityId = "identityId" Text;
    ConnectionId = "connectionId" Id;
    UserEmail = "userEmail" Text;
    GroupName = "groupName" Text;
    AssignableRole = "assignableRole" Text;
    AssignableSubject = "assignableSubject" Text;
    AssignableAction = "assignableAction" Text;
    Name = "name" Text;
    Slug = "slug" Text;
    CommonName = "commonName" Text;
    AltNames = "altNames" Text;
    SerialNumber = "serialNumber" Text;
    FriendlyName = "friendlyName" Text;
    Status = "status" Text;
    SubscriberName = "subscriberName" Text;
    ResourceName = "resourceName" Text;
    AccountName = "accountName" Text;
    AccountPath = "accountPath" Text;
    Hostname = "hostname" Text;
}

impl Field {
    /// The field with this name on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// The operators that conditions on the field may use, as the wire names them.
    pub fn operators(self) -> &'static [&'static str] {
        match self.kind() {
            Kind::Text | Kind::Path => &["$eq", "$ne", "$in", "$glob"],
            Kind::Id => &["$eq", "$ne", "$in"],
            Kind::List => &["$in"],
            Kind::Pairs => &["$elemMatch"],
        }
    }
}

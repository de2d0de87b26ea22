//! The vocabulary of Vouchsafe: ids, time, slugs, token settings, trusted networks, lockout, paths and
//! references.
//!
//! Everything here is pure. The time is an argument, ids are made by callers, nothing reads the outside world.
//! Types are parsed: if a value exists, it is valid.
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[macro_use]
mod macros;

pub mod dotenv;
pub mod id;
pub mod ip;
pub mod lockout;
pub mod path;
pub mod reference;
pub mod secret_key;
pub mod slug;
pub mod text;
pub mod time;
pub mod token_settings;
pub mod window;

pub use id::{
    AuthMethodId, ClientSecretId, EnvironmentId, EventId, FolderId, IdentityId, ImportId, MembershipId,
    OrgId, ProjectId, RoleId, SecretId, SessionId, TagId, TokenId, UserId,
};
pub use ip::{TrustedIp, TrustedIps};
pub use lockout::{LockoutScope, LockoutSettings, LockoutState};
pub use path::{FolderName, SecretPath};
pub use secret_key::SecretKey;
pub use slug::Slug;
pub use text::Email;
pub use time::{Clock, ManualClock, Timestamp};
pub use token_settings::{TokenSettings, TokenTerms};
pub use window::TimeWindow;

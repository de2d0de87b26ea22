//! What goes over the wire: request and response types, one module per resource.
//!
//! Server and client both use these types, so they cannot drift apart. Field names are the
//! contract's. A request type holds all input of a route: path parameters, query and body fields.

pub mod auth_methods;
pub mod admin;
pub mod audit_logs;
pub mod common;
pub mod environments;
pub mod concealed;
pub mod identities;
pub mod invitations;
pub mod identity_members;
pub mod lenient;
pub mod projects;
pub mod org_members;
pub mod org_roles;
pub mod organizations;
pub mod project_users;
pub mod roles;
pub mod sign_in;
pub mod status;
pub mod tags;
pub mod users;

//! What goes over the wire: request and response types, one module per resource.
//!
//! Server and client both use these types, so they cannot drift apart. Field names are the
//! contract's. A request type holds all input of a route: path parameters, query and body fields.

pub mod access;
pub mod activity;
pub mod admin;
pub mod audit_logs;
pub mod auth_alicloud;
pub mod auth_aws;
pub mod auth_azure;
pub mod auth_checks;
pub mod auth_gcp;
pub mod auth_jwt;
pub mod auth_kubernetes;
pub mod auth_ldap;
pub mod auth_methods;
pub mod auth_oci;
pub mod auth_spiffe;
pub mod auth_tls_cert;
pub mod common;
pub mod concealed;
pub mod denials;
pub mod environments;
pub mod folders;
pub mod groups;
pub mod identities;
pub mod identity_members;
pub mod identity_search;
pub mod imports;
pub mod invitations;
pub mod lenient;
pub mod managed_identities;
pub mod org_identity_members;
pub mod org_members;
pub mod org_roles;
pub mod organizations;
pub mod privileges;
pub mod project_users;
pub mod projects;
pub mod roles;
pub mod secrets;
pub mod sign_in;
pub mod status;
pub mod tags;
pub mod users;

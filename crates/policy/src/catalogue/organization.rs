//! Subjects of an organization.

use super::{CRUD, Subject, subject};
use crate::Field::ConnectionId;

#[rustfmt::skip]
pub(super) const SUBJECTS: &[Subject] = &[
    subject("workspace", &["create"], &[]),
    subject("project", &["create"], &[]),
    subject("role", CRUD, &[]),
    subject("member", CRUD, &[]),
    subject("settings", CRUD, &[]),
    subject("incident-contact", CRUD, &[]),
    subject("sso", CRUD, &[]),
    subject("scim", CRUD, &[]),
    subject("github-org-sync", CRUD, &[]),
    subject("github-org-sync-manual", CRUD, &[]),
    subject("ldap", CRUD, &[]),
    subject("secret-scanning", CRUD, &[]),
    subject("kms", CRUD, &[]),
    subject("project-templates", CRUD, &[]),
    subject("groups", &["read", "create", "edit", "delete", "grant-privileges", "add-identities", "add-members", "remove-members", "remove-identities"], &[]),
    subject("identity", &["read", "create", "edit", "delete", "grant-privileges", "edit-auth", "revoke-auth", "create-token", "get-token", "delete-token"], &[]),
    subject("billing", &["read", "manage-billing"], &[]),
    subject("organization-admin-console", &["access-all-projects"], &[]),
    subject("machine-identity-auth-template", &["list-templates", "edit-templates", "create-templates", "delete-templates", "unlink-templates", "attach-templates"], &[]),
    subject("audit-logs", &["read"], &[]),
    subject("app-connections", &["read", "create", "edit", "delete", "connect"], &[ConnectionId]),
    subject("kmip", &["proxy", "setup"], &[]),
    subject("gateway", &["create-gateways", "list-gateways", "edit-gateways", "delete-gateways", "attach-gateways"], &[]),
    subject("relay", &["create-relays", "list-relays", "edit-relays", "delete-relays"], &[]),
    subject("secret-share", &["manage-settings"], &[]),
    subject("sub-organization", &["create", "direct-access", "link-group"], &[]),
    // Our own: to ask what others may do, and why.
    subject("access", &["explain"], &[]),
];

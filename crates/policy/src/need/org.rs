//! What routes need in the organization.

needs! { Organization:
    PROJECT_CREATE = "create" on "project";
    IDENTITY_READ = "read" on "identity";
    IDENTITY_CREATE = "create" on "identity";
    IDENTITY_EDIT = "edit" on "identity";
    IDENTITY_DELETE = "delete" on "identity";
    IDENTITY_GRANT_PRIVILEGES = "grant-privileges" on "identity";
    IDENTITY_EDIT_AUTH = "edit-auth" on "identity";
    IDENTITY_REVOKE_AUTH = "revoke-auth" on "identity";
    IDENTITY_CREATE_TOKEN = "create-token" on "identity";
    IDENTITY_GET_TOKEN = "get-token" on "identity";
    IDENTITY_DELETE_TOKEN = "delete-token" on "identity";
    MEMBER_READ = "read" on "member";
    MEMBER_CREATE = "create" on "member";
    MEMBER_EDIT = "edit" on "member";
    MEMBER_DELETE = "delete" on "member";
    GROUP_READ = "read" on "groups";
    GROUP_CREATE = "create" on "groups";
    GROUP_EDIT = "edit" on "groups";
    GROUP_DELETE = "delete" on "groups";
    GROUP_GRANT_PRIVILEGES = "grant-privileges" on "groups";
    GROUP_ADD_IDENTITIES = "add-identities" on "groups";
    GROUP_REMOVE_IDENTITIES = "remove-identities" on "groups";
    GROUP_ADD_MEMBERS = "add-members" on "groups";
    GROUP_REMOVE_MEMBERS = "remove-members" on "groups";
    ROLE_READ = "read" on "role";
    ROLE_CREATE = "create" on "role";
    ROLE_EDIT = "edit" on "role";
    ROLE_DELETE = "delete" on "role";
    SETTINGS_READ = "read" on "settings";
    SETTINGS_CREATE = "create" on "settings";
    SETTINGS_EDIT = "edit" on "settings";
    SETTINGS_DELETE = "delete" on "settings";
    AUDIT_LOGS_READ = "read" on "audit-logs";
    ACCESS_ALL_PROJECTS = "access-all-projects" on "organization-admin-console";
    TEMPLATE_LIST = "list-templates" on "machine-identity-auth-template";
    TEMPLATE_CREATE = "create-templates" on "machine-identity-auth-template";
    TEMPLATE_EDIT = "edit-templates" on "machine-identity-auth-template";
    TEMPLATE_DELETE = "delete-templates" on "machine-identity-auth-template";
    TEMPLATE_UNLINK = "unlink-templates" on "machine-identity-auth-template";
    TEMPLATE_ATTACH = "attach-templates" on "machine-identity-auth-template";
    GATEWAY_ATTACH = "attach-gateways" on "gateway";
    ACCESS_EXPLAIN = "explain" on "access";
}

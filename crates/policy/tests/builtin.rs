//! What the built-in roles hold.

use vouchsafe_policy::builtin::{OrgRole, ProjectRole, is_reserved};
use vouchsafe_policy::{Level, Need, Object, catalogue, org, project};

const GENERIC: [&str; 4] = ["read", "create", "edit", "delete"];

#[test]
fn admins_hold_every_need_and_every_action() {
    for &need in org::ALL {
        assert!(OrgRole::Admin.permissions().allows(need, &Object::plain()), "{need:?}");
    }
    let secret = Object::secret("dev", "/", "KEY", &[]);
    for &need in project::ALL {
        assert!(ProjectRole::Admin.permissions().allows(need, &secret), "{need:?}");
    }
    for (level, admin) in [
        (Level::Organization, OrgRole::Admin.permissions()),
        (Level::Project, ProjectRole::Admin.permissions()),
    ] {
        for subject in catalogue::subjects(level) {
            for action in subject.actions {
                let need = Need { level, subject: subject.name, action };
                let expected = !catalogue::is_older(level, subject.name, action);
                assert_eq!(admin.allows(need, &secret), expected, "{need:?}");
            }
        }
    }
}

#[test]
fn no_access_holds_nothing() {
    for &need in org::ALL {
        assert!(!OrgRole::NoAccess.permissions().allows(need, &Object::any()), "{need:?}");
    }
    for &need in project::ALL {
        assert!(!ProjectRole::NoAccess.permissions().allows(need, &Object::any()), "{need:?}");
    }
}

#[test]
fn members_and_viewers_manage_identities_as_the_contract_says() {
    for &need in org::ALL.iter().filter(|need| need.subject == "identity") {
        let expected = GENERIC.contains(&need.action);
        assert_eq!(OrgRole::Member.permissions().allows(need, &Object::plain()), expected, "{need:?}");
    }
    for &need in project::ALL.iter().filter(|need| need.subject == "identity") {
        let member = ProjectRole::Member.permissions().allows(need, &Object::identity("x"));
        let viewer = ProjectRole::Viewer.permissions().allows(need, &Object::identity("x"));
        assert_eq!(member, GENERIC.contains(&need.action), "{need:?}");
        assert_eq!(viewer, need.action == "read", "{need:?}");
    }
}

#[test]
fn the_tables_of_the_project_roles() {
    // need, member, viewer
    let table = [
        (project::SECRET_DESCRIBE, true, true),
        (project::SECRET_READ_VALUE, true, true),
        (project::SECRET_CREATE, true, false),
        (project::SECRET_EDIT, true, false),
        (project::SECRET_DELETE, true, false),
        (project::FOLDER_READ, true, true),
        (project::FOLDER_CREATE, true, false),
        (project::IMPORT_READ, true, true),
        (project::IMPORT_DELETE, true, false),
        (project::ENVIRONMENT_READ, true, true),
        (project::ENVIRONMENT_DELETE, true, false),
        (project::TAG_CREATE, true, false),
        (project::MEMBER_READ, true, true),
        (project::MEMBER_CREATE, true, false),
        (project::MEMBER_EDIT, false, false),
        (project::MEMBER_GRANT_PRIVILEGES, false, false),
        (project::GROUP_READ, true, true),
        (project::GROUP_CREATE, false, false),
        (project::ROLE_READ, true, true),
        (project::ROLE_EDIT, false, false),
        (project::SETTINGS_EDIT, true, false),
        (project::AUDIT_LOGS_READ, true, true),
        (project::WORKSPACE_EDIT, false, false),
        (project::WORKSPACE_DELETE, false, false),
    ];
    let secret = Object::secret("dev", "/", "KEY", &[]);
    for (need, member, viewer) in table {
        assert_eq!(ProjectRole::Member.permissions().allows(need, &secret), member, "{need:?}");
        assert_eq!(ProjectRole::Viewer.permissions().allows(need, &secret), viewer, "{need:?}");
    }
    let exports = Need { level: Level::Project, subject: "cmek", action: "export-private-key" };
    let signs = Need { action: "sign", ..exports };
    assert!(ProjectRole::Member.permissions().allows(signs, &Object::plain()));
    assert!(!ProjectRole::Member.permissions().allows(exports, &Object::plain()));
}

#[test]
fn the_table_of_the_organization_member() {
    let table = [
        (org::PROJECT_CREATE, true),
        (org::MEMBER_READ, true),
        (org::MEMBER_EDIT, false),
        (org::GROUP_READ, true),
        (org::GROUP_ADD_IDENTITIES, false),
        (org::ROLE_READ, true),
        (org::ROLE_CREATE, false),
        (org::SETTINGS_READ, true),
        (org::SETTINGS_EDIT, false),
        (org::AUDIT_LOGS_READ, true),
        (org::ACCESS_ALL_PROJECTS, false),
        (org::TEMPLATE_ATTACH, true),
        (org::TEMPLATE_CREATE, false),
        (org::GATEWAY_ATTACH, true),
    ];
    for (need, expected) in table {
        assert_eq!(OrgRole::Member.permissions().allows(need, &Object::plain()), expected, "{need:?}");
    }
}

#[test]
fn a_role_of_one_level_answers_no_need_of_the_other() {
    assert!(!OrgRole::Admin.permissions().allows(project::IDENTITY_READ, &Object::any()));
    assert!(!ProjectRole::Admin.permissions().allows(org::IDENTITY_READ, &Object::any()));
}

#[test]
fn slugs_go_both_ways_and_are_reserved() {
    for role in OrgRole::ALL {
        assert_eq!(OrgRole::from_slug(role.slug()), Some(role));
        assert!(is_reserved(Level::Organization, role.slug()));
    }
    for role in ProjectRole::ALL {
        assert_eq!(ProjectRole::from_slug(role.slug()), Some(role));
        assert!(is_reserved(Level::Project, role.slug()));
    }
    assert!(is_reserved(Level::Project, "custom") && is_reserved(Level::Project, "cryptographic-operator"));
    assert!(!is_reserved(Level::Project, "deployer"));
    assert_eq!(OrgRole::from_slug("viewer"), None);
}

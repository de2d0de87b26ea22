//! The roles that every organization and project has.

mod organization;
mod project;

pub use organization::OrgRole;
pub use project::ProjectRole;

use crate::{Grant, GrantSource, Level, Permissions, Rule, catalogue};

/// Slugs that no custom role may take: the built-in roles, the marker for custom roles, roles of special projects.
pub fn is_reserved(level: Level, slug: &str) -> bool {
    match level {
        Level::Organization => slug == "custom" || OrgRole::from_slug(slug).is_some(),
        Level::Project => {
            matches!(slug, "custom" | "cryptographic-operator" | "ssh-host-bootstrapper")
                || ProjectRole::from_slug(slug).is_some()
        }
    }
}

/// How much of a subject a role holds.
#[derive(Clone, Copy)]
enum Hold {
    Nothing,
    All,
    Only(&'static [&'static str]),
    AllBut(&'static str),
}

const CRUD: Hold = Hold::Only(&["read", "create", "edit", "delete"]);
const READ: Hold = Hold::Only(&["read"]);

/// The rules of a role, in the order of the catalogue.
fn rules(level: Level, hold: impl Fn(&str) -> Hold) -> Vec<Rule> {
    let subjects = catalogue::subjects(level).iter();
    subjects
        .filter_map(|subject| {
            let current = |action: &&str| !catalogue::is_older(level, subject.name, action);
            let all = subject.actions.iter().copied().filter(current);
            let actions: Vec<&str> = match hold(subject.name) {
                Hold::Nothing => return None,
                Hold::All => all.collect(),
                Hold::Only(actions) => actions.to_vec(),
                Hold::AllBut(but) => all.filter(|&action| action != but).collect(),
            };
            (!actions.is_empty()).then(|| Rule::allow(subject.name, &actions))
        })
        .collect()
}

/// A role with its rules, compiled once.
struct Compiled {
    rules: Vec<Rule>,
    permissions: Permissions,
}

fn compiled(level: Level, slug: &str, hold: impl Fn(&str) -> Hold) -> Compiled {
    let rules = rules(level, hold);
    let grant = Grant { source: GrantSource::Role { slug: slug.to_owned() }, rules: rules.clone() };
    let permissions =
        Permissions::compile(level, &[grant]).expect("the tables of the built-in roles fit the catalogue");
    Compiled { rules, permissions }
}

//! What runs have made, kept in a file from one run to the next: nothing else is ever removed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::OrgId;

use super::fields::Method;
use super::files::bounded;
use super::model::{Desired, Key};
use super::survey::Ids;
use crate::failure::{Failure, Outcome};
use crate::rootkey::write_private;

/// Largest inventory that is read, in bytes: 10,000 objects need about 3 MiB.
const LARGEST: u64 = 16 * 1024 * 1024;
/// The form of the file.
const VERSION: u32 = 1;

/// The inventory. Without a file it stays empty, and is not written.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    path: Option<PathBuf>,
    organization: Option<OrgId>,
    /// What was made, with the ids of it and of what it belongs to.
    made: BTreeMap<Key, Vec<String>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    organization: Option<OrgId>,
    objects: Vec<Record>,
}

/// An object as the file has it: its kind, its names, and the ids by which it is known again.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Record {
    kind: String,
    names: Vec<String>,
    ids: Vec<String>,
}

impl Record {
    /// The record of an object; none of what is never removed.
    fn of(key: &Key, ids: &[String]) -> Option<Self> {
        let (kind, names): (_, Vec<&str>) = match key {
            Key::Project { .. } | Key::Environment { .. } => return None,
            Key::OrgRole { slug } => ("org-role", vec![slug]),
            Key::ProjectRole { project, slug } => ("project-role", vec![project, slug]),
            Key::Group { slug } => ("group", vec![slug]),
            Key::Identity { name } => ("identity", vec![name]),
            Key::AuthMethod { identity, method } => ("auth", vec![identity, method]),
            Key::Source { identity, method, source } => ("source", vec![identity, method, source]),
            Key::InGroup { group, identity } => ("in-group", vec![group, identity]),
            Key::IdentityMember { project, identity } => ("identity-member", vec![project, identity]),
            Key::GroupMember { project, group } => ("group-member", vec![project, group]),
        };
        let names = names.into_iter().map(str::to_owned).collect();
        Some(Self { kind: kind.to_owned(), names, ids: ids.to_vec() })
    }

    fn key(&self) -> Option<Key> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let method = |name: &str| Method::named(name).map(|method| method.id);
        let own = |name: &&str| (*name).to_owned();
        Some(match (self.kind.as_str(), names.as_slice()) {
            ("org-role", [slug]) => Key::OrgRole { slug: own(slug) },
            ("project-role", [project, slug]) => Key::ProjectRole { project: own(project), slug: own(slug) },
            ("group", [slug]) => Key::Group { slug: own(slug) },
            ("identity", [name]) => Key::Identity { name: own(name) },
            ("auth", [identity, id]) => Key::AuthMethod { identity: own(identity), method: method(id)? },
            ("source", [identity, id, source]) => {
                Key::Source { identity: own(identity), method: method(id)?, source: own(source) }
            }
            ("in-group", [group, identity]) => Key::InGroup { group: own(group), identity: own(identity) },
            ("identity-member", [project, identity]) => {
                Key::IdentityMember { project: own(project), identity: own(identity) }
            }
            ("group-member", [project, group]) => {
                Key::GroupMember { project: own(project), group: own(group) }
            }
            _ => return None,
        })
    }
}

impl Inventory {
    /// Reads the file; one that is not there yet is an empty inventory.
    pub(super) fn read(path: Option<PathBuf>) -> Outcome<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        if !path.exists() {
            return Ok(Self { path: Some(path), ..Self::default() });
        }
        let odd = |why: String| {
            Failure::usage(format!("`--inventory`: {}: {why}", path.display()))
                .hint("it is written by vouchsafe apply and by nothing else")
        };
        let text = bounded(&path, LARGEST).map_err(odd)?;
        let stored: Stored = serde_json::from_str(&text).map_err(|error| odd(error.to_string()))?;
        if stored.version != VERSION {
            return Err(odd(format!("version {} is not known here", stored.version)));
        }
        let mut made = BTreeMap::new();
        for record in stored.objects {
            let key = record.key();
            let key = key.ok_or_else(|| odd(format!("no object is `{}` {:?}", record.kind, record.names)))?;
            made.insert(key, record.ids);
        }
        Ok(Self { path: Some(path), organization: stored.organization, made })
    }

    /// Refuses to go on in another organization than that of the inventory.
    pub(super) fn belongs_to(&mut self, organization: Option<OrgId>) -> Outcome {
        match (self.organization, organization) {
            (Some(ours), Some(found)) if ours != found => Err(Failure::usage(format!(
                "`--inventory`: it is of the organization {ours}, and this is {found}"
            ))
            .hint("keep an inventory for each organization")),
            (_, found) => {
                self.organization = found.or(self.organization);
                Ok(())
            }
        }
    }

    /// What was made and is not declared any more.
    pub(super) fn undeclared(&self, desired: &Desired) -> BTreeSet<Key> {
        self.made.keys().filter(|key| !desired.contains_key(key)).cloned().collect()
    }

    /// Whether this is what was made, and nothing else of the same name.
    pub(super) fn is_known(&self, key: &Key, ids: &Ids) -> bool {
        let found = ids.of(key);
        found.is_some() && self.made.get(key) == found.as_ref()
    }

    /// Remembers what was made.
    pub(super) fn made(&mut self, key: &Key, ids: &Ids) -> Outcome {
        if self.path.is_none() || Record::of(key, &[]).is_none() {
            return Ok(());
        }
        let Some(ids) = ids.of(key) else { return Ok(()) };
        self.made.insert(key.clone(), ids);
        self.write()
    }

    /// Forgets what is gone, and what went with it.
    pub(super) fn gone(&mut self, keys: impl IntoIterator<Item = Key>) -> Outcome {
        let before = self.made.len();
        for gone in keys {
            self.made.retain(|key, _| *key != gone && !key.goes_with(&gone));
        }
        if self.made.len() == before { Ok(()) } else { self.write() }
    }

    fn write(&self) -> Outcome {
        let Some(path) = &self.path else { return Ok(()) };
        let objects = self.made.iter().filter_map(|(key, ids)| Record::of(key, ids)).collect();
        let stored = Stored { version: VERSION, organization: self.organization, objects };
        let mut text = serde_json::to_vec_pretty(&stored)?;
        text.push(b'\n');
        write(path, &text)
    }
}

fn write(path: &Path, text: &[u8]) -> Outcome {
    let writing = || format!("cannot write the inventory {}", path.display());
    Ok(write_private(path, text).with_context(writing)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let text = |text: &str| text.to_owned();
        let (a, b) = (|| text("a"), || text("b"));
        let method = "ldap-auth";
        for key in [
            Key::OrgRole { slug: a() },
            Key::ProjectRole { project: a(), slug: b() },
            Key::Group { slug: a() },
            Key::Identity { name: a() },
            Key::AuthMethod { identity: a(), method },
            Key::Source { identity: a(), method, source: b() },
            Key::InGroup { group: a(), identity: b() },
            Key::IdentityMember { project: a(), identity: b() },
            Key::GroupMember { project: a(), group: b() },
        ] {
            let record = Record::of(&key, &[]).unwrap();
            assert_eq!(record.key().as_ref(), Some(&key));
            let longer = Record { names: [record.names, vec![b()]].concat(), ..record };
            assert_ne!(longer.key(), Some(key));
        }
        assert!(Record::of(&Key::Project { slug: a() }, &[]).is_none(), "projects are never removed");
    }
}

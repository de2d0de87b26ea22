//! What files declare: objects with their fields, and what those refer to.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_store::FIRST_SOURCE;

use super::fields::{ENVIRONMENT, Field, GROUP, IDENTITY, MEMBER, METHODS, Method, Otherwise, PROJECT, ROLE};
use super::files::{Document, Place, Problem, bounded};
use super::node::{Node, Tree};
use super::shape::{Outside, Shape, Wrong};

/// Largest file that a field names, in bytes.
const LARGEST: u64 = 256 * 1024;
/// Most objects of all files.
const MOST_OBJECTS: usize = 10_000;

/// What names an object. The order is the one in which objects can be made: what others need comes first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Key {
    Project { slug: String },
    Environment { project: String, slug: String },
    OrgRole { slug: String },
    ProjectRole { project: String, slug: String },
    Group { slug: String },
    Identity { name: String },
    AuthMethod { identity: String, method: &'static str },
    Source { identity: String, method: &'static str, source: String },
    InGroup { group: String, identity: String },
    IdentityMember { project: String, identity: String },
    GroupMember { project: String, group: String },
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project { slug } => write!(f, "project {slug}"),
            Self::Environment { project, slug } => write!(f, "environment {slug} of project {project}"),
            Self::OrgRole { slug } => write!(f, "role {slug} of the organization"),
            Self::ProjectRole { project, slug } => write!(f, "role {slug} of project {project}"),
            Self::Group { slug } => write!(f, "group {slug}"),
            Self::Identity { name } => write!(f, "identity {name}"),
            Self::AuthMethod { identity, method } => write!(f, "{method} of identity {identity}"),
            Self::Source { identity, method, source } => {
                write!(f, "source {source} of {method} of identity {identity}")
            }
            Self::InGroup { group, identity } => write!(f, "identity {identity} in group {group}"),
            Self::IdentityMember { project, identity } => {
                write!(f, "identity {identity} in project {project}")
            }
            Self::GroupMember { project, group } => write!(f, "group {group} in project {project}"),
        }
    }
}

impl Key {
    /// Whether this is gone when that one is.
    pub(super) fn goes_with(&self, gone: &Self) -> bool {
        match (gone, self) {
            (
                Self::Identity { name },
                Self::AuthMethod { identity, .. }
                | Self::Source { identity, .. }
                | Self::InGroup { identity, .. }
                | Self::IdentityMember { identity, .. },
            ) => identity == name,
            (Self::AuthMethod { identity, method }, Self::Source { identity: of, method: by, .. }) => {
                identity == of && method == by
            }
            (Self::Group { slug }, Self::InGroup { group, .. } | Self::GroupMember { group, .. }) => {
                group == slug
            }
            _ => false,
        }
    }

    /// The fields of such objects.
    pub(super) fn fields(&self) -> Vec<&'static Field> {
        match self {
            Self::Project { .. } => PROJECT.iter().collect(),
            Self::Environment { .. } => ENVIRONMENT.iter().collect(),
            Self::OrgRole { .. } | Self::ProjectRole { .. } => ROLE.iter().collect(),
            Self::Group { .. } => GROUP.iter().collect(),
            Self::Identity { .. } => IDENTITY.iter().collect(),
            Self::AuthMethod { method, .. } | Self::Source { method, .. } => {
                Method::named(method).into_iter().flat_map(Method::fields).collect()
            }
            Self::InGroup { .. } => Vec::new(),
            Self::IdentityMember { .. } | Self::GroupMember { .. } => MEMBER.iter().collect(),
        }
    }
}

/// What an object consists of, in canonical form.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) fields: BTreeMap<&'static str, Value>,
    pub(super) secrets: BTreeMap<&'static str, Concealed>,
}

/// An object of the files.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) place: Place,
    pub(super) content: Content,
}

/// All objects of the files.
pub(super) type Desired = BTreeMap<Key, Declared>;

/// Roles that every organization has.
const ORG_ROLES: [&str; 3] = ["admin", "member", "no-access"];
/// Roles that every project has.
const PROJECT_ROLES: [&str; 4] = ["admin", "member", "viewer", "no-access"];

/// What an object refers to, besides roles that are built in.
pub(super) fn needs(key: &Key, content: &Content) -> Vec<Key> {
    let project = |slug: &String| Key::Project { slug: slug.clone() };
    let identity = |name: &String| Key::Identity { name: name.clone() };
    let group = |slug: &String| Key::Group { slug: slug.clone() };
    let org_role = || {
        let role = content.fields.get("role").and_then(Value::as_str);
        let custom = role.filter(|slug| !ORG_ROLES.contains(slug));
        custom.map(|slug| Key::OrgRole { slug: slug.to_owned() })
    };
    let project_roles = |project: &String| {
        let grants = content.fields.get("roles").and_then(Value::as_array).into_iter().flatten();
        let slugs = grants.filter_map(|grant| grant["role"].as_str());
        let custom = slugs.filter(|slug| !PROJECT_ROLES.contains(slug));
        custom
            .map(|slug| Key::ProjectRole { project: project.clone(), slug: slug.to_owned() })
            .collect::<Vec<_>>()
    };
    match key {
        Key::Project { .. } | Key::OrgRole { .. } => Vec::new(),
        Key::Environment { project: slug, .. } | Key::ProjectRole { project: slug, .. } => {
            vec![project(slug)]
        }
        Key::Group { .. } | Key::Identity { .. } => org_role().into_iter().collect(),
        Key::AuthMethod { identity: name, .. } => vec![identity(name)],
        Key::Source { identity: name, method, .. } => {
            vec![identity(name), Key::AuthMethod { identity: name.clone(), method }]
        }
        Key::InGroup { group: slug, identity: name } => vec![group(slug), identity(name)],
        Key::IdentityMember { project: slug, identity: name } => {
            [vec![project(slug), identity(name)], project_roles(slug)].concat()
        }
        Key::GroupMember { project: slug, group: name } => {
            [vec![project(slug), group(name)], project_roles(slug)].concat()
        }
    }
}

/// Where fields find what they name: files beside the file that names them, and the environment.
struct Beside<'e> {
    file: &'e Path,
    variable: &'e dyn Fn(&str) -> Option<String>,
}

impl Outside for Beside<'_> {
    fn file(&self, name: &str) -> Result<String, String> {
        let path = self.file.parent().map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
        bounded(&path, LARGEST)
    }

    fn variable(&self, name: &str) -> Result<String, String> {
        (self.variable)(name).ok_or_else(|| format!("the environment variable {name} is not set"))
    }
}

/// Makes objects of documents.
pub(super) struct Builder<'e> {
    variable: &'e dyn Fn(&str) -> Option<String>,
    desired: Desired,
    problems: Vec<Problem>,
}

/// The kinds of documents, with the fields that name them.
const KINDS: [(&str, &[&str]); 7] = [
    ("project", &["slug"]),
    ("environment", &["project", "slug"]),
    ("org-role", &["slug"]),
    ("project-role", &["project", "slug"]),
    ("group", &["slug"]),
    ("identity", &["name"]),
    ("project-member", &["project", "identity", "group"]),
];

/// The field of an auth method with its further sources.
const SOURCES: &str = "sources";

/// Fields of an identity that are objects of their own.
const OF_IDENTITIES: [&str; 2] = ["auth", "groups"];

/// What a document says, by name.
type Entries<'n> = BTreeMap<&'n str, (u64, &'n Node)>;

/// The objects of the documents, and all that is wrong with them. `variable`: the environment.
pub(super) fn build(
    documents: &[Document],
    variable: &dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
) -> (Desired, Vec<Problem>) {
    let mut builder = Builder { variable, desired: Desired::new(), problems };
    for document in documents {
        builder.document(document);
    }
    (builder.desired, builder.problems)
}

impl Builder<'_> {
    fn wrong(&mut self, file: &Path, (line, what): Wrong) {
        let place = Place { file: file.to_owned(), line };
        self.problems.push(Problem { place, what });
    }

    fn document(&mut self, document: &Document) {
        let (file, line) = (document.file.as_path(), document.root.line);
        let Tree::Map(all) = &document.root.value else {
            return self.wrong(file, (line, "expected a map with `kind` and a name".to_owned()));
        };
        let entries: Entries<'_> =
            all.iter().map(|(line, name, node)| (name.as_str(), (*line, node))).collect();
        let kinds = KINDS.map(|(kind, _)| kind).join(", ");
        let kind = match entries.get("kind").map(|(line, node)| (line, &node.value)) {
            Some((_, Tree::Text(kind))) => kind.as_str(),
            Some((line, _)) => return self.wrong(file, (*line, format!("`kind`: expected one of {kinds}"))),
            None => return self.wrong(file, (line, format!("`kind` is missing; expected one of {kinds}"))),
        };
        let Some((_, names)) = KINDS.iter().find(|(name, _)| *name == kind) else {
            let line = entries["kind"].0;
            return self.wrong(file, (line, format!("unknown kind `{kind}`; expected one of {kinds}")));
        };
        let Some(key) = self.key(file, line, kind, names, &entries) else { return };
        let mut known: Vec<&str> = [&["kind"], *names].concat();
        if kind == "identity" {
            known.extend(OF_IDENTITIES);
            self.of_identity(file, &key, &entries);
        }
        let fields: Entries<'_> = entries.into_iter().filter(|(name, _)| !known.contains(name)).collect();
        self.object(file, line, key, "", &fields);
    }

    /// The name of a document's object.
    fn key(
        &mut self,
        file: &Path,
        line: u64,
        kind: &str,
        names: &[&str],
        entries: &Entries<'_>,
    ) -> Option<Key> {
        let mut found = BTreeMap::new();
        for name in names {
            let Some((line, node)) = entries.get(name) else { continue };
            match &node.value {
                Tree::Text(text) if !text.trim().is_empty() => {
                    found.insert(*name, text.trim().to_owned());
                }
                other => {
                    let what = format!("`{name}`: expected a text, found {}", other.what());
                    self.wrong(file, (*line, what));
                    return None;
                }
            }
        }
        let mut take = |name: &str| found.remove(name);
        let key = match kind {
            "project" => take("slug").map(|slug| Key::Project { slug }),
            "environment" => {
                take("project").zip(take("slug")).map(|(project, slug)| Key::Environment { project, slug })
            }
            "org-role" => take("slug").map(|slug| Key::OrgRole { slug }),
            "project-role" => {
                take("project").zip(take("slug")).map(|(project, slug)| Key::ProjectRole { project, slug })
            }
            "group" => take("slug").map(|slug| Key::Group { slug }),
            "identity" => take("name").map(|name| Key::Identity { name }),
            _ => match (take("project"), take("identity"), take("group")) {
                (Some(project), Some(identity), None) => Some(Key::IdentityMember { project, identity }),
                (Some(project), None, Some(group)) => Some(Key::GroupMember { project, group }),
                _ => None,
            },
        };
        if key.is_none() {
            let needed = match kind {
                "project-member" => "`project`, and `identity` or `group`".to_owned(),
                _ => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and "),
            };
            self.wrong(file, (line, format!("a document of kind `{kind}` needs {needed}")));
        }
        key
    }

    /// The auth methods of an identity, and its groups.
    fn of_identity(&mut self, file: &Path, key: &Key, entries: &Entries<'_>) {
        let Key::Identity { name: identity } = key else { return };
        if let Some((line, node)) = entries.get("auth") {
            let Tree::Map(methods) = &node.value else {
                return self.wrong(file, (*line, "`auth`: expected a map of auth methods".to_owned()));
            };
            for (line, id, node) in methods {
                self.method(file, *line, identity, id, node);
            }
        }
        if let Some((line, node)) = entries.get("groups") {
            match Shape::Set.read(node, &Beside { file, variable: self.variable }) {
                Err((line, what)) => self.wrong(file, (line, format!("`groups`: {what}"))),
                Ok(groups) => {
                    for group in groups.as_array().into_iter().flatten().filter_map(Value::as_str) {
                        let key = Key::InGroup { group: group.to_owned(), identity: identity.clone() };
                        self.object(file, *line, key, "", &Entries::new());
                    }
                }
            }
        }
    }

    fn method(&mut self, file: &Path, line: u64, identity: &str, id: &str, node: &Node) {
        let Some(method) = Method::named(id) else {
            let known: Vec<&str> = METHODS.iter().map(|method| method.id).collect();
            let what = format!("`auth`: unknown auth method `{id}`; known are {}", known.join(", "));
            return self.wrong(file, (line, what));
        };
        let fields: Entries<'_> = match &node.value {
            Tree::Null => Entries::new(),
            Tree::Map(fields) => {
                fields.iter().map(|(line, name, node)| (name.as_str(), (*line, node))).collect()
            }
            other => {
                let what = format!("`auth.{id}`: expected a map of fields, found {}", other.what());
                return self.wrong(file, (line, what));
            }
        };
        let mut fields = fields;
        if let Some((line, node)) = fields.remove(SOURCES) {
            self.sources(file, line, identity, method, node);
        }
        let key = Key::AuthMethod { identity: identity.to_owned(), method: method.id };
        self.object(file, line, key, &format!("auth.{id}."), &fields);
    }

    /// Further sources of a method, by name.
    fn sources(&mut self, file: &Path, line: u64, identity: &str, method: &Method, node: &Node) {
        let within = format!("auth.{}.{SOURCES}", method.id);
        if !method.has_sources() {
            let what = format!("`{within}`: this method has no further sources");
            return self.wrong(file, (line, what));
        }
        let Tree::Map(sources) = &node.value else {
            return self.wrong(file, (line, format!("`{within}`: expected a map of names")));
        };
        for (line, source, node) in sources {
            if source == FIRST_SOURCE {
                let what = format!("`{within}.{source}`: this is the name of the fields beside `{SOURCES}`");
                self.wrong(file, (*line, what));
                continue;
            }
            let Tree::Map(fields) = &node.value else {
                let what =
                    format!("`{within}.{source}`: expected a map of fields, found {}", node.value.what());
                self.wrong(file, (*line, what));
                continue;
            };
            let fields = fields.iter().map(|(line, name, node)| (name.as_str(), (*line, node))).collect();
            let key =
                Key::Source { identity: identity.to_owned(), method: method.id, source: source.clone() };
            self.object(file, *line, key, &format!("{within}.{source}."), &fields);
        }
    }

    /// An object with these fields; `within` is written before their names in errors.
    fn object(&mut self, file: &Path, line: u64, key: Key, within: &str, entries: &Entries<'_>) {
        let fields = key.fields();
        let mut content = Content::default();
        for (name, (line, _)) in entries {
            if !fields.iter().any(|field| field.name == *name) {
                let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
                let what = format!("unknown field `{within}{name}`; known are {}", known.join(", "));
                self.wrong(file, (*line, what));
            }
        }
        for field in fields {
            if let Err((at, what)) = self.field(file, field, entries, &mut content) {
                let line = if at == 0 { line } else { at };
                self.wrong(file, (line, format!("`{within}{}`: {what}", field.name)));
            }
        }
        let place = Place { file: file.to_owned(), line };
        if let Some(before) = self.desired.get(&key) {
            let what = format!("the {key} is declared twice, first in {}", before.place);
            return self.problems.push(Problem { place, what });
        }
        if self.desired.len() >= MOST_OBJECTS {
            let what = format!("there are more than {MOST_OBJECTS} objects");
            return self.problems.push(Problem { place, what });
        }
        self.desired.insert(key, Declared { place, content });
    }

    /// Reads one field into the content.
    fn field(
        &self,
        file: &Path,
        field: &Field,
        entries: &Entries<'_>,
        content: &mut Content,
    ) -> Result<(), Wrong> {
        let Some((_, node)) = entries.get(field.name) else {
            if matches!(field.otherwise, Otherwise::Needed) {
                return Err((0, "is missing".to_owned()));
            }
            if let Some(default) = field.default() {
                content.fields.insert(field.name, default);
            }
            return Ok(());
        };
        let value = field.shape.read(node, &Beside { file, variable: self.variable })?;
        if matches!(field.otherwise, Otherwise::Needed) && is_empty(&value) && field.shape != Shape::Rules {
            return Err((node.line, "must not be empty".to_owned()));
        }
        match value {
            Value::String(text) if field.shape == Shape::Secret => {
                content.secrets.insert(field.name, Concealed::new(text));
            }
            value => {
                content.fields.insert(field.name, value);
            }
        }
        Ok(())
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

//! LDAP Auth: a name and password of a directory (`auth-methods.md` section 12).

mod config;
mod directory;
mod name;
mod wire;

use vouchsafe_api::auth_ldap::{LdapAuthInput, LdapProof, MOST_PASSWORD, MOST_USERNAME};

use self::config::{Field, Service, Way};
pub use self::config::{LdapConfig, Ready};
use self::directory::{Directory, Found, in_time};
use self::name::{any_equal, folded, present};
use self::wire::{Code, Entry, Scope, Search};
use crate::method::Finding;
use crate::net::TIME_LIMIT;
use crate::{Context, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};

/// LDAP Auth.
pub struct LdapAuth;

/// Who somebody is.
#[derive(Debug)]
pub enum Facts {
    /// What the directory says of a user whose password was right.
    Found(User),
    /// A name that an administrator asks about: what the directory says of it is not known.
    Supposed(String),
}

/// What a directory says of a user.
#[derive(Debug)]
pub struct User {
    entry: Entry,
    /// The first of the allowed groups that it is a member of.
    group: Option<String>,
}

impl Method for LdapAuth {
    const ID: &'static str = "ldap-auth";
    const NAME: &'static str = "LDAP Auth";
    const RESPONSE_KEY: &'static str = "identityLdapAuth";
    const LOCKOUT: bool = true;
    const SECRETS: &'static [&'static str] = &["bindPass"];
    type Input = LdapAuthInput;
    type Config = LdapConfig;

    fn configure(stored: Option<LdapConfig>, input: LdapAuthInput) -> Result<LdapConfig, Issue> {
        let config = config::merged(stored, input);
        // What a template would fill in is not there to be checked; `inspect` refuses it.
        if config.template_id.is_none() {
            config::ready(&config)?;
        }
        Ok(config)
    }

    async fn inspect(context: &Context<'_>, config: &LdapConfig) -> Result<(), Refusal> {
        if config.template_id.is_some() {
            let why = "Templates of auth methods are not offered here: leave templateId out and send url, bindDN, \
                       bindPass and searchBase";
            return Err(Refusal::new(Reason::Configuration, why));
        }
        let ready = config::ready(config).map_err(unusable)?;
        let bound = in_time(&ready.place, async {
            let mut directory = Directory::open(context.outbound, &ready.place).await?;
            if let Way::Search(service) = &ready.way {
                serve(&mut directory, service).await?;
            }
            directory.close().await;
            Ok(())
        });
        bound.await.map_err(|refusal| {
            Refusal::new(refusal.reason, format!("Failed to connect to LDAP server: {}", refusal.why))
        })
    }
}

impl Login for LdapAuth {
    type Proof = LdapProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: LdapConfig) -> Result<Ready, Refusal> {
        config::ready(&config).map_err(unusable)
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &LdapProof) -> Result<Facts, Refusal> {
        let (name, password) = (proof.username.as_str(), proof.password.as_str());
        if !is_name(name) || password.is_empty() || password.len() > MOST_PASSWORD {
            return Err(Refusal::new(Reason::Malformed, "the user name or password is empty or too long"));
        }
        let asked = async {
            let mut directory = Directory::open(context.outbound, &ready.place).await?;
            let user = match &ready.way {
                Way::Search(service) => searched(&mut directory, ready, service, proof).await?,
                Way::Direct(template) => direct(&mut directory, ready, template.of(name), password).await?,
            };
            directory.close().await;
            Ok(Facts::Found(user))
        };
        in_time(&ready.place, asked).await
    }

    fn admit(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        match facts {
            Facts::Found(user) => admitted(ready, user),
            Facts::Supposed(name) => supposed(ready, name),
        }
    }

    fn proven(_: &Context<'_>, _: &Ready, _: &Facts) -> Proven {
        Proven::default()
    }

    fn counted(proof: &LdapProof) -> Option<String> {
        Some(folded(&proof.username))
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        let Sample::Username(name) = sample else { return None };
        Some(if is_name(name) {
            Ok(Facts::Supposed(name.clone()))
        } else {
            Err(Refusal::new(Reason::Malformed, "the user name is empty or too long"))
        })
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let mut steps = Findings::new();
        let probed = in_time(&ready.place, async {
            steps_of(context, ready, &mut steps).await;
            Ok(())
        });
        if let Err(refusal) = probed.await {
            steps.note("answer in time", Err(refusal));
        }
        steps.into_vec()
    }
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= MOST_USERNAME
}

fn admitted(ready: &Ready, user: &User) -> Findings {
    let User { entry, group } = user;
    let mut findings = Findings::new();
    for Field { name, values } in &ready.fields {
        let found = entry.values(name);
        findings.check(format!("attribute {name}"), !found.is_empty(), Reason::Attribute, || {
            format!("{:?} has no attribute {name}", entry.dn)
        });
        let fits = found.iter().any(|value| values.contains(value));
        findings.check(format!("value of {name}"), found.is_empty() || fits, Reason::Attribute, || {
            format!("{name} of {:?} has none of the allowed values", entry.dn)
        });
    }
    if !ready.groups.is_empty() {
        findings.check("group", group.is_some(), Reason::Attribute, || {
            format!("{:?} is a member of none of the allowed groups", entry.dn)
        });
    }
    findings
}

/// What can be said of a name without the directory. What only the directory knows counts as missing.
fn supposed(ready: &Ready, name: &str) -> Findings {
    let mut findings = Findings::new();
    let asked = match &ready.way {
        Way::Search(service) => format!("user name {name:?}, if one entry below {:?} has it", service.base),
        Way::Direct(template) => format!("user name {name:?}, if {:?} may bind", template.of(name)),
    };
    findings.note(asked, Ok(()));
    let unknown =
        |what: &str| Err(Refusal::new(Reason::Attribute, format!("only the directory knows {what}")));
    for Field { name, .. } in &ready.fields {
        findings.note(format!("value of {name}"), unknown(&format!("the user's {name}")));
    }
    if !ready.groups.is_empty() {
        findings.note("group", unknown("the user's groups"));
    }
    findings
}

/// Tries one step after the other, until one fails.
async fn steps_of(context: &Context<'_>, ready: &Ready, steps: &mut Findings) {
    let opened = Directory::open(context.outbound, &ready.place).await;
    let what = format!("connect to {}, with TLS if configured", ready.place.host);
    let mut directory = match opened {
        Ok(directory) => {
            steps.note(what, Ok(()));
            directory
        }
        Err(refusal) => return steps.note(what, Err(refusal)),
    };
    let Way::Search(service) = &ready.way else { return directory.close().await };
    let bound = serve(&mut directory, service).await;
    let is_bound = bound.is_ok();
    steps.note("bind as bindDN", bound);
    if is_bound {
        let found = directory.search(at(&service.base, present(), &["1.1"])).await;
        steps.note("read searchBase", found.and_then(|found| one(found, "searchBase").map(|_| ())));
    }
    directory.close().await;
}

fn unusable(issue: Issue) -> Refusal {
    Refusal::new(Reason::Configuration, issue.to_string())
}

fn wrong(why: impl Into<String>) -> Refusal {
    Refusal::new(Reason::Credentials, why)
}

/// A search for one entry at this DN.
fn at<'s>(base: &'s str, filter: ldap3::asn1::StructureTag, attributes: &'s [&'s str]) -> Search<'s> {
    Search { base, scope: Scope::Base, filter, attributes, limit: 2, seconds: seconds() }
}

fn seconds() -> u8 {
    u8::try_from(TIME_LIMIT.as_secs()).unwrap_or(u8::MAX)
}

/// Binds as who looks users up.
async fn serve(directory: &mut Directory, service: &Service) -> Result<(), Refusal> {
    match directory.bind(&service.dn, &service.password).await? {
        Code::SUCCESS => Ok(()),
        code if code.says_nothing() => Err(cannot_tell("the bind of bindDN", code)),
        code => Err(Refusal::new(
            Reason::Reviewer,
            format!("the directory refuses bindDN with bindPass: {}; correct them", code.name()),
        )),
    }
}

fn cannot_tell(what: &str, code: Code) -> Refusal {
    Refusal::new(Reason::Unreachable, format!("the directory answers {} to {what}", code.name()))
}

/// Binds as the user. Only a verdict on name or password counts as a guess.
async fn prove(directory: &mut Directory, dn: &str, password: &str) -> Result<(), Refusal> {
    match directory.bind(dn, password).await? {
        Code::SUCCESS => Ok(()),
        code if code.says_nothing() => Err(cannot_tell("the bind of the user", code)),
        code => Err(wrong(format!("the directory refuses the password of {dn:?}: {}", code.name()))),
    }
}

/// Looks the user up, then binds as what was found.
async fn searched(
    directory: &mut Directory,
    ready: &Ready,
    service: &Service,
    proof: &LdapProof,
) -> Result<User, Refusal> {
    serve(directory, service).await?;
    let attributes = wanted(ready);
    let search = Search {
        base: &service.base,
        scope: Scope::Subtree,
        filter: service.filter.of(&proof.username),
        attributes: &attributes,
        limit: 2,
        seconds: seconds(),
    };
    let entry = the_only(directory.search(search).await?)?;
    prove(directory, &entry.dn, &proof.password).await?;
    if !ready.groups.is_empty() {
        serve(directory, service).await?;
    }
    let group = group_of(directory, ready, &entry).await?;
    Ok(User { entry, group })
}

/// Binds as who the name stands for; what is asked for is read as that user.
async fn direct(
    directory: &mut Directory,
    ready: &Ready,
    dn: String,
    password: &str,
) -> Result<User, Refusal> {
    prove(directory, &dn, password).await?;
    if ready.fields.is_empty() && ready.groups.is_empty() {
        return Ok(User { entry: Entry { dn, ..Entry::default() }, group: None });
    }
    let attributes = wanted(ready);
    let found = directory.search(at(&dn, present(), &attributes)).await?;
    let entry = one(found, "the user's own entry")?;
    let group = group_of(directory, ready, &entry).await?;
    Ok(User { entry, group })
}

/// The attributes that are asked for, and those by which groups may name a user.
fn wanted(ready: &Ready) -> Vec<&str> {
    let names = ready.fields.iter().map(|field| field.name.as_str());
    names.chain(["uid"]).collect()
}

/// The one entry that has a name.
fn the_only(found: Found) -> Result<Entry, Refusal> {
    let Found { code, mut entries } = found;
    match (code, entries.len()) {
        (Code::SUCCESS, 1) => match entries.pop() {
            Some(entry) if !entry.dn.trim().is_empty() => Ok(entry),
            _ => Err(wrong("what the search filter finds has no DN")),
        },
        (Code::SUCCESS, 0) => Err(wrong("the search filter finds nobody of that name")),
        (Code::SUCCESS | Code::SIZE_LIMIT, _) => {
            Err(wrong("the search filter finds more than one entry of that name; it has to find exactly one"))
        }
        (code, _) => Err(failed(code, "searchBase")),
    }
}

/// The entry that is at a DN.
fn one(found: Found, what: &str) -> Result<Entry, Refusal> {
    let Found { code, mut entries } = found;
    match (code, entries.pop()) {
        (Code::SUCCESS, Some(entry)) => Ok(entry),
        (Code::SUCCESS, None) => Err(failed(Code::NO_SUCH_OBJECT, what)),
        (code, _) => Err(failed(code, what)),
    }
}

fn failed(code: Code, what: &str) -> Refusal {
    match code {
        Code::NO_SUCH_OBJECT | Code::INSUFFICIENT_ACCESS => Refusal::new(
            Reason::Reviewer,
            format!("{what} is not there, or who is bound may not read it ({})", code.name()),
        ),
        Code::REFERRAL => Refusal::new(
            Reason::ProviderAnswer,
            format!("{what} is in another directory, and referrals are not followed; configure that one"),
        ),
        code if code.says_nothing() => cannot_tell(what, code),
        code => Refusal::new(Reason::ProviderAnswer, format!("the search at {what} failed: {}", code.name())),
    }
}

/// The first of the allowed groups that a user is a member of. The directory compares the names: it knows when two DNs
/// are the same.
async fn group_of(directory: &mut Directory, ready: &Ready, user: &Entry) -> Result<Option<String>, Refusal> {
    for group in &ready.groups {
        let mut names = vec![("member", user.dn.as_str()), ("uniqueMember", user.dn.as_str())];
        names.extend(user.values("uid").iter().map(|uid| ("memberUid", uid.as_str())));
        let listed = is_there(directory, group, &names).await?;
        if listed || is_there(directory, &user.dn, &[("memberOf", group.as_str())]).await? {
            return Ok(Some(group.clone()));
        }
    }
    Ok(None)
}

/// Whether there is an entry with one of these values. A group that is not there, or that may not be read, has no members.
async fn is_there(directory: &mut Directory, dn: &str, values: &[(&str, &str)]) -> Result<bool, Refusal> {
    let Found { code, entries } = directory.search(at(dn, any_equal(values), &["1.1"])).await?;
    match code {
        Code::SUCCESS => Ok(!entries.is_empty()),
        code if code.says_nothing() => Err(cannot_tell("the question for a group", code)),
        _ => Ok(false),
    }
}

//! From stored roles and privileges to rules: what somebody holds now and from now on, what a role
//! would give, and whether that stays within what somebody else holds.

use serde_json::{Value, json};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::builtin::{OrgRole, ProjectRole};
use vouchsafe_policy::{
    Grant, GrantSource, Level, Missing, Permissions, Rule, TemplateUse, TemplateValues, boundary,
};
use vouchsafe_store::{HeldGrant, NewRoleRef, Role, Through};

use crate::http::error::{ApiError, ApiResult};
use crate::rules::{self, LOGIN_TEMPLATE, widest};

/// More different sets of roles than this, one after the other, are not looked at one by one.
const MOST_MOMENTS: usize = 64;

/// Rules of one role or privilege.
#[derive(Clone, Debug)]
enum Rules {
    Org(OrgRole),
    Project(ProjectRole),
    Listed(Vec<Rule>),
}

impl Rules {
    fn built_in(level: Level, slug: &str) -> Option<Self> {
        match level {
            Level::Organization => OrgRole::from_slug(slug).map(Self::Org),
            Level::Project => ProjectRole::from_slug(slug).map(Self::Project),
        }
    }

    /// As they are for the luckiest login.
    fn at_best(&self) -> ApiResult<Self> {
        let Self::Listed(rules) = self else { return Ok(self.clone()) };
        let values = rules.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
        let values = values.map_err(|error| ApiError::internal(error.to_string()))?;
        widest(&values, LOGIN_TEMPLATE).map(Self::Listed)
    }

    fn as_slice(&self) -> &[Rule] {
        match self {
            Self::Org(role) => role.rules(),
            Self::Project(role) => role.rules(),
            Self::Listed(rules) => rules,
        }
    }
}

/// One list of rules that somebody holds.
#[derive(Clone, Debug)]
struct Held {
    source: GrantSource,
    rules: Rules,
    window: Option<(Timestamp, Timestamp)>,
}

impl Held {
    fn is_active(&self, at: Timestamp) -> bool {
        self.window.is_none_or(|(start, end)| start <= at && at < end)
    }

    fn has_ended(&self, now: Timestamp) -> bool {
        self.window.is_some_and(|(start, end)| end <= now || end <= start)
    }
}

/// Everything that somebody holds at one level, at whatever time.
#[derive(Clone, Debug)]
pub struct Holdings {
    level: Level,
    held: Vec<Held>,
    values: TemplateValues,
}

impl Holdings {
    /// Reads stored grants.
    pub fn read(level: Level, grants: Vec<HeldGrant>) -> ApiResult<Self> {
        let held = grants.into_iter().map(|grant| held(level, grant)).collect::<ApiResult<_>>()?;
        Ok(Self { level, held, values: TemplateValues::none() })
    }

    /// What the rules are filled in with.
    pub fn templates(&self) -> TemplateUse {
        let rules = self.held.iter().flat_map(|held| held.rules.as_slice());
        rules.fold(TemplateUse::default(), |all, rule| all | rule.templates())
    }

    /// The same, with templates filled in.
    #[must_use]
    pub fn filled_with(self, values: TemplateValues) -> Self {
        Self { values, ..self }
    }

    /// What is left for a token that only these roles count for: of all else only what forbids.
    #[must_use]
    pub fn narrowed_to(mut self, roles: &[String]) -> Self {
        for held in &mut self.held {
            let counts = match &held.source {
                GrantSource::Role { slug } | GrantSource::GroupRole { slug, .. } => roles.contains(slug),
                GrantSource::Privilege { .. } => false,
            };
            if !counts {
                let forbidding = held.rules.as_slice().iter().filter(|rule| rule.inverted).cloned().collect();
                held.rules = Rules::Listed(forbidding);
            }
        }
        self
    }

    /// The same, if the custom role with this slug had these rules.
    #[must_use]
    pub fn with_role(mut self, role: &str, rules: &[Rule]) -> Self {
        for held in &mut self.held {
            let is_it = match &held.source {
                GrantSource::Role { slug } | GrantSource::GroupRole { slug, .. } => slug == role,
                GrantSource::Privilege { .. } => false,
            };
            if is_it {
                held.rules = Rules::Listed(rules.to_vec());
            }
        }
        self
    }

    /// The same, if the privilege with this slug had these rules, for this time or for good.
    #[must_use]
    pub fn with_privilege(
        mut self,
        privilege: &str,
        rules: &[Rule],
        window: Option<(Timestamp, Timestamp)>,
    ) -> Self {
        for held in &mut self.held {
            if matches!(&held.source, GrantSource::Privilege { slug } if slug == privilege) {
                held.rules = Rules::Listed(rules.to_vec());
                held.window = window;
            }
        }
        self
    }

    /// What is held at a time.
    pub fn at(&self, now: Timestamp) -> ApiResult<Permissions> {
        let active: Vec<&Held> = self.held.iter().filter(|held| held.is_active(now)).collect();
        compile(self.level, &active, &self.values)
    }

    /// When a temporary grant begins or ends next.
    pub fn changes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self.held.iter().filter_map(|held| held.window).flat_map(|(start, end)| [start, end]);
        times.filter(|at| *at > now).min()
    }

    /// Refuses with 403 when anything is held, now or later, that `actor` does not hold.
    pub fn within(&self, actor: &Permissions, now: Timestamp, message: &str) -> ApiResult<()> {
        let all = self.at_best()?;
        let coming: Vec<&Held> = all.held.iter().filter(|held| !held.has_ended(now)).collect();
        let mut moments: Vec<Timestamp> = coming
            .iter()
            .filter_map(|held| held.window)
            .flat_map(|(start, end)| [start, end])
            .filter(|at| *at > now)
            .chain([now])
            .collect();
        moments.sort_unstable();
        moments.dedup();
        if moments.len() > MOST_MOMENTS {
            // Who holds each of them holds all of them together, whenever that is.
            return coming.iter().try_for_each(|held| {
                within_boundary(actor, &compile(self.level, &[held], &self.values)?, message)
            });
        }
        moments.into_iter().try_for_each(|at| within_boundary(actor, &all.at(at)?, message))
    }

    /// Refuses with 403 when the end of all this may give anybody anything that `actor` does not hold:
    /// what a rule that forbids forbade.
    pub fn may_end(&self, actor: &Permissions, now: Timestamp, message: &str) -> ApiResult<()> {
        for held in self.held.iter().filter(|held| !held.has_ended(now)) {
            let values = held.rules.as_slice().iter().map(serde_json::to_value);
            let values: Vec<Value> =
                values.collect::<Result<_, _>>().map_err(|error| ApiError::internal(error.to_string()))?;
            rules::within(actor, &rules::freed(&values, &[]), message)?;
        }
        Ok(())
    }

    /// The same for the luckiest login: nobody knows what its proof will say.
    fn at_best(&self) -> ApiResult<Self> {
        let mut best = self.clone();
        if self.templates().login {
            for held in &mut best.held {
                held.rules = held.rules.at_best()?;
            }
        }
        Ok(best)
    }
}

fn held(level: Level, grant: HeldGrant) -> ApiResult<Held> {
    let slug = grant.custom.as_ref().map(|custom| custom.slug.clone()).or(grant.built_in.clone());
    let slug = slug.ok_or_else(|| ApiError::internal("a grant without rules"))?;
    let rules = match (grant.custom, grant.built_in) {
        (Some(custom), _) => {
            let permissions: Vec<Value> =
                serde_json::from_str(&custom.permissions).map_err(|error| unreadable(&slug, &error))?;
            Rules::Listed(parse(&slug, &permissions)?)
        }
        (None, Some(role)) => Rules::built_in(level, &role)
            .ok_or_else(|| ApiError::internal(format!("unknown role {role} in a membership")))?,
        (None, None) => return Err(ApiError::internal("a grant without rules")),
    };
    let source = match grant.through {
        Through::Role => GrantSource::Role { slug },
        Through::Group(group) => GrantSource::GroupRole { group, slug },
        Through::Privilege => GrantSource::Privilege { slug },
    };
    Ok(Held { source, rules, window: grant.window })
}

/// Stored rules; they were checked before they were stored.
fn parse(slug: &str, permissions: &[Value]) -> ApiResult<Vec<Rule>> {
    let one = |rule: &Value| serde_json::from_value(rule.clone()).map_err(|error| unreadable(slug, &error));
    permissions.iter().map(one).collect()
}

fn unreadable(slug: &str, error: &serde_json::Error) -> ApiError {
    ApiError::internal(format!("the stored rules of {slug} cannot be read: {error}"))
}

fn compile(level: Level, held: &[&Held], values: &TemplateValues) -> ApiResult<Permissions> {
    match held {
        [] => return Ok(Permissions::none(level)),
        // Compiled already, as a role of one's own.
        [Held { rules: Rules::Org(role), source: GrantSource::Role { .. }, .. }] => {
            return Ok(role.permissions().clone());
        }
        [Held { rules: Rules::Project(role), source: GrantSource::Role { .. }, .. }] => {
            return Ok(role.permissions().clone());
        }
        _ => {}
    }
    let grant = |held: &&Held| Grant { source: held.source.clone(), rules: held.rules.as_slice().to_vec() };
    let grants: Vec<Grant> = held.iter().map(grant).collect();
    Permissions::compile_for(level, &grants, values).map_err(|error| ApiError::internal(error.to_string()))
}

/// A role that can be given.
#[derive(Clone, Debug)]
pub struct Offered {
    level: Level,
    slug: String,
    role: NewRoleRef,
    rules: Rules,
}

impl Offered {
    /// A built-in role.
    pub fn built_in(level: Level, slug: &str) -> Option<Self> {
        let rules = Rules::built_in(level, slug)?;
        Some(Self { level, slug: slug.to_owned(), role: NewRoleRef::built_in(slug), rules })
    }

    /// A custom role.
    pub fn custom(role: &Role) -> ApiResult<Self> {
        let level = if role.scope.project().is_some() { Level::Project } else { Level::Organization };
        let rules = Rules::Listed(parse(&role.slug, &role.permissions)?);
        Ok(Self { level, slug: role.slug.clone(), role: role.to_give(), rules })
    }

    /// The slug by which it is given.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Whether it is not the same for everybody.
    pub fn is_templated(&self) -> bool {
        self.rules.as_slice().iter().any(|rule| rule.templates().any())
    }

    /// The role, as changes take it.
    pub fn role(&self) -> &NewRoleRef {
        &self.role
    }

    /// Refuses with 403 when it gives anybody anything that `actor` does not hold.
    pub fn within(&self, actor: &Permissions, message: &str) -> ApiResult<()> {
        let rules = match &self.rules {
            Rules::Listed(rules) => {
                let values = rules.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
                let values = values.map_err(|error| ApiError::internal(error.to_string()))?;
                Rules::Listed(widest(&values, "{{")?)
            }
            built_in => built_in.clone(),
        };
        self.measure(rules, actor, &TemplateValues::none(), message)
    }

    /// The same for one holder, of whom everything is known but what logins will prove.
    pub fn within_for(&self, actor: &Permissions, values: &TemplateValues, message: &str) -> ApiResult<()> {
        self.measure(self.rules.at_best()?, actor, values, message)
    }

    fn measure(
        &self,
        rules: Rules,
        actor: &Permissions,
        values: &TemplateValues,
        message: &str,
    ) -> ApiResult<()> {
        let held = Held { source: GrantSource::Role { slug: self.slug.clone() }, rules, window: None };
        within_boundary(actor, &compile(self.level, &[&held], values)?, message)
    }
}

/// How many missing permissions an administrator is shown; the example is what explains.
const SHOWN_MISSING: usize = 20;

fn evidence(missing: &Missing) -> Value {
    let shown = &missing.permissions[..missing.permissions.len().min(SHOWN_MISSING)];
    json!({ "missingPermissions": shown, "example": missing.counter_example })
}

/// Refuses with 403 when `target` holds anything that `actor` does not.
pub fn within_boundary(actor: &Permissions, target: &Permissions, message: &str) -> ApiResult<()> {
    boundary(actor, target).map_err(|missing| {
        let none = || json!({ "missingPermissions": [] });
        ApiError::forbidden(message.to_owned())
            .named("PermissionBoundaryError")
            .because(missing.example.clone())
            .with_evidence(evidence(&missing))
            .with_details(serde_json::to_value(&missing).unwrap_or_else(|_| none()))
    })
}

//! Who may do what: permission rules and the decisions they lead to.
//!
//! Pure: no I/O, no clock, no database types. A route names what it needs as a [`Need`] and what it touches as an
//! [`Object`]; [`Permissions::check`] answers with a [`Permit`] (a value that changes take as an argument) or with
//! [`Denied`]. [`boundary()`] says whether one actor holds everything that another one holds.

mod boundary;
pub mod builtin;
pub mod catalogue;
mod condition;
mod decision;
mod error;
mod field;
mod glob;
mod grant;
mod level;
mod list;
mod need;
mod object;
mod operator;
mod permissions;
mod permit;
mod rule;
mod template;
mod v1;
mod words;

pub use boundary::{CounterExample, Difference, Fact, Gap, Missing, MissingPermission, boundary, diff};
pub use condition::{Condition, Conditions};
pub use decision::{Considered, Decider, Decision, Outcome};
pub use error::{ConditionError, GlobError, RuleError, RuleListError};
pub use field::Field;
pub use glob::Glob;
pub use grant::{Grant, GrantSource};
pub use level::Level;
pub use list::RuleList;
pub use need::{Need, org, project};
pub use object::Object;
pub use operator::{ElemMatch, Operator, Tests};
pub use permissions::Permissions;
pub use permit::{Denied, Permit, PermitSource};
pub use rule::Rule;
pub use template::{TemplateError, TemplateUse, TemplateValues};
pub use v1::{from_v1, to_v1};
pub use words::verb;

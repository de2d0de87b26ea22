//! What was typed into a form, and what is wrong with it.

use std::fmt;

use crate::api::Refused;

/// The fields of a form with what was typed, and the problems to show beside them.
#[derive(Clone, Default)]
pub(crate) struct Form {
    values: Vec<(String, String)>,
    problems: Vec<(String, String)>,
    message: Option<String>,
}

/// Names of fields only: passwords and secrets are typed into forms.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values.iter().map(|(name, _)| name)).finish()
    }
}

impl Form {
    /// Reads what a browser sent.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let values = form_urlencoded::parse(bytes);
        // Browsers send line ends of text areas as CR and LF.
        let values = values.map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect();
        Self { values, ..Self::default() }
    }

    /// The same form with a value for a field, beside those that it has.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// The same form without what was typed into a field: secrets are not sent back.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.values.retain(|(found, _)| found != name);
        self
    }

    /// What was typed into a field; empty if nothing was.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.values.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str())
    }

    /// The same without white space around it; `None` if nothing is left.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// All values of a field that may come several times.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.values.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked, or this value is among those of a field.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.values.iter().any(|(found, _)| found == name)
    }

    /// Whether a field has this value.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|one| one == value)
    }

    /// The names and values, in the order of the page.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Notes what is wrong with a field.
    pub(crate) fn refuse(&mut self, field: &str, problem: impl Into<String>) {
        self.problems.push((field.to_owned(), problem.into()));
    }

    /// Notes which of these fields have nothing in them, and answers whether none has. The API takes an empty text for
    /// one that is not sent, and would change nothing.
    pub(crate) fn has_all(&mut self, fields: &[&str]) -> bool {
        let empty: Vec<&str> = fields.iter().copied().filter(|field| self.given(field).is_none()).collect();
        for field in &empty {
            self.refuse(field, "Expected at least one character");
        }
        empty.is_empty()
    }

    /// Notes what the API did not accept.
    #[must_use]
    pub(crate) fn refused(mut self, refused: &Refused) -> Self {
        self.message = Some(refused.message.clone());
        self.problems.extend(refused.issues.iter().cloned());
        self
    }

    /// Whether a problem was noted.
    pub(crate) fn is_refused(&self) -> bool {
        self.message.is_some() || !self.problems.is_empty()
    }

    /// What is wrong with a field, or with a part of it.
    pub(crate) fn problem(&self, field: &str) -> Option<&str> {
        let is_of =
            |path: &str| path == field || path.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'));
        self.problems.iter().find(|(path, _)| is_of(path)).map(|(_, problem)| problem.as_str())
    }

    /// What is wrong with the whole, to be shown above the form.
    pub(crate) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// All problems with their fields: shown above the form, so that none can be overlooked.
    pub(crate) fn problems(&self) -> &[(String, String)] {
        &self.problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back() {
        let form = Form::read(b"name=a+b&on=1&scope=x&scope=y%26&text=one%0D%0Atwo&empty=+");
        assert_eq!((form.text("name"), form.text("missing")), ("a b", ""));
        assert_eq!(form.all("scope").collect::<Vec<_>>(), ["x", "y&"]);
        assert!(form.is_on("on") && !form.is_on("off") && form.has("scope", "y&"));
        assert_eq!(
            (form.text("text"), form.given("empty"), form.given("name")),
            ("one\ntwo", None, Some("a b"))
        );
    }

    #[test]
    fn empty_fields_are_noted() {
        let mut form = Form::read(b"name=a&slug=+&other=");
        assert!(form.has_all(&["name"]) && !form.is_refused());
        assert!(!form.has_all(&["name", "slug", "missing"]));
        let noted: Vec<&str> = form.problems().iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(noted, ["slug", "missing"]);
    }

    #[test]
    fn what_was_typed_is_not_in_debug() {
        let form = Form::read(b"email=a&password=canary");
        assert_eq!(format!("{form:?}"), r#"["email", "password"]"#);
    }

    #[test]
    fn problems_of_parts_are_shown_at_the_field() {
        let mut form = Form::default();
        form.refuse("trustedIps.0.ipAddress", "Expected an address");
        assert_eq!(form.problem("trustedIps"), Some("Expected an address"));
        assert_eq!((form.problem("trusted"), form.is_refused()), (None, true));
    }
}

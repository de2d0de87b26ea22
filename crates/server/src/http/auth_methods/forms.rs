//! The methods as forms: what a page has to know to offer every one of them.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor, value};
use serde::forward_to_deserialize_any;
use vouchsafe_api::auth_methods::{MethodSettings, SourceInput};
use vouchsafe_attest::{Login, Method, Sample};

use super::kind::Kind;

/// A method, for whoever makes a form of it. Its fields are in the schema of the route that attaches it.
#[derive(Clone, Debug)]
pub struct MethodForm {
    /// Id and path segment, such as `universal-auth`.
    pub id: &'static str,
    /// Name for people, such as `Universal Auth`.
    pub name: &'static str,
    /// Key of the configuration in answers.
    pub response_key: &'static str,
    /// The route that attaches it; changing and removing it has the same path.
    pub path: &'static str,
    /// Whether failed logins are counted and lock.
    pub lockout: bool,
    /// Whether tokens may be periodic.
    pub periodic: bool,
    /// Whether an identity logs in with a proof: then it may have several sources, and they can be tested.
    pub proves: bool,
    /// What can be asked about before anybody logs in, as the fields of `POST /api/v1/access/what-if`; empty if nothing can.
    pub samples: Vec<&'static str>,
    /// Fields whose values are secret.
    pub secrets: &'static [&'static str],
    /// Names of the method's own fields, in the order in which they are described.
    pub own: &'static [&'static str],
    /// Names of the fields that name a source and narrow its tokens.
    pub source: &'static [&'static str],
    /// Names of the fields that all methods share.
    pub shared: &'static [&'static str],
}

impl MethodForm {
    /// Of a method by which identities log in with a proof.
    pub(super) fn of_login<M: Login>() -> Self {
        Self { proves: true, samples: samples::<M>(), ..Self::of::<M>() }
    }

    /// Of any other method.
    pub(super) fn of<M: Method>() -> Self {
        let kind = Kind::of::<M>();
        Self {
            id: kind.id,
            name: kind.name,
            response_key: kind.response_key,
            path: super::path(&kind, ""),
            lockout: kind.lockout,
            periodic: kind.periodic,
            proves: false,
            samples: Vec::new(),
            secrets: kind.secrets,
            own: field_names::<M::Input>(),
            source: field_names::<SourceInput>(),
            shared: field_names::<MethodSettings>(),
        }
    }
}

/// The kinds of samples that a method takes: it says of nothing, too, whether that is one.
fn samples<M: Login>() -> Vec<&'static str> {
    let nothing = String::new;
    let all = [
        ("jwt", Sample::Jwt(nothing())),
        ("arn", Sample::Arn(nothing())),
        ("certificate", Sample::Certificate(nothing())),
        ("username", Sample::Username(nothing())),
        ("ocid", Sample::Ocid(nothing())),
    ];
    all.into_iter().filter(|(_, sample)| M::suppose(sample).is_some()).map(|(name, _)| name).collect()
}

/// The names of a struct's fields as they are declared: a schema has them in the order of the alphabet.
fn field_names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &[&str] = &[];
    // It always fails; by then the struct has said what its fields are.
    let _ = T::deserialize(Names(&mut names));
    names
}

struct Names<'n>(&'n mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Error::custom("no struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        Err(Error::custom("only its fields"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use http::Method as HttpMethod;

    use crate::http::{method_forms, openapi};

    #[test]
    fn every_method_has_a_form_whose_fields_are_described_by_its_route() {
        let forms = method_forms();
        assert_eq!(forms.len(), 13);
        for form in forms {
            for method in [HttpMethod::POST, HttpMethod::PATCH] {
                let schema = openapi::input_of(&method, form.path).unwrap();
                let names = schema["properties"].as_object().unwrap();
                for name in form.own.iter().chain(form.source).chain(form.shared).chain(form.secrets) {
                    assert!(names.contains_key(*name), "{}: {name}", form.id);
                }
                assert_eq!(
                    names.len(),
                    form.own.len() + form.source.len() + form.shared.len(),
                    "{}",
                    form.id
                );
                assert!(!schema.to_string().contains("$ref"), "{}", form.id);
            }
        }
        let jwt = forms.iter().find(|form| form.id == "jwt-auth").unwrap();
        assert_eq!(jwt.own[..2], ["configurationType", "jwksUrl"]);
    }

    #[test]
    fn methods_that_take_proofs_take_samples() {
        for form in method_forms() {
            assert_eq!(form.proves, !form.samples.is_empty(), "{}", form.id);
        }
        let of = |id| &method_forms().iter().find(|form| form.id == id).unwrap().samples;
        assert_eq!((of("jwt-auth"), of("aws-auth")), (&vec!["jwt"], &vec!["arn"]));
        assert_eq!(of("spiffe-auth"), &["jwt", "certificate"]);
    }

    #[test]
    fn what_is_no_route_has_no_input() {
        assert!(openapi::input_of(&HttpMethod::POST, "/nothing").is_none());
    }
}

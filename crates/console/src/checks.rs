//! What was looked at when a configuration was tried out or a sample was compared: in words, with what to do next.

use vouchsafe_api::auth_checks::CheckStep;

/// One thing that was looked at.
pub(crate) struct Step {
    /// What.
    pub(crate) what: String,
    /// What is wrong with it.
    pub(crate) wrong: Option<Wrong>,
}

/// What is wrong with something.
pub(crate) struct Wrong {
    /// The kind of fault, in a few words.
    pub(crate) title: &'static str,
    /// What was found and what was expected.
    pub(crate) why: String,
    /// What to do next.
    pub(crate) next: &'static str,
    /// The stable code, as in the audit log and in the guides.
    pub(crate) code: String,
}

impl From<CheckStep> for Step {
    fn from(step: CheckStep) -> Self {
        let CheckStep { what, ok, reason, why } = step;
        let wrong = (!ok).then(|| {
            let code = reason.unwrap_or_default();
            let (title, next) = told(&code);
            Wrong { title, why: why.unwrap_or_default(), next, code }
        });
        Self { what, wrong }
    }
}

/// The steps, in their order.
pub(crate) fn steps(steps: Vec<CheckStep>) -> Vec<Step> {
    steps.into_iter().map(Step::from).collect()
}

/// How many of them are wrong.
pub(crate) fn faults(steps: &[Step]) -> usize {
    steps.iter().filter(|step| step.wrong.is_some()).count()
}

/// Codes of reasons, what they say in a few words, and what to do next.
const REASONS: [(&str, &str, &str); 27] = [
    (
        "malformed-proof",
        "It cannot be read",
        "See what this method takes, and send all of it, without anything around it.",
    ),
    (
        "algorithm-not-allowed",
        "Another algorithm",
        "Have the issuer sign with an algorithm that the source allows, or allow this one.",
    ),
    (
        "unknown-key",
        "No such key",
        "The issuer may have changed its keys: enter the new ones, or see that its key set is current.",
    ),
    (
        "invalid-signature",
        "The signature is not valid",
        "Compare the keys of the source with those of the issuer.",
    ),
    ("expired", "It has expired", "Have the workload get a new one, and compare the clocks of both sides."),
    ("not-yet-valid", "It is not valid yet", "Compare the clocks of both sides."),
    (
        "too-old",
        "It is too old",
        "Have the workload log in right after it gets the proof, or let the source take older ones.",
    ),
    (
        "replayed",
        "It was used before",
        "Have the workload get a new one for every login, or let the source take one several times.",
    ),
    (
        "issuer-mismatch",
        "Another issuer",
        "Correct the issuer of the source if this one is meant; letter by letter, also a slash at the end.",
    ),
    (
        "subject-mismatch",
        "Another subject",
        "Correct the subject that the source asks for if this one is meant.",
    ),
    (
        "audience-mismatch",
        "Another audience",
        "Have the workload ask for a token for an audience of the source, or allow this one.",
    ),
    (
        "claim-missing",
        "A claim is missing",
        "Have the issuer put the claim into its tokens, or do not ask for it.",
    ),
    ("claim-mismatch", "A claim has another value", "Allow this value of the claim if it is meant."),
    (
        "account-mismatch",
        "Another account, tenant or project",
        "Allow the account, tenant or project that the workload belongs to.",
    ),
    ("principal-mismatch", "Another principal", "Allow this principal if it is meant."),
    ("place-mismatch", "Another place", "Allow the namespace, zone or region in which the workload runs."),
    (
        "certificate-name-mismatch",
        "Another name in the certificate",
        "Allow this name if it is meant, or issue a certificate with a name that is allowed.",
    ),
    (
        "certificate-path-invalid",
        "No valid path to an authority",
        "Add the authority that issued it, and send the certificates between them along.",
    ),
    (
        "certificate-revoked",
        "It is revoked, or nobody can tell",
        "Issue a new certificate, or enter the newest list of revoked certificates.",
    ),
    (
        "invalid-credentials",
        "Name or password is wrong",
        "Enter them again, and try them with a tool of the directory.",
    ),
    (
        "attribute-mismatch",
        "An attribute or group is missing",
        "Look the user up in the directory, and compare with what the source asks for.",
    ),
    ("provider-refused", "The provider refused it", "Look into the provider's own log: it knows why."),
    (
        "provider-unreachable",
        "The provider cannot be reached",
        "Check the address, name resolution and firewalls between this server and the provider, then test again.",
    ),
    (
        "provider-answer-invalid",
        "The answer cannot be understood",
        "See that the address is that of the provider, not of a proxy or login page in front of it.",
    ),
    (
        "target-blocked",
        "This address may not be called",
        "Use a public address, or have whoever runs this server allow the network.",
    ),
    (
        "reviewer-refused",
        "The stored credential is not accepted",
        "Store a new credential, with the rights that the guide of this method names.",
    ),
    (
        "configuration-unusable",
        "The configuration cannot be used",
        "Correct the setting that is named here, and save.",
    ),
];

/// A reason in a few words, and what to do next.
fn told(code: &str) -> (&'static str, &'static str) {
    let found = REASONS.iter().find(|(known, _, _)| *known == code);
    found.map_or(("It is not as it should be", "Look into the guide of this method."), |(_, title, next)| {
        (title, next)
    })
}

#[cfg(test)]
mod tests {
    use vouchsafe_attest::Reason;

    use super::*;

    #[test]
    fn every_reason_says_what_to_do_next() {
        for reason in Reason::ALL {
            assert!(REASONS.iter().any(|(code, _, _)| *code == reason.code()), "{}", reason.code());
        }
        assert_eq!(REASONS.len(), Reason::ALL.len());
    }

    #[test]
    fn faults_are_told_and_what_is_right_is_left_alone() {
        let step = |ok, reason: Option<&str>| CheckStep {
            what: "issuer".to_owned(),
            ok,
            reason: reason.map(str::to_owned),
            why: Some("found x".to_owned()),
        };
        let steps =
            steps(vec![step(true, None), step(false, Some("issuer-mismatch")), step(false, Some("new"))]);
        assert_eq!(faults(&steps), 2);
        let wrong = steps[1].wrong.as_ref().unwrap();
        assert_eq!(
            (wrong.title, wrong.why.as_str(), wrong.code.as_str()),
            ("Another issuer", "found x", "issuer-mismatch")
        );
        assert!(!steps[2].wrong.as_ref().unwrap().next.is_empty());
    }
}

//! For whom each method is, in a sentence.

/// Ids of methods, for whom they are, and what they ask of the workload.
const HINTS: [(&str, &str); 13] = [
    ("universal-auth", "Anything that can keep a client id and a client secret. Works everywhere."),
    ("token-auth", "Scripts and tools that can hold nothing but a ready token. No login at all."),
    ("kubernetes-auth", "Pods: they present the token of their service account. No secret to hand out."),
    ("aws-auth", "EC2, Lambda, ECS and everything else with an IAM role: they sign a request to STS."),
    ("azure-auth", "Azure machines and functions with a managed identity or a service principal."),
    ("gcp-auth", "Google Cloud machines, Cloud Run, functions and service accounts."),
    (
        "oidc-auth",
        "CI jobs and others with an OIDC token: GitHub Actions, GitLab, Terraform Cloud, CircleCI.",
    ),
    ("jwt-auth", "Workloads whose platform signs JWTs, with a key set at a URL or keys written down here."),
    ("ldap-auth", "Service accounts of a directory, such as Active Directory, with name and password."),
    ("tls-cert-auth", "Machines with a client certificate of your own authority."),
    (
        "spiffe-auth",
        "Workloads with an SVID of a SPIFFE trust domain, such as those of SPIRE or a service mesh.",
    ),
    ("oci-auth", "Users of Oracle Cloud: they sign a request with their API key."),
    ("alicloud-auth", "Users and roles of Alibaba Cloud: they sign a request to STS."),
];

/// For whom this method is.
pub(super) fn hint(method: &str) -> &'static str {
    HINTS.iter().find(|(id, _)| *id == method).map_or("", |(_, hint)| hint)
}

#[cfg(test)]
mod tests {
    use vouchsafe_server::http::method_forms;

    #[test]
    fn every_method_says_for_whom_it_is() {
        for form in method_forms() {
            assert!(!super::hint(form.id).is_empty(), "{}", form.id);
        }
    }
}

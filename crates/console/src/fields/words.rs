//! Names of fields as people read them.

/// Words that are written otherwise than programs write them.
const WORDS: [(&str, &str); 24] = [
    ("arns", "ARNs"),
    ("aws", "AWS"),
    ("ca", "CA"),
    ("cert", "certificate"),
    ("crl", "CRL"),
    ("dn", "DN"),
    ("id", "ID"),
    ("ids", "IDs"),
    ("ip", "IP"),
    ("ips", "IPs"),
    ("jwks", "JWKS"),
    ("jwt", "JWT"),
    ("ldap", "LDAP"),
    ("max", "maximum"),
    ("num", "number of"),
    ("ocid", "OCID"),
    ("oidc", "OIDC"),
    ("pass", "password"),
    ("spiffe", "SPIFFE"),
    ("sts", "STS"),
    ("tls", "TLS"),
    ("ttl", "TTL"),
    ("url", "URL"),
    ("usernames", "user names"),
];

/// Fields whose names do not say enough.
const NAMES: [(&str, &str); 7] = [
    ("accessTokenTTL", "Token TTL, seconds"),
    ("accessTokenMaxTTL", "Longest life over all renewals, seconds"),
    ("accessTokenNumUsesLimit", "Requests a token may make"),
    ("accessTokenPeriod", "Token period, seconds"),
    ("accessTokenTrustedIps", "Networks that tokens may be used from"),
    ("clientSecretTrustedIps", "Networks that logins may come from"),
    ("roles", "Only these roles"),
];

/// `jwksCaCert` as "JWKS CA certificate".
pub(crate) fn label(name: &str) -> String {
    if let Some((_, label)) = NAMES.iter().find(|(known, _)| *known == name) {
        return (*label).to_owned();
    }
    let words: Vec<String> = words(name).iter().map(|word| said(word)).collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn said(word: &str) -> String {
    let word = word.to_lowercase();
    WORDS.iter().find(|(known, _)| *known == word).map_or(word, |(_, said)| (*said).to_owned())
}

/// Takes a name in camel case apart; capitals that follow each other are one word.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut was_capital = true;
    for letter in name.chars() {
        let is_capital = letter.is_uppercase();
        match words.last_mut() {
            Some(word) if !is_capital || was_capital => word.push(letter),
            _ => words.push(letter.to_string()),
        }
        was_capital = is_capital;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_in_words() {
        for (name, said) in [
            ("jwksCaCert", "JWKS CA certificate"),
            ("bindDN", "Bind DN"),
            ("accessTokenTTL", "Token TTL, seconds"),
            ("allowedNamespaces", "Allowed namespaces"),
            ("oidcDiscoveryUrl", "OIDC discovery URL"),
            ("type", "Type"),
        ] {
            assert_eq!(label(name), said);
        }
    }
}

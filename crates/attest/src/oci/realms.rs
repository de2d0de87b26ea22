//! The closed list of realms and regions of Oracle's cloud, and the identity hosts that follow from it.

/// A realm: tenancies of one are unknown in the others.
struct Realm {
    /// As OCIDs name it.
    name: &'static str,
    domain: &'static str,
    regions: &'static [&'static str],
}

const REALMS: &[Realm] = &[
    Realm {
        name: "oc1",
        domain: "oraclecloud.com",
        regions: &[
            "af-casablanca-1",
            "af-johannesburg-1",
            "ap-batam-1",
            "ap-chuncheon-1",
            "ap-delhi-1",
            "ap-hyderabad-1",
            "ap-kulai-2",
            "ap-melbourne-1",
            "ap-mumbai-1",
            "ap-osaka-1",
            "ap-seoul-1",
            "ap-singapore-1",
            "ap-singapore-2",
            "ap-sydney-1",
            "ap-tokyo-1",
            "ca-montreal-1",
            "ca-toronto-1",
            "eu-amsterdam-1",
            "eu-frankfurt-1",
            "eu-madrid-1",
            "eu-madrid-3",
            "eu-marseille-1",
            "eu-milan-1",
            "eu-paris-1",
            "eu-stockholm-1",
            "eu-turin-1",
            "eu-zurich-1",
            "il-jerusalem-1",
            "me-abudhabi-1",
            "me-dubai-1",
            "me-jeddah-1",
            "me-riyadh-1",
            "mx-monterrey-1",
            "mx-queretaro-1",
            "sa-bogota-1",
            "sa-santiago-1",
            "sa-saopaulo-1",
            "sa-valparaiso-1",
            "sa-vinhedo-1",
            "uk-cardiff-1",
            "uk-london-1",
            "us-ashburn-1",
            "us-chicago-1",
            "us-phoenix-1",
            "us-saltlake-2",
            "us-sanjose-1",
        ],
    },
    Realm { name: "oc2", domain: "oraclegovcloud.com", regions: &["us-langley-1", "us-luke-1"] },
    Realm {
        name: "oc3",
        domain: "oraclegovcloud.com",
        regions: &["us-gov-ashburn-1", "us-gov-chicago-1", "us-gov-phoenix-1"],
    },
    Realm { name: "oc4", domain: "oraclegovcloud.uk", regions: &["uk-gov-cardiff-1", "uk-gov-london-1"] },
    Realm { name: "oc8", domain: "oraclecloud8.com", regions: &["ap-chiyoda-1", "ap-ibaraki-1"] },
    Realm { name: "oc9", domain: "oraclecloud9.com", regions: &["me-dcc-muscat-1", "me-ibri-1"] },
    Realm { name: "oc10", domain: "oraclecloud10.com", regions: &["ap-dcc-canberra-1"] },
    Realm {
        name: "oc14",
        domain: "oraclecloud14.com",
        regions: &[
            "eu-dcc-dublin-1",
            "eu-dcc-dublin-2",
            "eu-dcc-milan-1",
            "eu-dcc-milan-2",
            "eu-dcc-rating-1",
            "eu-dcc-rating-2",
        ],
    },
    Realm { name: "oc15", domain: "oraclecloud15.com", regions: &["ap-dcc-gazipur-1"] },
    Realm { name: "oc19", domain: "oraclecloud.eu", regions: &["eu-frankfurt-2", "eu-madrid-2"] },
    Realm { name: "oc20", domain: "oraclecloud20.com", regions: &["eu-jovanovac-1"] },
];

/// Whether OCIDs may name this realm.
pub(super) fn is_realm(name: &str) -> bool {
    REALMS.iter().any(|realm| realm.name == name)
}

/// Whether this is the identity service of a region of the realm: `identity.{region}.{domain}`, also with the `oci.` that
/// newer SDKs put before the domain.
pub(super) fn serves(host: &str, realm: &str) -> bool {
    let Some(realm) = REALMS.iter().find(|known| known.name == realm) else { return false };
    realm.regions.iter().any(|region| {
        let rest = host.strip_prefix("identity.").and_then(|rest| rest.strip_prefix(region));
        let rest = rest.and_then(|rest| rest.strip_prefix('.'));
        rest.is_some_and(|rest| rest.strip_prefix("oci.").unwrap_or(rest) == realm.domain)
    })
}

/// A host of the realm, to see whether it can be reached.
pub(super) fn some_host(realm: &str) -> Option<String> {
    let realm = REALMS.iter().find(|known| known.name == realm)?;
    Some(format!("identity.{}.{}", realm.regions.first()?, realm.domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_identity_hosts_of_the_realm_are_served() {
        for (host, realm, is_served) in [
            ("identity.eu-frankfurt-1.oraclecloud.com", "oc1", true),
            ("identity.eu-frankfurt-1.oci.oraclecloud.com", "oc1", true),
            ("identity.us-gov-ashburn-1.oraclegovcloud.com", "oc3", true),
            ("identity.us-gov-ashburn-1.oraclegovcloud.com", "oc2", false),
            ("identity.eu-frankfurt-1.oraclecloud.com", "oc19", false),
            ("identity.eu-frankfurt-9.oraclecloud.com", "oc1", false),
            ("iaas.eu-frankfurt-1.oraclecloud.com", "oc1", false),
            ("identity.eu-frankfurt-1.oraclecloud.com.evil.example", "oc1", false),
            ("identity.eu-frankfurt-1.evil.oraclecloud.com", "oc1", false),
            ("identity.eu-frankfurt-1.oraclecloud.com:8443", "oc1", false),
            ("", "oc1", false),
        ] {
            assert_eq!(serves(host, realm), is_served, "{host} {realm}");
        }
        assert!(!is_realm("oc99"));
    }
}

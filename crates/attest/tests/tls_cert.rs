//! Certificate trees, good and bad, through the whole check of TLS Certificate Auth.
#![allow(clippy::unwrap_used)]

mod trees;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519, PKCS_RSA_SHA256,
    SerialNumber, date_time_ymd,
};
use serde_json::{Value, json};
use trees::{Ca, Leaf, authority, client, key, named};
use vouchsafe_api::auth_tls_cert::TlsCertProof;
use vouchsafe_attest::tls_cert::TlsCertAuth;
use vouchsafe_attest::{Context, Endpoints, Login, Method, Reason, Refusal, Sample, Workshop};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::time::Timestamp;

/// 24 November 2026.
const NOW: Timestamp = Timestamp::from_millis(1_795_478_400_000);

fn workshop() -> Workshop {
    Workshop::new(Vec::new(), Endpoints::default())
}

fn context<'a>(workshop: &'a Workshop, chain: &'a [Vec<u8>]) -> Context<'a> {
    workshop.context(NOW, IdentityId::from_uuid(uuid::Uuid::nil()), Some(chain))
}

fn ready(config: Value) -> Result<<TlsCertAuth as Login>::Ready, Refusal> {
    let config = TlsCertAuth::configure(None, serde_json::from_value(config).unwrap())
        .map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))?;
    TlsCertAuth::ready(config)
}

/// What becomes of a chain under a configuration.
async fn judge(config: Value, chain: &[Vec<u8>]) -> Result<(), Refusal> {
    let (workshop, ready) = (workshop(), ready(config)?);
    let context = context(&workshop, chain);
    let facts = TlsCertAuth::verify(&context, &ready, &TlsCertProof {}).await?;
    TlsCertAuth::admit(&context, &ready, &facts).verdict()
}

/// One row of the table.
struct Case(&'static str, Value, Vec<Vec<u8>>, Option<Reason>);

/// Fails with every row that is not as expected.
async fn hold(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for Case(what, config, chain, expected) in cases {
        let found = judge(config, &chain).await;
        if found.as_ref().err().map(|refusal| refusal.reason) != expected {
            wrong.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn trusting(ca: &Ca) -> Value {
    json!({ "caCertificate": ca.pem() })
}

/// The same, over intermediates.
fn chained(ca: &Ca) -> Value {
    with(trusting(ca), "verifyClientCertificateChain", json!(true))
}

fn with(mut config: Value, field: &str, value: Value) -> Value {
    config[field] = value;
    config
}

fn only(leaf: &Leaf) -> Vec<Vec<u8>> {
    vec![leaf.der.clone()]
}

const PATH: Option<Reason> = Some(Reason::CertificatePath);
const NAME: Option<Reason> = Some(Reason::CertificateName);
const REVOKED: Option<Reason> = Some(Reason::CertificateRevoked);
const MALFORMED: Option<Reason> = Some(Reason::Malformed);

#[tokio::test]
async fn a_leaf_must_be_signed_by_an_authority_and_valid_now() {
    let (ca, other, namesake) = (Ca::new("ca"), Ca::new("other"), Ca::new("ca"));
    let both = json!({ "caCertificate": format!("{}\n{}", other.pem(), ca.pem()) });
    let same_names = json!({ "caCertificate": format!("{}\n{}", namesake.pem(), ca.pem()) });
    let dated = |from, to| {
        let mut params = client("web");
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        only(&ca.leaf(params))
    };
    let good = ca.client("web");
    let mut tampered = good.der.clone();
    *tampered.last_mut().unwrap() ^= 1;
    let mut renamed = good.der.clone();
    let place = renamed.windows(3).rposition(|bytes| bytes == b"web").unwrap();
    renamed[place] = b'W';
    let mut trailing = good.der.clone();
    trailing.push(0);
    let mut unknown = client("web");
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
    extension.set_criticality(true);
    unknown.custom_extensions = vec![extension];
    let own = client("web").self_signed(&key()).unwrap().der().to_vec();
    let old = include_str!("fixtures/version-1.pem");
    hold(vec![
        Case("signed by the authority", trusting(&ca), only(&good), None),
        Case("the second of two authorities", both, only(&good), None),
        Case("two authorities of one name", same_names, only(&good), None),
        Case("another authority", trusting(&other), only(&good), PATH),
        Case("an authority of the same name", trusting(&namesake), only(&good), PATH),
        Case("self-signed", trusting(&ca), vec![own], PATH),
        Case("expired", trusting(&ca), dated(2025, 2026), Some(Reason::Expired)),
        Case("not yet valid", trusting(&ca), dated(2027, 2028), Some(Reason::NotYetValid)),
        Case("ends before it begins", trusting(&ca), dated(2027, 2026), PATH),
        Case("tampered signature", trusting(&ca), vec![tampered], PATH),
        Case("tampered name", trusting(&ca), vec![renamed], PATH),
        Case("something behind it", trusting(&ca), vec![trailing], MALFORMED),
        Case("no certificate at all", trusting(&ca), vec![b"nothing".to_vec()], MALFORMED),
        Case("an empty chain", trusting(&ca), vec![], MALFORMED),
        Case("a critical extension that nobody knows", trusting(&ca), only(&ca.leaf(unknown)), PATH),
        Case("the authority itself", trusting(&ca), vec![ca.der()], PATH),
        Case("version 1", trusting(&ca), vec![pem_der(old)], PATH),
        Case("a weak key", trusting(&ca), vec![pem_der(include_str!("fixtures/rsa-1024.pem"))], PATH),
    ])
    .await;
}

fn pem_der(pem: &str) -> Vec<u8> {
    use rustls::pki_types::pem::PemObject;
    rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

#[tokio::test]
async fn keys_of_every_usual_kind_are_accepted() {
    let mut cases = Vec::new();
    let kinds = [
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ECDSA_P521_SHA512,
        &PKCS_ED25519,
        &PKCS_RSA_SHA256,
    ];
    for signer in kinds {
        for own in kinds {
            let ca = Ca::root(authority("ca"), KeyPair::generate_for(signer).unwrap());
            let leaf = ca.leaf_with(client("web"), KeyPair::generate_for(own).unwrap());
            cases.push(Case("a kind of key", trusting(&ca), only(&leaf), None));
        }
    }
    hold(cases).await;
}

#[tokio::test]
async fn usages_are_obeyed() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, ServerAuth};
    let ca = Ca::new("ca");
    let purposes = |purposes: Vec<ExtendedKeyUsagePurpose>| {
        let mut params = client("web");
        params.extended_key_usages = purposes;
        only(&ca.leaf(params))
    };
    let usages = |usages: Vec<KeyUsagePurpose>| {
        let mut params = client("web");
        params.key_usages = usages;
        only(&ca.leaf(params))
    };
    let mut an_authority = authority("web");
    an_authority.key_usages.push(KeyUsagePurpose::DigitalSignature);
    hold(vec![
        Case("for clients", trusting(&ca), purposes(vec![ClientAuth]), None),
        Case("for servers and clients", trusting(&ca), purposes(vec![ServerAuth, ClientAuth]), None),
        Case("for anything", trusting(&ca), purposes(vec![Any]), None),
        Case("for what it does not say", trusting(&ca), purposes(vec![]), None),
        Case("for servers", trusting(&ca), purposes(vec![ServerAuth]), PATH),
        Case("for signing code", trusting(&ca), purposes(vec![CodeSigning]), PATH),
        Case("without key usage", trusting(&ca), usages(vec![]), None),
        Case("not for signing", trusting(&ca), usages(vec![KeyUsagePurpose::KeyEncipherment]), PATH),
        Case("an authority as client", trusting(&ca), only(&ca.leaf(an_authority)), PATH),
    ])
    .await;
}

fn constrained(name: &str, length: u8) -> CertificateParams {
    let mut params = authority(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
    params
}

#[tokio::test]
async fn paths_lead_over_intermediates_if_they_may() {
    let root = Ca::new("root");
    let middle = root.below(authority("middle"));
    let low = middle.below(authority("low"));
    let (near, far) = (middle.client("web"), low.client("web"));
    let other = Ca::new("other");
    let not_ca = root.leaf(client("not an authority"));
    let as_ca = Ca(rcgen::CertifiedIssuer::signed_by(client("no authority"), key(), &root.0).unwrap());
    let mut no_signing = authority("no signing");
    no_signing.key_usages = vec![KeyUsagePurpose::CrlSign];
    let no_signing = root.below(no_signing);
    let mut old = authority("old");
    old.not_after = date_time_ymd(2026, 2, 1);
    let old = root.below(old);
    let mut for_servers = authority("servers");
    for_servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let for_servers = root.below(for_servers);
    let over = |leaf: &Leaf, cas: &[&Ca]| {
        let mut chain = only(leaf);
        chain.extend(cas.iter().map(|ca| ca.der()));
        chain
    };
    let mut with_leaf = over(&near, &[&middle]);
    with_leaf.push(not_ca.der.clone());
    let mut with_junk = over(&near, &[&middle]);
    with_junk.push(vec![0x30, 0]);
    let huge = over(&near, &[&middle; 10]);
    let long = vec![near.der.clone(), vec![0; 33 * 1024]];
    hold(vec![
        Case("over one", chained(&root), over(&near, &[&middle]), None),
        Case("over two", chained(&root), over(&far, &[&low, &middle]), None),
        Case("over two in another order", chained(&root), over(&far, &[&middle, &low]), None),
        Case("with the root at its end", chained(&root), over(&near, &[&middle, &root]), None),
        Case("with one too many", chained(&root), over(&near, &[&other, &middle]), None),
        Case("with a leaf too many", chained(&root), with_leaf, None),
        Case("with something odd", chained(&root), with_junk, None),
        Case("to an authority in the middle", trusting(&middle), only(&near), None),
        Case("one is missing", chained(&root), over(&far, &[&low]), PATH),
        Case("all are missing", chained(&root), only(&near), PATH),
        Case("but a direct signature is asked for", trusting(&root), over(&near, &[&middle]), PATH),
        Case("to a foreign root in the chain", chained(&root), over(&other.client("web"), &[&other]), PATH),
        Case("over one that is no authority", chained(&root), over(&as_ca.client("web"), &[&as_ca]), PATH),
        Case(
            "over one that may not sign",
            chained(&root),
            over(&no_signing.client("web"), &[&no_signing]),
            PATH,
        ),
        Case(
            "over one that has expired",
            chained(&root),
            over(&old.client("web"), &[&old]),
            Some(Reason::Expired),
        ),
        Case("over one for servers", chained(&root), over(&for_servers.client("web"), &[&for_servers]), PATH),
        Case("with more than ten", chained(&root), huge, MALFORMED),
        Case("longer than 32 kB", chained(&root), long, MALFORMED),
    ])
    .await;
}

#[tokio::test]
async fn path_lengths_and_loops_end_a_path() {
    let root = Ca::root(constrained("root", 1), key());
    let (zero, one) = (root.below(constrained("zero", 0)), root.below(authority("one")));
    let (below_zero, below_one) = (zero.below(authority("below")), one.below(authority("below")));
    let strict = Ca::root(constrained("strict", 0), key());
    let below_strict = strict.below(authority("below"));
    let chain = |ca: &Ca, above: &[&Ca]| {
        let mut chain = vec![ca.client("web").der, ca.der()];
        chain.extend(above.iter().map(|ca| ca.der()));
        chain
    };
    // Two authorities that vouch for each other and for nobody else.
    let (a, b) = (Ca::new("a"), Ca::new("b"));
    let a_by_b = authority("a").signed_by(a.0.key(), &b.0).unwrap().der().to_vec();
    let b_by_a = authority("b").signed_by(b.0.key(), &a.0).unwrap().der().to_vec();
    let looped = vec![a.client("web").der, a_by_b, b_by_a];
    hold(vec![
        Case("as long as allowed", chained(&root), chain(&zero, &[]), None),
        Case("too long for an intermediate", chained(&root), chain(&below_zero, &[&zero]), PATH),
        Case("too long for the root", chained(&root), chain(&below_one, &[&one]), PATH),
        Case("no intermediate is allowed", chained(&strict), chain(&below_strict, &[]), PATH),
        Case("a leaf below is allowed", chained(&strict), only(&strict.client("web")), None),
        Case("a loop", chained(&root), looped, PATH),
    ])
    .await;
}

/// An authority that is constrained to these names, and perhaps kept from those.
fn within(permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>) -> Ca {
    let mut params = authority("ca");
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded });
    Ca::root(params, key())
}

#[tokio::test]
async fn name_constraints_are_obeyed_or_refuse() {
    let dns = |name: &str| vec![GeneralSubtree::DnsName(name.to_owned())];
    let inside = within(dns("internal.example"), vec![]);
    let outside = within(vec![], dns("prod.example"));
    let net = within(vec![GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([10, 0, 0, 0], 8))], vec![]);
    let mail = within(vec![GeneralSubtree::Rfc822Name("example.com".to_owned())], vec![]);
    // Permitted: URIs of the host acme.example (RFC 5280 section 4.2.1.10).
    let mut uris = authority("ca");
    let host = b"acme.example";
    let sizes =
        [host.len() + 6, host.len() + 4, host.len() + 2, host.len()].map(|size| u8::try_from(size).unwrap());
    let mut der = vec![0x30, sizes[0], 0xa0, sizes[1], 0x30, sizes[2], 0x86, sizes[3]];
    der.extend_from_slice(host);
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 30], der);
    extension.set_criticality(true);
    uris.custom_extensions = vec![extension];
    let uris = Ca::root(uris, key());
    let root = Ca::new("root");
    let mut narrow = authority("narrow");
    narrow.name_constraints =
        Some(NameConstraints { permitted_subtrees: dns("internal.example"), excluded_subtrees: vec![] });
    let narrow = root.below(narrow);
    let of = |ca: &Ca, names: &[&str]| only(&ca.leaf(named("web", names)));
    let over = |names: &[&str]| vec![narrow.leaf(named("web", names)).der, narrow.der()];
    hold(vec![
        Case("DNS inside", trusting(&inside), of(&inside, &["DNS:a.internal.example"]), None),
        Case("DNS outside", trusting(&inside), of(&inside, &["DNS:a.example.com"]), PATH),
        Case(
            "one of two outside",
            trusting(&inside),
            of(&inside, &["DNS:a.internal.example", "DNS:b.example"]),
            PATH,
        ),
        Case("another kind of name", trusting(&inside), of(&inside, &["URI:spiffe://acme/web"]), None),
        Case("DNS not excluded", trusting(&outside), of(&outside, &["DNS:a.test.example"]), None),
        Case("DNS excluded", trusting(&outside), of(&outside, &["DNS:a.prod.example"]), PATH),
        Case("address inside", trusting(&net), of(&net, &["IP:10.1.2.3"]), None),
        Case("address outside", trusting(&net), of(&net, &["IP:192.0.2.1"]), PATH),
        Case("of an intermediate, inside", chained(&root), over(&["DNS:a.internal.example"]), None),
        Case("of an intermediate, outside", chained(&root), over(&["DNS:a.example"]), PATH),
        // Not supported, and so refused whether it is inside or not.
        Case("URI inside", trusting(&uris), of(&uris, &["URI:https://acme.example/web"]), PATH),
        Case("URI outside", trusting(&uris), of(&uris, &["URI:https://other.example/web"]), PATH),
        Case("e-mail inside", trusting(&mail), of(&mail, &["EMAIL:ann@example.com"]), PATH),
        Case("e-mail outside", trusting(&mail), of(&mail, &["EMAIL:ann@example.org"]), PATH),
        Case("names that are not constrained", trusting(&mail), of(&mail, &["DNS:a.example"]), None),
    ])
    .await;
}

#[tokio::test]
async fn names_are_compared_as_their_kind_asks() {
    let ca = Ca::new("ca");
    let names = |field: &str, list: Value| with(trusting(&ca), field, list);
    let common = |list: &str| names("allowedCommonNames", json!(list));
    let alternative = |entry: &str| names("allowedSubjectAltNames", json!([entry, "DNS:other.example"]));
    let unit = |list: &str| names("allowedOrganizationalUnits", json!(list));
    let leaf = ca.leaf(named(
        "web",
        &[
            "DNS:Web.example.com",
            "EMAIL:Ann@Example.com",
            "URI:spiffe://acme/Web",
            "IP:10.0.0.1",
            "IP:2001:db8::1",
        ],
    ));
    let web = only(&leaf);
    let mut staffed = client("web");
    staffed.distinguished_name.push(DnType::OrganizationalUnitName, "Payments");
    let staffed = only(&ca.leaf(staffed));
    let mut nameless = client("web");
    nameless.distinguished_name = DistinguishedName::new();
    let nameless = only(&ca.leaf(nameless));
    let strict = with(common("web"), "allowedSubjectAltNames", json!(["URI:spiffe://acme/Api"]));
    let case = |what, config, expected| Case(what, config, web.clone(), expected);
    hold(vec![
        case("common name", common("api, web"), None),
        case("common name in other case", common("Web"), NAME),
        case("common name as a part", common("we,eb,web2"), NAME),
        case("no pattern", common("w*"), NAME),
        Case("no common name", common("web"), nameless, NAME),
        case("DNS without prefix, in other case", alternative("web.EXAMPLE.com"), None),
        case("DNS", alternative("DNS:web.example.com"), None),
        case("another DNS name", alternative("DNS:example.com"), NAME),
        case("no wildcard", alternative("*.example.com"), NAME),
        case("e-mail in other case", alternative("EMAIL:ann@example.COM"), None),
        case("another e-mail", alternative("EMAIL:bob@example.com"), NAME),
        case("URI", alternative("URI:spiffe://acme/Web"), None),
        case("URI in other case", alternative("URI:spiffe://acme/web"), NAME),
        case("address", alternative("IP:10.0.0.1"), None),
        case("address in other spelling", alternative("IP:2001:0DB8:0:0::0001"), None),
        case("another address", alternative("IP:10.0.0.2"), NAME),
        case("of another kind", alternative("EMAIL:web.example.com"), NAME),
        case("common name is not enough", strict, NAME),
        Case("unit", unit("Payments, Web"), staffed.clone(), None),
        Case("unit in other case", unit("payments"), staffed, NAME),
        case("no unit", unit("Payments"), NAME),
    ])
    .await;
}

#[tokio::test]
async fn what_was_revoked_or_cannot_be_told_is_refused() {
    let (root, namesake, other) = (Ca::new("root"), Ca::new("root"), Ca::new("other"));
    let numbered = |ca: &Ca, serial: u64| {
        let mut params = client("web");
        params.serial_number = Some(SerialNumber::from(serial));
        ca.leaf(params).der
    };
    let mut middle = authority("middle");
    middle.serial_number = Some(SerialNumber::from(77));
    let middle = root.below(middle);
    let listed = |base: Value, crl: String| with(base, "crl", json!(crl));
    let direct = |crl: String| listed(trusting(&root), crl);
    let over = |crl: String| listed(chained(&root), crl);
    let below = vec![numbered(&middle, 5), middle.der()];
    let (of_root, of_middle) = (root.revokes(&[], 2027), middle.revokes(&[], 2027));
    hold(vec![
        Case("not revoked", direct(root.revokes(&[6], 2027)), vec![numbered(&root, 5)], None),
        Case("revoked", direct(root.revokes(&[4, 5], 2027)), vec![numbered(&root, 5)], REVOKED),
        Case("a list of another issuer", direct(other.revokes(&[], 2027)), vec![numbered(&root, 5)], REVOKED),
        Case("a list by a namesake", direct(namesake.revokes(&[], 2027)), vec![numbered(&root, 5)], REVOKED),
        Case("an old list", direct(root.revokes(&[], 2026)), vec![numbered(&root, 5)], REVOKED),
        Case("lists of both", over(format!("{of_root}{of_middle}")), below.clone(), None),
        Case("no list of the intermediate", over(of_root.clone()), below.clone(), REVOKED),
        Case("no list of the root", over(of_middle.clone()), below.clone(), REVOKED),
        Case(
            "a revoked intermediate",
            over(format!("{}{of_middle}", root.revokes(&[77], 2027))),
            below.clone(),
            REVOKED,
        ),
        Case(
            "revoked by the intermediate",
            over(format!("{of_root}{}", middle.revokes(&[5], 2027))),
            below,
            REVOKED,
        ),
    ])
    .await;
}

#[test]
fn an_authority_that_cannot_be_used_is_refused_when_configured() {
    let ca = Ca::new("ca");
    let mut no_signing = authority("ca");
    no_signing.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let secret = format!("{}{}", ca.pem(), key().serialize_pem());
    let no_signing = no_signing.self_signed(&key()).unwrap().pem();
    let with_leaf = format!("{}{}", ca.pem(), ca.client("web").pem);
    let cut = ca.pem().replacen('M', "!", 1);
    for (pem, sentence) in [
        (String::new(), "1 to 10240 characters"),
        ("x".repeat(10_241), "1 to 10240 characters"),
        ("nothing".to_owned(), "at least one certificate"),
        (cut, "certificates in PEM"),
        (ca.client("web").pem, "do not say CA"),
        (with_leaf, "Certificate 2 is not that of an authority"),
        (no_signing, "keyCertSign"),
        (secret, "private key"),
        (include_str!("fixtures/rsa-1024.pem").to_owned(), "RSA key of 1024 bits"),
        (include_str!("fixtures/secp256k1.pem").to_owned(), "curve"),
        (include_str!("fixtures/version-1.pem").to_owned(), "version 3"),
    ] {
        let refused = ready(json!({ "caCertificate": pem })).err().map(|refusal| refusal.why);
        assert!(refused.as_ref().is_some_and(|why| why.contains(sentence)), "{sentence}: {refused:?}");
    }
    for (field, value) in [
        ("allowedCommonNames", json!(" , ")),
        ("allowedSubjectAltNames", json!(["spiffe://acme/web"])),
        ("allowedSubjectAltNames", json!(["10.0.0.1"])),
        ("allowedSubjectAltNames", json!(["IP:nowhere"])),
        ("allowedSubjectAltNames", json!(["ann@example.com"])),
        ("allowedSubjectAltNames", json!(["DNS:"])),
        ("allowedSubjectAltNames", json!(vec!["a"; 101])),
        ("crl", json!("nothing")),
        ("crl", json!(ca.pem())),
    ] {
        let refused = ready(with(trusting(&ca), field, value)).err().map(|refusal| refusal.why);
        assert!(refused.as_ref().is_some_and(|why| why.contains(field)), "{field}: {refused:?}");
    }
}

#[tokio::test]
async fn what_has_expired_is_refused_when_configured() {
    let workshop = workshop();
    let inspected = async |config: Value| {
        let config = TlsCertAuth::configure(None, serde_json::from_value(config).unwrap()).unwrap();
        TlsCertAuth::inspect(&context(&workshop, &[]), &config).await.err().map(|refusal| refusal.why)
    };
    let mut old = authority("old");
    old.not_after = date_time_ymd(2026, 2, 1);
    let (ca, old) = (Ca::new("ca"), Ca::root(old, key()));
    assert_eq!(inspected(trusting(&ca)).await, None);
    let both = json!({ "caCertificate": format!("{}{}", ca.pem(), old.pem()) });
    assert!(inspected(both).await.unwrap().contains("CN=old has expired"));
    let stale = with(trusting(&ca), "crl", json!(ca.revokes(&[], 2026)));
    assert!(inspected(stale).await.unwrap().contains("was to be renewed"));
}

#[tokio::test]
async fn an_administrator_learns_what_a_certificate_misses_and_what_is_configured() {
    let ca = Ca::new("ca");
    let config = with(trusting(&ca), "allowedCommonNames", json!("api"));
    let config = with(config, "crl", json!(ca.revokes(&[], 2027)));
    let (workshop, ready) = (workshop(), ready(config).unwrap());
    let context = context(&workshop, &[]);
    let facts = TlsCertAuth::suppose(&Sample::Certificate(ca.client("web").pem)).unwrap().unwrap();
    let findings = TlsCertAuth::admit(&context, &ready, &facts).into_vec();
    assert_eq!(findings[0].result, Ok(()));
    assert_eq!(findings[1].result.as_ref().unwrap_err().why, r#"the common name is ["web"]"#);
    assert!(TlsCertAuth::suppose(&Sample::Arn(String::new())).is_none());

    let said: Vec<_> = TlsCertAuth::probe(&context, &ready).await;
    assert!(said.iter().all(|finding| finding.result.is_ok()), "{said:?}");
    assert!(said[0].what.contains("authority CN=ca, valid from 2026-01-01"), "{said:?}");
    assert!(said[1].what.contains("next list due 2027-06-01"), "{said:?}");
}

#[tokio::test]
async fn a_change_keeps_what_is_not_sent_and_null_clears() {
    let ca = Ca::new("ca");
    let first = json!({
        "caCertificate": ca.pem(), "allowedCommonNames": "web", "allowedSubjectAltNames": ["DNS:web"], "bindToken": true,
    });
    let change = |stored, input: Value| {
        TlsCertAuth::configure(stored, serde_json::from_value(input).unwrap()).unwrap()
    };
    let stored = change(None, first);
    let kept = change(Some(stored), json!({ "verifyClientCertificateChain": true }));
    let shown = serde_json::to_value(&kept).unwrap();
    assert_eq!(shown["allowedCommonNames"], "web");
    assert_eq!(shown["allowedSubjectAltNames"], json!(["DNS:web"]));
    assert_eq!(shown["verifyClientCertificateChain"], true);
    let cleared = change(Some(kept), json!({ "allowedCommonNames": null, "allowedSubjectAltNames": null }));
    let shown = serde_json::to_value(&cleared).unwrap();
    assert_eq!(
        (&shown["allowedCommonNames"], &shown["allowedSubjectAltNames"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(shown["bindToken"], true);
}

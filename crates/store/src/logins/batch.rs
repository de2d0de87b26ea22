//! One batch of login attempts in one transaction.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use vouchsafe_domain::id::{AuthMethodId, ClientSecretId, IdentityId, OrgId};
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::lockout::{self, LockoutSettings, LockoutState, Verdict};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenSettings;

use super::known::{Before, Known};
use super::{Attempt, ClientCredential, Credential, Login, ProofResult, Refusal};
use crate::auth_methods::{SETTINGS_COLUMNS, lockout_settings, token_settings};
use crate::change::{AUDIT_ROWS, AuditEvent, Author, audit_statement, insert_audit};
use crate::engine::{FromRow, Line, Row, Sql, Tx, args, padded, placeholders};
use crate::error::{StoreError, StoreResult};
use crate::lockouts::counted_under;

/// What became of an attempt.
pub(super) struct Outcome {
    pub(super) result: Result<Arc<Login>, Refusal>,
    /// A use to count later, because the secret has no limit.
    pub(super) counts_use: bool,
}

/// Decides all attempts in order, records them, and commits once.
pub(super) async fn commit(
    line: &mut Line,
    known: &Known,
    attempts: &[Attempt],
) -> StoreResult<Vec<Outcome>> {
    if let Some(granted) = grant_at_once(line, known, attempts).await? {
        return Ok(granted);
    }
    let before = known.before();
    let mut tx = line.pools().begin().await?;
    let found = candidates(&mut tx, known, before, attempts).await?;
    let named: Vec<Named<'_>> = attempts
        .iter()
        .zip(&found)
        .map(|(attempt, found)| Named { attempt, found: found.as_deref() })
        .collect();
    let mut locks = Locks::read(&mut tx, &named).await?;
    let mut verdicts: Vec<Decision<'_>> = named.iter().map(|named| judge(named, &mut locks)).collect();
    locks.write(&mut tx).await?;
    take_limited_uses(&mut tx, attempts, &mut verdicts).await?;
    take_proofs(&mut tx, attempts, &mut verdicts).await?;
    let events: Vec<AuditEvent> =
        named.iter().zip(&verdicts).map(|(named, verdict)| event(named, verdict)).collect();
    insert_audit(&mut tx, events).await?;
    tx.commit().await?;
    Ok(verdicts.into_iter().map(outcome).collect())
}

/// The short way for the usual batch: when all credentials are known to be good, without a use limit, and come
/// from where they may, then one statement sees that nothing of theirs counts failures or is locked, and records them.
/// None if that is not so; then nothing was recorded.
async fn grant_at_once(
    line: &mut Line,
    known: &Known,
    attempts: &[Attempt],
) -> StoreResult<Option<Vec<Outcome>>> {
    if attempts.len() > AUDIT_ROWS {
        return Ok(None);
    }
    let Some(found) = known.all(attempts) else { return Ok(None) };
    let named = || attempts.iter().zip(&found).map(|(attempt, found)| Named { attempt, found: Some(found) });
    if !found.iter().zip(attempts).all(|(found, attempt)| found.needs_no_count(attempt)) {
        return Ok(None);
    }
    let events: Vec<AuditEvent> =
        named().zip(&found).map(|(named, found)| event(&named, &Ok(found))).collect();
    let (mut sql, mut values) = audit_statement(events);
    let methods: BTreeSet<AuthMethodId> = found.iter().map(|found| found.method_id).collect();
    let methods = padded(methods.into_iter().collect());
    let marks = placeholders(1, methods.len(), values.len() + 1);
    sql.push_str(" AND NOT EXISTS (SELECT 1 FROM lockouts WHERE auth_method_id IN ");
    sql.push_str(&marks);
    sql.push(')');
    values.extend(methods.into_iter().flat_map(|id| args![id]));
    let recorded = line.run(Sql::Rows(sql), values).await?;
    Ok((recorded > 0).then(|| found.iter().map(|found| outcome(Ok(found))).collect()))
}

/// An attempt, and what it names if that exists.
#[derive(Clone, Copy)]
struct Named<'b> {
    attempt: &'b Attempt,
    found: Option<&'b Candidate>,
}

/// What is decided about an attempt.
type Decision<'b> = Result<&'b Candidate, Refusal>;

fn outcome(verdict: Decision<'_>) -> Outcome {
    let counts_use =
        verdict.is_ok_and(|found| found.secret.as_ref().is_some_and(|secret| secret.uses_limit == 0));
    let result = verdict.map(Candidate::login);
    Outcome { result, counts_use }
}

/// The auth method that an attempt names, and the secret that it presents, if they exist.
pub(super) struct Candidate {
    pub(super) credential: Credential,
    method_id: AuthMethodId,
    method: String,
    source: String,
    updated_at: Timestamp,
    pub(super) identity_id: IdentityId,
    identity_name: String,
    pub(super) org_id: OrgId,
    org_slug: String,
    token_epoch: i64,
    is_active: bool,
    login_ips: TrustedIps,
    tokens: TokenSettings,
    lockout: LockoutSettings,
    secret: Option<Secret>,
    granted: OnceLock<Arc<Login>>,
}

struct Secret {
    id: ClientSecretId,
    uses_limit: i64,
    is_revoked: bool,
    expires_at: Option<Timestamp>,
}

impl Candidate {
    /// Whether the secret is right, neither revoked nor expired, or there is none to be.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        if matches!(self.credential, Credential::Proof(_)) {
            return true;
        }
        self.secret.as_ref().is_some_and(|secret| !secret.is_revoked && !secret.has_expired(now))
    }

    /// What a login with it is granted.
    pub(super) fn login(&self) -> Arc<Login> {
        let granted = || Login {
            identity_id: self.identity_id,
            identity_name: self.identity_name.clone(),
            org_id: self.org_id,
            org_slug: self.org_slug.clone(),
            token_epoch: self.token_epoch,
            method_id: self.method_id,
            method: self.method.clone(),
            tokens: self.tokens.clone(),
            client_secret_id: self.secret.as_ref().map(|secret| secret.id),
        };
        Arc::clone(self.granted.get_or_init(|| Arc::new(granted())))
    }

    /// Whether a login with this good secret or proof changes no count and is refused by nothing but a lock.
    fn needs_no_count(&self, attempt: &Attempt) -> bool {
        let unlimited = match &attempt.proof {
            None => self.secret.as_ref().is_some_and(|secret| secret.uses_limit == 0),
            Some(proof) => {
                proof.verdict.is_ok() && proof.once.is_none() && proof.checked_against == self.updated_at
            }
        };
        unlimited && self.is_active && self.login_ips.contains(attempt.ip)
    }
}

impl Secret {
    fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// The part of universal auth's configuration that a login looks at.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoginConfig {
    #[serde(default = "TrustedIps::any")]
    client_secret_trusted_ips: TrustedIps,
}

/// A candidate found by client id and hash of the secret.
struct ByClient(Candidate);

/// A candidate found by the id of its auth method.
struct ByMethod(Candidate);

impl FromRow for ByClient {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let hash = row.bytes("asked_hash")?;
        let credential = ClientCredential {
            client_id: row.text("login_key")?,
            secret_hash: hash.try_into().map_err(|_| StoreError::corrupt("asked_hash"))?,
        };
        let candidate = Candidate::read(row, Credential::Client(credential))?;
        Ok(Self(Candidate { secret: Secret::read(row)?, ..candidate }))
    }
}

impl FromRow for ByMethod {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let credential = Credential::Proof(row.parsed("method_id")?);
        Candidate::read(row, credential).map(Self)
    }
}

impl Secret {
    fn read(row: &Row) -> StoreResult<Option<Self>> {
        let Some(id) = row.opt_parsed("secret_id")? else { return Ok(None) };
        let ttl = row.int("secret_ttl")?;
        let expires_at = (ttl > 0).then(|| row.time("secret_created_at").map(|at| at.plus_seconds(ttl)));
        Ok(Some(Self {
            id,
            uses_limit: row.int("secret_uses_limit")?,
            is_revoked: row.flag("secret_is_revoked")?,
            expires_at: expires_at.transpose()?,
        }))
    }
}

impl Candidate {
    /// All but the secret.
    fn read(row: &Row, credential: Credential) -> StoreResult<Self> {
        Ok(Self {
            credential,
            method_id: row.parsed("method_id")?,
            method: row.text("method")?,
            source: row.text("source")?,
            updated_at: row.time("method_updated_at")?,
            identity_id: row.parsed("identity_id")?,
            identity_name: row.text("identity_name")?,
            org_id: row.parsed("org_id")?,
            org_slug: row.text("org_slug")?,
            token_epoch: row.int("token_epoch")?,
            is_active: row.flag("is_active")?,
            login_ips: row.json::<LoginConfig>("config")?.client_secret_trusted_ips,
            tokens: token_settings(row)?,
            lockout: lockout_settings(row)?,
            secret: None,
            granted: OnceLock::new(),
        })
    }
}

/// What the attempts name, in their order: what is known, and one statement for the rest.
async fn candidates(
    tx: &mut Tx,
    known: &Known,
    before: Before,
    attempts: &[Attempt],
) -> StoreResult<Vec<Option<Arc<Candidate>>>> {
    let mut found: Vec<_> = attempts.iter().map(|a| known.get(&a.credential, a.at)).collect();
    let unknown: Vec<&Credential> = attempts
        .iter()
        .zip(&found)
        .filter(|(_, found)| found.is_none())
        .map(|(a, _)| &a.credential)
        .collect();
    let read = look_up(tx, &unknown).await?;
    for (place, attempt) in found.iter_mut().zip(attempts).filter(|(place, _)| place.is_none()) {
        *place = read.get(&attempt.credential).cloned();
        if let Some(candidate) = place {
            known.remember(before, candidate, attempt.at);
        }
    }
    Ok(found)
}

/// Reads what is named: one statement for the client secrets of a batch and one for its proofs, by index.
async fn look_up(
    tx: &mut Tx,
    credentials: &[&Credential],
) -> StoreResult<HashMap<Credential, Arc<Candidate>>> {
    let (mut clients, mut methods) = (BTreeSet::new(), BTreeSet::new());
    for credential in credentials {
        match credential {
            Credential::Client(client) => {
                clients.insert((client.client_id.as_str(), &client.secret_hash));
            }
            Credential::Proof(method) => {
                methods.insert(*method);
            }
            Credential::Nobody => {}
        }
    }
    let mut found = Vec::new();
    if !clients.is_empty() {
        found.extend(look_up_clients(tx, padded(clients.into_iter().collect())).await?);
    }
    if !methods.is_empty() {
        found.extend(look_up_methods(tx, padded(methods.into_iter().collect())).await?);
    }
    Ok(found.into_iter().map(|candidate| (candidate.credential.clone(), Arc::new(candidate))).collect())
}

/// What every look-up reads, and from where.
const FOUND: &str = "a.id AS method_id, a.method, a.source, a.login_key, a.identity_id, \
     a.updated_at AS method_updated_at, i.name AS identity_name, i.org_id, i.token_epoch, m.is_active, o.slug AS org_slug";
const FOUND_IN: &str = "JOIN identities i ON i.id = a.identity_id JOIN org_memberships m ON m.identity_id = i.id \
     JOIN organizations o ON o.id = i.org_id";

async fn look_up_clients(tx: &mut Tx, asked: Vec<(&str, &[u8; 32])>) -> StoreResult<Vec<Candidate>> {
    let sql = format!(
        "SELECT u.column2 AS asked_hash, {FOUND}, {SETTINGS_COLUMNS}, s.id AS secret_id, \
         s.uses_limit AS secret_uses_limit, s.ttl AS secret_ttl, s.is_revoked AS secret_is_revoked, \
         s.created_at AS secret_created_at \
         FROM (VALUES {}) AS u JOIN auth_methods a ON a.login_key = u.column1 {FOUND_IN} \
         LEFT JOIN client_secrets s ON s.auth_method_id = a.id AND s.hash = u.column2",
        placeholders(asked.len(), 2, 1)
    );
    let values = asked.into_iter().flat_map(|(client_id, hash)| args![client_id, hash.as_slice()]).collect();
    let found: Vec<ByClient> = tx.conn().all(Sql::Rows(sql), values).await?;
    Ok(found.into_iter().map(|found| found.0).collect())
}

async fn look_up_methods(tx: &mut Tx, asked: Vec<AuthMethodId>) -> StoreResult<Vec<Candidate>> {
    let sql = format!(
        "SELECT {FOUND}, {SETTINGS_COLUMNS} FROM auth_methods a {FOUND_IN} WHERE a.id IN {}",
        placeholders(1, asked.len(), 1)
    );
    let values = asked.into_iter().flat_map(|id| args![id]).collect();
    let found: Vec<ByMethod> = tx.conn().all(Sql::Rows(sql), values).await?;
    Ok(found.into_iter().map(|found| found.0).collect())
}

/// Decides one attempt: network, lock, secret, membership.
fn judge<'b>(named: &Named<'b>, locks: &mut Locks) -> Decision<'b> {
    let (attempt, Some(found)) = (named.attempt, named.found) else { return Err(Refusal::Credentials) };
    if !found.login_ips.contains(attempt.ip) {
        return Err(Refusal::Network);
    }
    if let Some(proof) = &attempt.proof {
        return judge_proof(found, attempt, proof, locks);
    }
    let secret = found.secret.as_ref().filter(|secret| !secret.is_revoked);
    let expired = secret.is_some_and(|secret| secret.has_expired(attempt.at));
    match locks.attempt(found, attempt, secret.is_some(), expired) {
        Verdict::Locked => Err(Refusal::Locked),
        Verdict::Refused => Err(Refusal::Credentials),
        Verdict::Granted if expired => Err(Refusal::Credentials),
        Verdict::Granted if !found.is_active => Err(Refusal::Inactive),
        Verdict::Granted => Ok(found),
    }
}

/// Decides an attempt whose proof was checked before. Whether a proof that may be used once was used is seen later.
fn judge_proof<'b>(
    found: &'b Candidate,
    attempt: &Attempt,
    proof: &ProofResult,
    locks: &mut Locks,
) -> Decision<'b> {
    if proof.checked_against != found.updated_at {
        return Err(Refusal::Changed);
    }
    let refused = || proof.verdict.map_err(Refusal::Proof);
    if proof.counted.is_some() {
        let neither = proof.verdict.is_err() && !proof.counts;
        match locks.attempt(found, attempt, proof.verdict.is_ok(), neither) {
            Verdict::Locked => return Err(Refusal::Locked),
            Verdict::Refused | Verdict::Granted => refused()?,
        }
    } else {
        refused()?;
    }
    if found.is_active { Ok(found) } else { Err(Refusal::Inactive) }
}

/// The lockout states that a batch touches.
struct Locks {
    states: BTreeMap<(AuthMethodId, String), Slot>,
}

#[derive(Default)]
struct Slot {
    state: Option<LockoutState>,
    stored: bool,
    settings: Option<LockoutSettings>,
    changed: bool,
}

struct StoredLock {
    method_id: AuthMethodId,
    subject: String,
    state: LockoutState,
}

impl FromRow for StoredLock {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            method_id: row.parsed("auth_method_id")?,
            subject: row.text("subject")?,
            state: LockoutState {
                failures: row.int("failures")?,
                last_failure_at: row.time("last_failure_at")?,
                locked_until: row.opt_time("locked_until")?,
            },
        })
    }
}

fn subject(found: &Candidate, attempt: &Attempt) -> String {
    let name = attempt.proof.as_ref().and_then(|proof| proof.counted.as_deref()).unwrap_or_default();
    counted_under(found.lockout.scope(), name, attempt.ip)
}

/// Whether failures of this attempt are counted at all.
fn is_counted(attempt: &Attempt) -> bool {
    attempt.proof.as_ref().is_none_or(|proof| proof.counted.is_some())
}

/// Whether this attempt will count as a failure.
fn will_fail(found: &Candidate, attempt: &Attempt) -> bool {
    match &attempt.proof {
        None => found.secret.as_ref().is_none_or(|secret| secret.is_revoked),
        Some(proof) => proof.verdict.is_err() && proof.counts,
    }
}

impl Locks {
    async fn read(tx: &mut Tx, attempts: &[Named<'_>]) -> StoreResult<Self> {
        let counted = attempts.iter().filter(|named| is_counted(named.attempt));
        let named = || counted.clone().filter_map(|named| named.found.map(|found| (found, named.attempt)));
        let failing: BTreeSet<AuthMethodId> =
            named().filter(|(found, attempt)| will_fail(found, attempt)).map(|(f, _)| f.method_id).collect();
        if tx.is_postgres() && !failing.is_empty() {
            // Failures are counted under a row lock, so that replicas count together. Logins that
            // succeed take none.
            let marks = placeholders(1, failing.len(), 1);
            let sql = format!("SELECT id AS t FROM auth_methods WHERE id IN {marks} ORDER BY id FOR UPDATE");
            let _: Vec<String> =
                tx.conn().all(Sql::Rows(sql), failing.iter().flat_map(|id| args![*id]).collect()).await?;
        }
        let keys: BTreeSet<(AuthMethodId, String)> =
            named().map(|(f, a)| (f.method_id, subject(f, a))).collect();
        let mut states: BTreeMap<_, Slot> = keys.iter().map(|key| (key.clone(), Slot::default())).collect();
        if keys.is_empty() {
            return Ok(Self { states });
        }
        let keys = padded(keys.into_iter().collect());
        let sql = format!(
            "SELECT l.auth_method_id, l.subject, l.failures, l.last_failure_at, l.locked_until \
             FROM (VALUES {}) AS u JOIN lockouts l ON l.auth_method_id = u.column1 AND l.subject = u.column2",
            placeholders(keys.len(), 2, 1)
        );
        let values = keys.into_iter().flat_map(|(id, subject)| args![id, subject]).collect();
        for lock in tx.conn().all::<StoredLock>(Sql::Rows(sql), values).await? {
            let slot = states.entry((lock.method_id, lock.subject)).or_default();
            slot.state = Some(lock.state);
            slot.stored = true;
        }
        Ok(Self { states })
    }

    /// Runs an attempt through the state machine. Some are `neither` a success nor a failure: an expired secret was
    /// right once and a directory that does not answer says nothing, so they do not count, but they do not reset the
    /// count either.
    fn attempt(&mut self, found: &Candidate, attempt: &Attempt, proof_ok: bool, neither: bool) -> Verdict {
        let slot = self.states.entry((found.method_id, subject(found, attempt))).or_default();
        if neither {
            let locked =
                slot.state.as_ref().is_some_and(|s| lockout::is_locked(s, &found.lockout, attempt.at));
            return if locked { Verdict::Locked } else { Verdict::Granted };
        }
        let (verdict, next) = lockout::attempt(slot.state, &found.lockout, attempt.at, proof_ok);
        slot.changed |= next != slot.state;
        slot.state = next;
        slot.settings = Some(found.lockout);
        verdict
    }

    async fn write(&self, tx: &mut Tx) -> StoreResult<()> {
        for ((method, subject), slot) in self.states.iter().filter(|(_, slot)| slot.changed) {
            match (&slot.state, &slot.settings) {
                (Some(state), Some(settings)) => {
                    let sql = "INSERT INTO lockouts (auth_method_id, subject, failures, last_failure_at, locked_until, \
                               expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
                               ON CONFLICT (auth_method_id, subject) DO UPDATE SET failures = $3, last_failure_at = $4, \
                               locked_until = $5, expires_at = $6";
                    let values = args![
                        *method,
                        subject.as_str(),
                        state.failures,
                        state.last_failure_at,
                        state.locked_until,
                        state.forgotten_at(settings)
                    ];
                    tx.conn().run(sql, values).await?;
                }
                _ if slot.stored => {
                    let sql = "DELETE FROM lockouts WHERE auth_method_id = $1 AND subject = $2";
                    tx.conn().run(sql, args![*method, subject.as_str()]).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

struct Counted {
    uses: i64,
    uses_limit: i64,
    is_revoked: bool,
}

impl FromRow for Counted {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            uses: row.int("uses")?,
            uses_limit: row.int("uses_limit")?,
            is_revoked: row.flag("is_revoked")?,
        })
    }
}

/// Takes one use for each granted login with a limited secret. The update holds the row until the
/// commit, so the limit is exact among replicas too; logins past it are refused in order.
async fn take_limited_uses(
    tx: &mut Tx,
    attempts: &[Attempt],
    verdicts: &mut [Decision<'_>],
) -> StoreResult<()> {
    let mut wanted: BTreeMap<ClientSecretId, Vec<usize>> = BTreeMap::new();
    for (position, verdict) in verdicts.iter().enumerate() {
        if let Ok(Candidate { secret: Some(secret), .. }) = verdict
            && secret.uses_limit > 0
        {
            wanted.entry(secret.id).or_default().push(position);
        }
    }
    for (secret, positions) in wanted {
        let asked = i64::try_from(positions.len()).unwrap_or(i64::MAX);
        let at = positions.last().map_or(Timestamp::EPOCH, |last| attempts[*last].at);
        let sql = "UPDATE client_secrets SET uses = uses + $2, updated_at = $3 WHERE id = $1 \
                   RETURNING uses, uses_limit, is_revoked";
        let counted: Option<Counted> = tx.conn().one(sql, args![secret, asked, at]).await?;
        let (granted, refusal) = match &counted {
            Some(now) if !now.is_revoked => {
                ((now.uses_limit - (now.uses - asked)).clamp(0, asked), Refusal::UsedUp)
            }
            _ => (0, Refusal::Credentials),
        };
        if granted < asked {
            let sql = "UPDATE client_secrets SET uses = uses - $2 WHERE id = $1";
            tx.conn().run(sql, args![secret, asked - granted]).await?;
            let granted = usize::try_from(granted).unwrap_or(0);
            for position in positions.into_iter().skip(granted) {
                verdicts[position] = Err(refusal);
            }
        }
    }
    Ok(())
}

/// Notes each granted proof that may be used once; one that is noted already is refused. The insert holds the row until
/// the commit, so this is exact among replicas too.
async fn take_proofs(tx: &mut Tx, attempts: &[Attempt], verdicts: &mut [Decision<'_>]) -> StoreResult<()> {
    for (attempt, verdict) in attempts.iter().zip(verdicts) {
        let once = attempt.proof.as_ref().and_then(|proof| proof.once.as_ref());
        let Some((id, until)) = once.filter(|_| verdict.is_ok()) else { continue };
        let sql = "INSERT INTO used_proofs (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        if tx.conn().run(sql, args![id, *until]).await? == 0 {
            *verdict = Err(Refusal::Replayed);
        }
    }
    Ok(())
}

/// What the audit log tells of a login beside who and when.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'b> {
    auth_method: &'b str,
    source: Option<&'b str>,
    identity_name: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_id: Option<ClientSecretId>,
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'b serde_json::Value>,
}

fn event(named: &Named<'_>, verdict: &Decision<'_>) -> AuditEvent {
    let Named { attempt, found } = *named;
    let reason = verdict.as_ref().err().map(|refusal| refusal.code());
    let proof = attempt.proof.as_ref();
    let detail = Detail {
        auth_method: attempt.method,
        source: found.map(|found| found.source.as_str()),
        identity_name: found.map(|found| found.identity_name.as_str()),
        client_secret_id: found.and_then(|found| found.secret.as_ref()).map(|secret| secret.id),
        reason,
        why: proof.and_then(|proof| proof.why.as_deref()),
        proof: proof.and_then(|proof| proof.shown.as_ref()),
    };
    AuditEvent {
        org_id: found.map(|found| found.org_id.to_string()).unwrap_or_default(),
        project_id: None,
        event: event_name(attempt.method, reason.is_none()),
        author: Author {
            kind: "identity",
            id: found.map(|found| found.identity_id.to_string()).unwrap_or_default(),
            ip: attempt.ip.to_string(),
            user_agent: attempt.user_agent.clone(),
            request_id: attempt.request_id.clone(),
            at: attempt.at,
        },
        detail: serde_json::to_string(&detail).unwrap_or_default(),
    }
}

fn event_name(method: &str, granted: bool) -> Cow<'static, str> {
    match (method, granted) {
        ("universal-auth", true) => "login-identity-universal-auth".into(),
        (_, true) => format!("login-identity-{method}").into(),
        (_, false) => format!("login-identity-{method}-failed").into(),
    }
}

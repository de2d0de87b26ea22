//! The token: when to renew it, when to log in afresh, and when to try again. No I/O; the time is an argument.

use std::time::Duration;

use vouchsafe_api::auth_methods::AccessTokenReply;
use vouchsafe_api::concealed::Concealed;

use crate::life::{Life, Plan};
use crate::moment::Moment;
use crate::pace::{Pace, SHORTEST};

/// A token younger than this that the server does not accept is a bad sign: logging in does not help.
const YOUNG: Duration = Duration::from_mins(1);
/// Who is forbidden something logs in afresh at most this often, since roles may come with a login.
const FORBIDDEN_LOGIN: Duration = Duration::from_mins(5);

/// What the session needs from the server now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Need {
    /// Renew this token.
    Renew(Concealed),
    /// Log in.
    LogIn,
}

/// A token and its plan.
#[derive(Debug)]
struct Held {
    token: Concealed,
    issued: Moment,
    logged_in: Moment,
    plan: Plan,
    /// Whether the server has accepted it.
    is_proven: bool,
}

/// The token of the agent.
#[derive(Debug, Default)]
pub(crate) struct Session {
    held: Option<Held>,
    /// A token that somebody left, to be renewed before anything else.
    found: Option<Concealed>,
    failures: u32,
    not_before: Moment,
    /// Whether the last login was refused, so that only another credential helps.
    is_refused: bool,
    last_try: Option<Moment>,
}

impl Session {
    /// Begins with a token that was found, if there is one.
    pub(crate) fn new(found: Option<Concealed>) -> Self {
        Self { found, ..Self::default() }
    }

    /// The token, as long as it lives.
    pub(crate) fn token(&self, now: Moment) -> Option<&Concealed> {
        self.held.as_ref().filter(|held| now < held.plan.ends).map(|held| &held.token)
    }

    /// What is needed now.
    pub(crate) fn need(&self, now: Moment) -> Option<Need> {
        if now < self.wake() {
            return None;
        }
        Some(match (&self.held, &self.found) {
            (Some(held), _) if !held.plan.log_in && now < held.plan.ends => Need::Renew(held.token.clone()),
            (None, Some(found)) => Need::Renew(found.clone()),
            _ => Need::LogIn,
        })
    }

    /// When something is needed next.
    pub(crate) fn wake(&self) -> Moment {
        let planned = self.held.as_ref().map_or(Moment::default(), |held| held.plan.at);
        let spaced = self.last_try.map_or(Moment::default(), |last| last.plus(SHORTEST));
        planned.max(self.not_before).max(spaced)
    }

    /// When the plan for the token ends; for people to see.
    pub(crate) fn ends(&self) -> Option<Moment> {
        self.held.as_ref().map(|held| held.plan.ends)
    }

    /// Whether the credential was refused, so that a new one should be tried at once.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// The credential changed: try it soon.
    pub(crate) fn credential_changed(&mut self) {
        (self.is_refused, self.failures, self.not_before) = (false, 0, Moment::default());
    }

    /// A request is about to be made.
    pub(crate) fn tries(&mut self, now: Moment) {
        self.last_try = Some(now);
    }

    /// The server gave a token, at some time after `asked`.
    pub(crate) fn granted(&mut self, asked: Moment, need: &Need, reply: AccessTokenReply) {
        let life = Life::of(&reply.access_token, reply.expires_in, reply.access_token_max_ttl);
        let logged_in = match (need, &self.held) {
            (Need::Renew(_), Some(held)) => held.logged_in,
            _ => asked,
        };
        self.held = Some(Held {
            token: Concealed::new(reply.access_token),
            issued: asked,
            logged_in,
            plan: life.plan(asked),
            is_proven: false,
        });
        (self.found, self.is_refused, self.not_before) = (None, false, Moment::default());
    }

    /// The server refused to renew, or to let us in; or there is no proof.
    pub(crate) fn refused(&mut self, now: Moment, need: &Need, pace: Pace, chance: f64) {
        if matches!(need, Need::Renew(_)) {
            // Whatever is wrong with the token, a login makes another.
            (self.held, self.found) = (None, None);
            return;
        }
        self.is_refused = true;
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.plus(pace.delay(self.failures, chance));
    }

    /// The server accepted the token.
    pub(crate) fn accepted(&mut self) {
        self.failures = 0;
        if let Some(held) = &mut self.held {
            held.is_proven = true;
        }
    }

    /// The server does not accept the token.
    pub(crate) fn rejected(&mut self, now: Moment, pace: Pace, chance: f64) {
        let Some(held) = self.held.take() else { return };
        if !held.is_proven && held.issued.until(now) < YOUNG {
            self.failures = self.failures.saturating_add(1);
            self.not_before = now.plus(pace.delay(self.failures, chance));
        }
    }

    /// Something was forbidden. Answers whether the token was dropped to log in afresh.
    pub(crate) fn forbidden(&mut self, now: Moment) -> bool {
        let is_old = self.held.as_ref().is_some_and(|held| held.logged_in.until(now) >= FORBIDDEN_LOGIN);
        if is_old {
            self.held = None;
        }
        is_old
    }

    /// Gives the token away, to revoke it.
    pub(crate) fn take(&mut self) -> Option<Concealed> {
        self.held.take().map(|held| held.token)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    fn reply(expires_in: i64, max: i64) -> AccessTokenReply {
        AccessTokenReply {
            access_token: "opaque".to_owned(),
            expires_in,
            access_token_max_ttl: max,
            token_type: "Bearer".to_owned(),
        }
    }

    fn logged_in(expires_in: i64, max: i64) -> Session {
        let mut session = Session::default();
        session.tries(at(0));
        session.granted(at(0), &Need::LogIn, reply(expires_in, max));
        session
    }

    #[test]
    fn a_token_that_was_found_is_renewed_and_if_that_fails_there_is_a_login() {
        let mut session = Session::new(Some(Concealed::new("found")));
        let need = session.need(at(0)).unwrap();
        assert_eq!(need, Need::Renew(Concealed::new("found")));
        session.tries(at(0));
        session.refused(at(0), &need, Pace::REFUSED, 0.5);
        assert_eq!(session.need(at(0)), None, "not within a second");
        assert_eq!(session.need(at(1)), Some(Need::LogIn));
    }

    #[test]
    fn renewed_at_two_thirds_and_until_the_end() {
        let session = logged_in(300, 3000);
        assert_eq!(session.need(at(199)), None);
        assert!(matches!(session.need(at(200)), Some(Need::Renew(_))));
        assert!(session.token(at(299)).is_some());
        assert!(session.token(at(300)).is_none());
        assert_eq!(session.need(at(300)), Some(Need::LogIn));
    }

    #[test]
    fn before_the_maximum_life_ends_there_is_a_login_and_the_old_token_stays_meanwhile() {
        let mut session = logged_in(300, 300);
        assert_eq!(session.need(at(200)), Some(Need::LogIn));
        session.tries(at(200));
        session.refused(at(200), &Need::LogIn, Pace::REFUSED, 1.0);
        assert!(session.token(at(201)).is_some());
        assert_eq!(session.need(at(259)), None);
        assert_eq!(session.need(at(260)), Some(Need::LogIn));
        session.credential_changed();
        assert_eq!(session.need(at(201)), Some(Need::LogIn), "another credential is tried soon");
    }

    #[test]
    fn tokens_that_are_rejected_again_and_again_do_not_make_a_loop_of_logins() {
        let (mut session, mut now, mut tries) = (logged_in(300, 3000), 0, 0);
        while now < 600 {
            now += 1;
            if session.token(at(now)).is_some() {
                session.rejected(at(now), Pace::TROUBLE, 1.0);
            }
            if let Some(need) = session.need(at(now)) {
                tries += 1;
                session.tries(at(now));
                session.granted(at(now), &need, reply(300, 3000));
            }
        }
        assert!(tries <= 12, "{tries}");
        // One that was accepted before is replaced at once.
        session.granted(at(now), &Need::LogIn, reply(300, 3000));
        session.accepted();
        session.rejected(at(now), Pace::TROUBLE, 1.0);
        assert_eq!(session.need(at(now + 1)), Some(Need::LogIn));
    }

    #[test]
    fn who_is_forbidden_something_logs_in_afresh_now_and_then() {
        let mut session = logged_in(3000, 30_000);
        assert!(!session.forbidden(at(10)), "the login was just now");
        assert!(session.forbidden(at(300)));
        assert_eq!(session.need(at(300)), Some(Need::LogIn));
    }

    #[derive(Clone, Copy, Debug)]
    enum Event {
        Grant(i64, i64),
        Refuse,
        Reject,
        Forbid,
        Accept,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (-1_i64..5000, -1_i64..9000).prop_map(|(life, max)| Event::Grant(life, max)),
            Just(Event::Refuse),
            Just(Event::Reject),
            Just(Event::Forbid),
            Just(Event::Accept),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_tries_are_a_second_apart_and_always_come(
            events in proptest::collection::vec((event(), 0_u64..400_000), 1..60), chance in 0.0..1.0_f64,
        ) {
            let (mut session, mut now, mut last) = (Session::default(), 0, None);
            for (event, pause) in events {
                now += pause;
                let moment = Moment::after_start(Duration::from_millis(now));
                prop_assert!(session.wake() <= moment.plus(Duration::from_hours(24)), "it wakes some time");
                if let Some(need) = session.need(moment) {
                    prop_assert!(last.is_none_or(|last| now >= last + 1000));
                    last = Some(now);
                    session.tries(moment);
                    match event {
                        Event::Grant(life, max) => session.granted(moment, &need, reply(life, max)),
                        _ => session.refused(moment, &need, Pace::REFUSED, chance),
                    }
                } else {
                    match event {
                        Event::Reject => session.rejected(moment, Pace::TROUBLE, chance),
                        Event::Forbid => drop(session.forbidden(moment)),
                        _ => session.accepted(),
                    }
                }
            }
        }
    }
}

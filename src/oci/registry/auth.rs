//! The `Authorization` of a request, and how to obtain it when the registry demands it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::header::{HeaderMap, HeaderValue};
use tokio::sync::Mutex;

use super::{
    Credential, Credentials,
    authorization::{basic, bearer},
    challenge::Challenge,
    token::TokenServer,
    transport::Transport,
};
use crate::oci::ContentError;

/// The permission that a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Pull,
    Push,
}

/// The `Authorization` of a request, and where it comes from.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) header: HeaderValue,
    access: Access,
    kind: GrantKind,
    serial: u64,
    expires: Option<Instant>,
    /// Whether it was obtained with credentials and is not anonymous.
    pub(super) personal: bool,
    /// Whether the registry has accepted a request with it. If it is refused later, it has expired.
    accepted: Arc<AtomicBool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GrantKind {
    /// Credentials that the caller gave for this registry, sent before the registry demands them.
    Unasked,
    Basic,
    Bearer,
}

impl Grant {
    pub(super) fn accepted(&self) {
        self.accepted.store(true, Ordering::Relaxed);
    }

    fn serves(&self, access: Access) -> bool {
        let wide_enough = self.kind != GrantKind::Bearer || self.access == access || self.access == Access::Push;
        wide_enough && self.expires.is_none_or(|expires| Instant::now() < expires)
    }
}

/// The authentication for one repository.
pub(super) struct Auth {
    host: String,
    path: String,
    credentials: Credentials,
    state: Mutex<State>,
    sent: AtomicBool,
}

#[derive(Default)]
struct State {
    /// The token server, once the registry has named it.
    tokens: Option<TokenServer>,
    grants: Vec<Grant>,
    serial: u64,
    looked_up: bool,
    asked: bool,
    credential: Option<Arc<Credential>>,
}

impl Auth {
    pub(super) fn new(host: &str, path: &str, credentials: Credentials) -> Self {
        let mut state = State::default();
        if let Some(given) = credentials.given_for(host)
            && let Some(header) = basic(&given)
        {
            state.grant(Access::Push, GrantKind::Unasked, header, true, None);
        }
        let sent = AtomicBool::new(false);
        Self { host: host.to_owned(), path: path.to_owned(), credentials, state: Mutex::new(state), sent }
    }

    /// Whether credentials were sent to the registry or its token server.
    pub(super) fn credentials_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn note_sent(&self, grant: &Grant) {
        if grant.personal {
            self.sent.store(true, Ordering::Relaxed);
        }
    }

    /// The authorisation for the next request. While one request fetches a token, the others wait for it.
    pub(super) async fn grant(&self, transport: &Transport, access: Access) -> Result<Option<Grant>, ContentError> {
        let mut state = self.state.lock().await;
        if let Some(grant) = state.current(access) {
            return Ok(Some(grant));
        }
        if state.tokens.is_none() {
            return Ok(None);
        }
        self.fetch_token(&mut state, transport, access, None).await?;
        Ok(state.current(access))
    }

    /// Handles a 401 answer to a request with the authorisation `used`. Returns whether to try again.
    pub(super) async fn challenged(
        &self,
        transport: &Transport,
        access: Access,
        used: Option<&Grant>,
        headers: &HeaderMap,
        at: &str,
    ) -> Result<bool, ContentError> {
        let mut state = self.state.lock().await;
        if let Some(current) = state.current(access)
            && used.is_none_or(|used| used.serial < current.serial)
        {
            return Ok(true);
        }
        let challenge =
            Challenge::parse(headers).map_err(|offered| ContentError::Challenge { at: at.to_owned(), offered })?;
        self.look_up(&mut state).await?;
        match challenge {
            Challenge::Basic => {
                let rejected = used.is_some_and(|used| used.kind != GrantKind::Bearer && used.personal);
                if rejected || !self.have_credential(&mut state).await {
                    return Ok(false);
                }
                let Some(header) = state.credential.as_deref().and_then(basic) else { return Ok(false) };
                state.tokens = None;
                state.grants.clear();
                state.grant(Access::Push, GrantKind::Basic, header, true, None);
            }
            Challenge::Bearer { realm, service } => {
                let fresh = |used: &&Grant| used.kind == GrantKind::Bearer && !used.accepted.load(Ordering::Relaxed);
                let rejected = used.filter(fresh);
                if rejected.is_some_and(|used| used.personal) {
                    return Ok(false);
                }
                if rejected.is_some() && !self.have_credential(&mut state).await {
                    return Ok(false);
                }
                state.tokens = Some(TokenServer::new(transport.plain, realm, service, at)?);
                self.fetch_token(&mut state, transport, access, Some(at)).await?;
            }
        }
        Ok(true)
    }

    async fn fetch_token(
        &self,
        state: &mut State,
        transport: &Transport,
        access: Access,
        at: Option<&str>,
    ) -> Result<(), ContentError> {
        let Some(server) = state.tokens.clone() else { return Ok(()) };
        let actions = match access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
        };
        let wanted = format!("repository:{}:{actions}", self.path);
        loop {
            let credential = state.credential.clone();
            if credential.is_some() {
                self.sent.store(true, Ordering::Relaxed);
            }
            match server.fetch(transport, &wanted, credential.as_deref()).await {
                Ok(token) => {
                    let header = bearer(&token.text).ok_or_else(|| ContentError::Header {
                        at: at.unwrap_or(&self.host).to_owned(),
                        name: "Authorization (from its token server)",
                    })?;
                    // Do not use the last tenth of the lifetime, because clocks differ and a request takes time.
                    let expires = Instant::now().checked_add(token.lifetime.mul_f32(0.9));
                    let lifetime = if token.lifetime > Duration::ZERO { expires } else { None };
                    state.grants.retain(|grant| grant.access != access && grant.kind == GrantKind::Bearer);
                    state.grant(access, GrantKind::Bearer, header, credential.is_some(), lifetime);
                    return Ok(());
                }
                Err(ContentError::Refused { .. }) if credential.is_none() && self.have_credential(state).await => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn look_up(&self, state: &mut State) -> Result<(), ContentError> {
        if !state.looked_up {
            let found = self.credentials.stored_for(&self.host, &self.path).await;
            state.credential = found.map_err(|source| ContentError::Credentials { host: self.host.clone(), source })?;
            state.looked_up = true;
        }
        Ok(())
    }

    /// Whether there are credentials. As a last resort, this asks the user for them.
    async fn have_credential(&self, state: &mut State) -> bool {
        if state.credential.is_none() && !state.asked {
            state.asked = true;
            state.credential = self.credentials.asked_for(&self.host).await;
        }
        state.credential.is_some()
    }
}

impl State {
    fn current(&self, access: Access) -> Option<Grant> {
        self.grants.iter().rev().find(|grant| grant.serves(access)).cloned()
    }

    fn grant(
        &mut self,
        access: Access,
        kind: GrantKind,
        header: HeaderValue,
        personal: bool,
        expires: Option<Instant>,
    ) {
        self.serial += 1;
        let accepted = Arc::new(AtomicBool::new(false));
        self.grants.push(Grant { header, access, kind, serial: self.serial, expires, personal, accepted });
    }
}

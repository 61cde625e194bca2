//! The token server behind a Bearer challenge: `GET` with Basic, or `POST` with a refresh token.

mod jwt;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{LaunchError, background::Background, token::jwt::Signer};

/// Whom the server knows and what it hands out.
#[derive(Debug, Clone)]
pub struct TokenOptions {
    /// The user whom it knows.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// The refresh token ("identity token") that stands for the user.
    pub refresh_token: String,
    /// Whether requests without credentials get a token, for `pull` only. Otherwise they get 401.
    pub anonymous_pull: bool,
    /// Seconds from now until a token expires; negative for tokens that are too old when they are made. The registry
    /// forgives 60 s.
    pub lifetime: i64,
    /// What `expires_in` says, in seconds; what `lifetime` says if `None`.
    pub announced_lifetime: Option<u64>,
    /// The name under which tokens are issued.
    pub issuer: String,
    /// The name of the registry that tokens are for.
    pub service: String,
}

impl Default for TokenOptions {
    fn default() -> Self {
        Self {
            user: "alice".into(),
            password: "secret".into(),
            refresh_token: "refresh-alice".into(),
            anonymous_pull: false,
            lifetime: 300,
            announced_lifetime: None,
            issuer: "notary-dev".into(),
            service: "registry.notary-dev".into(),
        }
    }
}

/// What a registry needs to know of a token server.
#[derive(Debug, Clone)]
pub struct TokenTrust {
    /// Where tokens are asked for; part of the challenge.
    pub realm: String,
    /// The name of the registry that tokens are for; part of the challenge.
    pub service: String,
    /// The name under which tokens are issued.
    pub issuer: String,
    /// The certificate of the signing key, PEM.
    pub certificate: String,
}

/// One request for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// Every parameter of the query or form, in order.
    pub parameters: Vec<(String, String)>,
    /// Whether an Authorization header came with it.
    pub authorized: bool,
    /// What was answered.
    pub status: u16,
}

/// A running token server, gone when this is dropped.
pub struct TokenServer {
    server: Background,
    shared: Arc<Shared>,
}

struct Shared {
    signer: Signer,
    state: Mutex<Inner>,
}

struct Inner {
    options: TokenOptions,
    log: Vec<TokenRequest>,
}

impl TokenServer {
    /// Starts a server that knows the user of [`TokenOptions::default`].
    ///
    /// # Errors
    ///
    /// If no key can be made or no port opened.
    pub fn start() -> Result<Self, LaunchError> {
        Self::start_with(TokenOptions::default())
    }

    /// Starts a server.
    ///
    /// # Errors
    ///
    /// If no key can be made or no port opened.
    pub fn start_with(options: TokenOptions) -> Result<Self, LaunchError> {
        let state = Mutex::new(Inner { options, log: Vec::new() });
        let shared = Arc::new(Shared { signer: Signer::generate()?, state });
        let app = Router::new().route("/token", get(by_password).post(by_refresh_token)).with_state(shared.clone());
        let server = Background::serve("token-server", |listener| async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the token server stopped");
            }
        })?;
        Ok(Self { server, shared })
    }

    /// What a registry needs, for [`crate::debian::Auth::Bearer`].
    pub fn trust(&self) -> TokenTrust {
        let state = self.shared.lock();
        TokenTrust {
            realm: format!("http://{}/token", self.server.address()),
            service: state.options.service.clone(),
            issuer: state.options.issuer.clone(),
            certificate: self.shared.signer.pem().to_owned(),
        }
    }

    /// Changes what the server does from now on. The registry keeps the issuer and service that it was started with.
    pub fn configure(&self, change: impl FnOnce(&mut TokenOptions)) {
        change(&mut self.shared.lock().options);
    }

    /// Every request so far, refused ones included.
    pub fn requests(&self) -> Vec<TokenRequest> {
        self.shared.lock().log.clone()
    }
}

impl std::fmt::Debug for TokenServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenServer").field("address", &self.server.address()).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request by `who`, or refuses it, and writes it down.
    fn answer(&self, method: &str, parameters: Vec<(String, String)>, headers: &HeaderMap, who: Who) -> Response {
        let mut state = self.lock();
        let token = match who {
            Who::Nobody => None,
            Who::Anonymous => self.token("", &scopes(&parameters, &["pull"]), &state.options),
            Who::User => {
                self.token(&state.options.user, &scopes(&parameters, &["pull", "push", "delete", "*"]), &state.options)
            }
        };
        let status = if token.is_some() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        let authorized = headers.contains_key(AUTHORIZATION);
        let offline = parameters.iter().any(|(name, value)| (name, value) == (&"offline_token".into(), &"true".into()));
        let mut body = match &token {
            Some(token) => json!({
                "token": token,
                "access_token": token,
                "expires_in": state.options.announced_lifetime.unwrap_or(state.options.lifetime.max(0).unsigned_abs()),
            }),
            None => json!({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}),
        };
        if token.is_some() && offline && matches!(who, Who::User) {
            body["refresh_token"] = json!(state.options.refresh_token);
        }
        state.log.push(TokenRequest { method: method.into(), parameters, authorized, status: status.as_u16() });
        (status, Json(body)).into_response()
    }

    fn token(&self, subject: &str, access: &[Value], options: &TokenOptions) -> Option<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs().cast_signed();
        self.signer.sign(&json!({
            "iss": options.issuer,
            "sub": subject,
            "aud": options.service,
            "exp": now + options.lifetime,
            "nbf": now - 3600,
            "iat": now,
            "jti": format!("{:032x}", fastrand::u128(..)),
            "access": access,
        }))
    }
}

#[derive(Clone, Copy)]
enum Who {
    /// Wrong credentials, or none where some are needed.
    Nobody,
    Anonymous,
    User,
}

async fn by_password(
    State(shared): State<Arc<Shared>>,
    Query(parameters): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let who = {
        let options = &shared.lock().options;
        match headers.get(AUTHORIZATION) {
            None if options.anonymous_pull => Who::Anonymous,
            None => Who::Nobody,
            Some(given) => {
                let wanted = format!("Basic {}", STANDARD.encode(format!("{}:{}", options.user, options.password)));
                if given.as_bytes() == wanted.as_bytes() { Who::User } else { Who::Nobody }
            }
        }
    };
    shared.answer("GET", parameters, &headers, who)
}

async fn by_refresh_token(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(parameters): Form<Vec<(String, String)>>,
) -> Response {
    let who = {
        let options = &shared.lock().options;
        let given = |name: &str| parameters.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let known = match given("grant_type") {
            "refresh_token" => given("refresh_token") == options.refresh_token,
            "password" => (given("username"), given("password")) == (options.user.as_str(), options.password.as_str()),
            _ => false,
        };
        if known { Who::User } else { Who::Nobody }
    };
    shared.answer("POST", parameters, &headers, who)
}

/// The access that `parameters` ask for, as a token grants it: the actions that are in `allowed`.
fn scopes(parameters: &[(String, String)], allowed: &[&str]) -> Vec<Value> {
    let asked = parameters.iter().filter(|(name, _)| name == "scope").flat_map(|(_, value)| value.split(' '));
    asked
        .filter_map(|scope| {
            let (kind, rest) = scope.split_once(':')?;
            let (name, actions) = rest.rsplit_once(':')?;
            let granted: Vec<&str> = actions.split(',').filter(|action| allowed.contains(action)).collect();
            Some(json!({"type": kind, "name": name, "actions": granted}))
        })
        .collect()
}

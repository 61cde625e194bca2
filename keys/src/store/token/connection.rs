use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use cryptoki::{
    context::Pkcs11,
    error::{Error, RvError},
    session::{Session, SessionState, UserType},
    slot::{Slot, TokenInfo},
    types::AuthPin,
};

use super::{TokenError, TokenUri, module};
use crate::{AskPassphrase, Passphrase, Purpose, store::StoreError};

/// A token. It connects on first use, and logs in when a private key is needed.
///
/// Every call runs on its own thread and is abandoned at the deadline, because a token may never answer. A call takes
/// the connection and returns it with its result, so a call that never returns keeps it.
pub(super) struct Token {
    uri: TokenUri,
    deadline: Duration,
    ask: Arc<dyn AskPassphrase>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    /// The last wrong PIN. It is not tried twice, because a few wrong PINs lock a token permanently.
    wrong: Option<Passphrase>,
}

/// A session with a token.
pub(super) struct Connection {
    pub(super) session: Session,
    module: Pkcs11,
    slot: Slot,
    label: String,
}

/// The access that a call needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Objects that the token shows without a login.
    Public,
    /// Private keys, which need a login with the PIN.
    Private,
}

impl Token {
    pub(super) fn new(uri: TokenUri, ask: Arc<dyn AskPassphrase>, deadline: Duration) -> Self {
        Self { uri, deadline, ask, state: Mutex::default() }
    }

    pub(super) fn uri(&self) -> &TokenUri {
        &self.uri
    }

    /// Checks whether the token is present now, without a cached answer.
    pub(super) fn reconnect(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.close(state.connection.take());
        state.connection = Some(self.connect()?);
        Ok(())
    }

    /// Runs one call. The lock is held while the user is asked for the PIN, so that two threads do not ask at once.
    pub(super) fn call<T: Send + 'static>(
        &self,
        access: Access,
        action: impl FnOnce(&Session) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = match state.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        if access == Access::Private {
            connection = self.log_in(connection, &mut state.wrong)?;
        }
        let label = connection.label.clone();
        let (connection, done) = self.bounded(&label, move || {
            let done = action(&connection.session);
            Ok((connection, done))
        })?;
        if !done.as_ref().is_err_and(TokenError::is_lost) {
            state.connection = Some(connection);
        }
        done.map_err(|source| StoreError::Token { token: label, source })
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let uri = self.uri.clone();
        self.bounded(&self.uri.to_string(), move || Connection::open(&uri))
    }

    /// Logs in, unless that is done or not needed. A wrong PIN closes the connection.
    fn log_in(&self, connection: Connection, wrong: &mut Option<Passphrase>) -> Result<Connection, StoreError> {
        let label = connection.label.clone();
        let failed = |source| StoreError::Token { token: label.clone(), source };
        let (mut connection, needed) = self.bounded(&label, move || {
            let needed = connection.login_needed()?;
            Ok((connection, needed))
        })?;
        match needed {
            Login::Done => return Ok(connection),
            Login::Elsewhere => return self.bounded(&label, move || connection.log_in(None)),
            Login::Pin => {}
        }
        let what = format!("the token \"{label}\"");
        for tries in 1.. {
            let asked = self.ask.ask(&what, Purpose::Pin);
            let pin = asked.map_err(|source| StoreError::NoPin { token: label.clone(), source })?;
            let is_repeated = wrong.as_ref().is_some_and(|wrong| wrong.as_bytes() == pin.as_bytes());
            let mut final_try = false;
            if !is_repeated {
                let text = AuthPin::from(pin.as_str());
                let (back, outcome) = self.bounded(&label, move || {
                    let outcome = connection.try_pin(&text)?;
                    Ok((connection, outcome))
                })?;
                connection = back;
                match outcome {
                    Tried::Right => return Ok(connection),
                    Tried::Wrong => {}
                    Tried::WrongOneLeft => final_try = true,
                }
            }
            *wrong = Some(pin);
            if final_try || !self.ask.again(&what, Purpose::Pin, tries) {
                self.close(Some(connection));
                return Err(failed(TokenError::WrongPin { final_try }));
            }
        }
        Ok(connection)
    }

    /// Runs `work` on its own thread until the deadline. `token` is for messages.
    fn bounded<T: Send + 'static>(
        &self,
        token: &str,
        work: impl FnOnce() -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let failed = |source| StoreError::Token { token: token.to_owned(), source };
        let (sender, receiver) = mpsc::channel();
        // The receiver is gone if the deadline has passed. Then the answer is not needed.
        let run = move || drop(sender.send(work()));
        let started = thread::Builder::new().name("token".to_owned()).spawn(run);
        started.map_err(|error| failed(TokenError::Failed(error.into())))?;
        match receiver.recv_timeout(self.deadline) {
            Ok(answer) => answer.map_err(failed),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                tracing::debug!(deadline = ?self.deadline, "the token did not answer");
                Err(failed(TokenError::Hung(self.deadline)))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(failed(TokenError::Failed("its module gave up".into()))),
        }
    }

    /// Ends a session. This is a call to the token too, so it is bounded as well.
    fn close(&self, connection: Option<Connection>) {
        let Some(connection) = connection else { return };
        let closed = self.bounded("", move || {
            drop(connection);
            Ok(())
        });
        if let Err(error) = closed {
            tracing::debug!(%error, "a session with the token was not closed");
        }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let connection = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).connection.take();
        self.close(connection);
    }
}

/// What a login to the token needs.
enum Login {
    /// Nothing: it is done.
    Done,
    /// The PIN is entered on the token itself.
    Elsewhere,
    Pin,
}

enum Tried {
    Right,
    Wrong,
    /// Another wrong PIN locks the token.
    WrongOneLeft,
}

impl Connection {
    fn open(uri: &TokenUri) -> Result<Self, TokenError> {
        let module = module::load(uri.module())?;
        let mut meant = Vec::new();
        for slot in module.get_slots_with_token().map_err(TokenError::of)? {
            let info = match module.get_token_info(slot) {
                Ok(info) => info,
                // The token was removed between the two calls, or the module does not support it.
                Err(Error::Pkcs11(RvError::TokenNotPresent | RvError::TokenNotRecognized, _)) => continue,
                Err(error) => return Err(TokenError::of(error)),
            };
            if info.token_initialized() && uri.matches(info.label(), info.serial_number(), slot.id()) {
                meant.push((slot, info));
            }
        }
        let (slot, info) = match <[(Slot, TokenInfo); 1]>::try_from(meant) {
            Ok([only]) => only,
            Err(none) if none.is_empty() => return Err(TokenError::Absent),
            Err(several) => {
                let name = |(_, info): &(Slot, TokenInfo)| format!("{} ({})", info.label(), info.serial_number());
                return Err(TokenError::Several(several.iter().map(name).collect()));
            }
        };
        let session = if info.write_protected() { module.open_ro_session(slot) } else { module.open_rw_session(slot) };
        let session = session.map_err(TokenError::of)?;
        Ok(Self { session, module, slot, label: info.label().to_owned() })
    }

    fn login_needed(&self) -> Result<Login, TokenError> {
        let info = self.module.get_token_info(self.slot).map_err(TokenError::of)?;
        if !info.login_required() {
            return Ok(Login::Done);
        }
        // A login is valid for all sessions of a process.
        if let SessionState::RoUser | SessionState::RwUser =
            self.session.get_session_info().map_err(TokenError::of)?.session_state()
        {
            return Ok(Login::Done);
        }
        match (info.user_pin_locked(), info.user_pin_initialized()) {
            (true, _) => Err(TokenError::PinLocked),
            (false, false) => Err(TokenError::NoPin),
            (false, true) if info.protected_authentication_path() => Ok(Login::Elsewhere),
            (false, true) => Ok(Login::Pin),
        }
    }

    fn log_in(self, pin: Option<&AuthPin>) -> Result<Self, TokenError> {
        match self.session.login(UserType::User, pin) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(self),
            Err(error) => Err(TokenError::of(error)),
        }
    }

    fn try_pin(&self, pin: &AuthPin) -> Result<Tried, TokenError> {
        let error = match self.session.login(UserType::User, Some(pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => return Ok(Tried::Right),
            Err(error) => TokenError::of(error),
        };
        if !matches!(error, TokenError::WrongPin { .. }) {
            return Err(error);
        }
        let info = self.module.get_token_info(self.slot).map_err(TokenError::of)?;
        match (info.user_pin_locked(), info.user_pin_final_try()) {
            (true, _) => Err(TokenError::PinLocked),
            (false, true) => Ok(Tried::WrongOneLeft),
            (false, false) => Ok(Tried::Wrong),
        }
    }
}

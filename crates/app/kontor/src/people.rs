//! The people of an installation, as the authorization server knows them: users sign in with their e-mail address and,
//! as the password, one of their API keys. A session lives in this process for twelve hours.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use kontor_catalog::Catalogs;
use kontor_identity::keys::Keys;
use kontor_identity::token;
use kontor_model::{Clock, Error, ErrorCode, Id, IdGenerator, Kind, Result, SpaceId, Value};
use kontor_oauth::people::{NewSession, Origin, People, Person, Session, SignIn};
use kontor_records::Role;
use kontor_store::{Expr, Select, Store, Which};

const SESSION_MS: i64 = 12 * 3_600_000;
/// The user that a space was given to is its administrator.
const OWNER: &str = "owner";

/// Users with keys.
pub struct KeyHolders {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdGenerator>,
    pub catalogs: Arc<Catalogs>,
    pub keys: Arc<Keys>,
    pub sessions: Mutex<HashMap<[u8; 32], Session>>,
}

fn wrong() -> Error {
    Error::new(ErrorCode::BadCredential, "The e-mail address or the password is wrong.")
}

impl KeyHolders {
    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn enter(&self, email: &str, key: &str) -> Result<NewSession> {
        let caller =
            self.keys.authenticate(key).await.map_err(|e| if e.code().status() < 500 { wrong() } else { e })?;
        let user = caller.user_id.ok_or_else(wrong)?;
        let person = self.read(caller.space, user).await?.filter(|p| p.active).ok_or_else(wrong)?;
        if !person.email.is_some_and(|known| known.eq_ignore_ascii_case(email.trim())) {
            return Err(wrong());
        }
        let token = token::generate().map_err(Error::internal)?;
        let now = self.clock.now_ms();
        let session =
            Session { id: self.ids.next(), space: caller.space, user, auth_time: now, amr: vec!["pwd".to_owned()] };
        let mut sessions = self.sessions();
        sessions.retain(|_, session| now - session.auth_time < SESSION_MS);
        sessions.insert(token::digest(&token), session.clone());
        Ok(NewSession { token, session })
    }

    async fn read(&self, space: SpaceId, user: Id) -> Result<Option<Person>> {
        let catalog = self.catalogs.get(space).await?;
        let def = catalog.require("user")?;
        let columns = [
            ("name", Kind::Text),
            ("email", Kind::Text),
            ("active", Kind::Bool),
            ("locale", Kind::Text),
            ("external_id", Kind::Text),
        ];
        let columns: Vec<Expr> = columns.map(|(name, kind)| Expr::column(name, kind)).into();
        let mut select = Select::new(space, def.table_name().clone(), columns).limit(1).equals("id", Kind::Int, user.0);
        select.from = def.source(Which::Live);
        let rows = self.store.rows(select).await?;
        let Some([name, email, active, locale, external]) = rows.first().map(Vec::as_slice) else { return Ok(None) };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let role = if external.as_str() == Some(OWNER) { Role::Admin } else { Role::Member };
        Ok(Some(Person {
            name: text(name).unwrap_or_default(),
            email: text(email),
            active: active.as_bool().unwrap_or(true),
            role: role.name().to_owned(),
            locale: text(locale),
        }))
    }
}

impl People for KeyHolders {
    fn sign_in<'a>(&'a self, email: &'a str, password: &'a str, _: Origin) -> BoxFuture<'a, Result<SignIn>> {
        Box::pin(async move { self.enter(email, password).await.map(SignIn::Done) })
    }

    fn second_factor<'a>(&'a self, _: &'a str, _: &'a str, _: Origin) -> BoxFuture<'a, Result<NewSession>> {
        // A key is one factor and there is no other: no ticket was given out.
        Box::pin(async { Err(Error::new(ErrorCode::BadCredential, "This step was not asked for. Sign in again.")) })
    }

    fn redeem<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: &'a str, _: Origin) -> BoxFuture<'a, Result<SignIn>> {
        Box::pin(async { Err(Error::new(ErrorCode::BadCredential, "This invitation is unknown or too old.")) })
    }

    fn session<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Session>>> {
        Box::pin(async move {
            let found = self.sessions().get(&token::digest(token)).cloned();
            let Some(session) = found.filter(|s| self.clock.now_ms() - s.auth_time < SESSION_MS) else {
                return Ok(None);
            };
            let person = self.read(session.space, session.user).await?;
            Ok(person.is_some_and(|p| p.active).then_some(session))
        })
    }

    fn sign_out<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.sessions().remove(&token::digest(token));
            Ok(())
        })
    }

    fn person(&self, space: SpaceId, user: Id) -> BoxFuture<'_, Result<Option<Person>>> {
        Box::pin(self.read(space, user))
    }
}

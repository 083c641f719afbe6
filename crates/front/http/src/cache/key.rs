//! What an answer depends on besides the records: who sees it, in which words, and what was asked.

use std::sync::{Arc, Weak};

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use kontor_catalog::{Catalog, Catalogs};
use kontor_model::{ApiVersion, Result, SpaceId};
use kontor_records::{Caller, Policy, Reach, Rule};
use kontor_store::Seen;
use quick_cache::sync::Cache;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::etag::{self, Tags};

/// Bodies of searches beyond that are not kept.
const LONGEST_BODY: usize = 4_096;
/// Callers whose view is remembered.
const VIEWS: usize = 1_024;

/// A caller's rights, scopes and settings, as far as an answer can depend on them.
pub type View = [u8; 16];

/// Two requests with the same key get the same answer from the same records.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    space: SpaceId,
    view: View,
    catalog: i64,
    version: ApiVersion,
    is_get: bool,
    /// Path and query as they came.
    target: Box<str>,
    body: Box<[u8]>,
}

/// A read that may be answered from what is kept.
pub struct Ask<'a> {
    pub key: Arc<Key>,
    pub request_id: &'a str,
    /// Whether the answer depends on who owns a record: then one that is out of date may show what is not the caller's
    /// any more.
    pub is_personal: bool,
    /// `If-None-Match`.
    pub known: Option<Tags>,
    policy: Arc<Policy>,
    catalog: Arc<Catalog>,
}

impl Ask<'_> {
    /// Whether an answer is the caller's alone, because something private was read for it: by an expanded relation, or by
    /// a condition on one.
    pub fn is_of_one(&self, seen: &Seen) -> bool {
        let private = || self.policy.private.keys().filter_map(|name| self.catalog.object(name));
        seen.tables(self.key.space).any(|table| private().any(|def| def.table_name() == table))
    }
}

impl Key {
    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        self.target.len() + self.body.len() + size_of::<Self>()
    }

    /// Whether the answer's tag says everything about it: an expanded record depends on more than its version.
    pub fn is_told_by_tag(&self) -> bool {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        // An escape may stand for any letter.
        self.is_get && !query.contains("expand") && !query.contains('%')
    }
}

/// Views of callers that were seen a moment ago.
pub struct Views {
    catalogs: Arc<Catalogs>,
    /// By the caller's address; what is behind it is held, so that no other caller comes to lie there.
    known: Cache<usize, (Weak<Caller>, View)>,
}

impl Views {
    pub fn new(catalogs: Arc<Catalogs>) -> Self {
        Self { catalogs, known: Cache::new(VIEWS) }
    }

    fn view(&self, caller: &Arc<Caller>) -> View {
        let address = Arc::as_ptr(caller).addr();
        if let Some((known, view)) = self.known.get(&address)
            && std::ptr::eq(known.as_ptr(), Arc::as_ptr(caller))
        {
            return view;
        }
        let view = view(caller);
        self.known.insert(address, (Arc::downgrade(caller), view));
        view
    }

    /// The request as a question to what is kept; takes `If-None-Match` off it, so that the handler gives a whole answer.
    /// None for one whose answer is not kept.
    ///
    /// # Errors
    /// 400000 for a malformed `If-None-Match`; the database's.
    pub async fn ask<'a>(
        &self,
        caller: &Arc<Caller>,
        parts: &mut Parts,
        version: ApiVersion,
        body: &[u8],
        request_id: &'a str,
    ) -> Result<Option<Ask<'a>>> {
        // What is its owner's alone is not kept, so that other answers can be the same for all of a role.
        let collection = parts.uri.path().split('/').nth(2).unwrap_or_default();
        let is_private = caller.policy.private.values().any(|private| private == collection);
        if body.len() > LONGEST_BODY || parts.method == Method::HEAD || is_private {
            return Ok(None);
        }
        let is_get = parts.method == Method::GET;
        let known = if is_get { conditional(&mut parts.headers)? } else { None };
        let catalog = self.catalogs.get(caller.space).await?;
        let key = Key {
            space: caller.space,
            view: self.view(caller),
            catalog: catalog.version,
            version,
            is_get,
            target: parts.uri.path_and_query().map_or("", |target| target.as_str()).into(),
            body: body.into(),
        };
        Ok(Some(Ask {
            key: Arc::new(key),
            request_id,
            is_personal: reads_by_owner(&caller.policy),
            known,
            policy: caller.policy.clone(),
            catalog,
        }))
    }
}

fn conditional(headers: &mut HeaderMap) -> Result<Option<Tags>> {
    let known = etag::if_none_match(headers)?;
    if known.is_some() {
        headers.remove(axum::http::header::IF_NONE_MATCH);
    }
    Ok(known)
}

/// Whether some record is read or not by who owns it.
fn reads_by_owner(policy: &Policy) -> bool {
    let by_owner = |rule: &Rule| matches!(rule.read, Reach::Own | Reach::Team);
    policy.own_rules().any(by_owner)
}

/// A digest of everything about a caller that an answer depends on. Users of a role that does not look at owners see the
/// same; all others see for themselves.
fn view(caller: &Caller) -> View {
    let user = reads_by_owner(&caller.policy).then(|| {
        let standing = &caller.standing;
        let mut shared: Vec<&String> = standing.shared.iter().collect();
        shared.sort_unstable();
        json!({"user": caller.user_id.map(|id| id.0), "team": standing.team, "grantees": standing.grantees, "shared": shared})
    });
    // The settings, whatever they come to be: `Debug` names every field.
    let settings = format!("{:?}", caller.settings);
    let whole = json!({"policy": *caller.policy, "scopes": caller.scopes.names(), "user": user, "settings": settings});
    let mut view = View::default();
    for (to, from) in view.iter_mut().zip(Sha256::digest(whole.to_string())) {
        *to = from;
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashSet};

    use kontor_model::{Id, Limits, Settings};
    use kontor_records::{Scopes, Standing};

    fn caller(policy: Policy, user: i64) -> Caller {
        Caller {
            via: Default::default(),
            space: SpaceId(1),
            key_id: Id(user + 100),
            user_id: Some(Id(user)),
            policy: Arc::new(policy),
            standing: Arc::new(Standing::alone(Some(Id(user)))),
            scopes: Scopes::new(["crm:read"]),
            settings: Arc::new(Settings::default()),
            limits: Limits::default(),
        }
    }

    fn own() -> Policy {
        Policy::uniform("seller", false, Rule::new(true, Reach::Own, Reach::Own))
    }

    #[test]
    fn a_view_is_shared_only_by_those_who_see_the_same() {
        let base = view(&caller(Policy::member(), 1));
        assert_eq!(base, view(&caller(Policy::member(), 2)), "two members");
        let hiding = |field: &str| {
            let mut rule = Rule::new(true, Reach::All, Reach::All);
            rule.hidden.insert(field.to_owned());
            Policy::new(
                "member",
                false,
                BTreeMap::from([("deal".to_owned(), rule.clone())]),
                Rule::new(true, Reach::All, Reach::All),
            )
        };
        let mut narrower = caller(Policy::member(), 1);
        narrower.scopes = Scopes::new(["deals:read"]);
        let mut elsewhere = caller(Policy::member(), 1);
        elsewhere.settings = Arc::new(Settings { time_zone: "Asia/Shanghai".to_owned(), ..Settings::default() });
        let mut shared = caller(own(), 1);
        shared.standing =
            Arc::new(Standing { shared: HashSet::from(["deal".to_owned()]), ..Standing::alone(Some(Id(1))) });
        let mut mates = caller(own(), 1);
        mates.standing = Arc::new(Standing { team: vec![1, 2], ..Standing::alone(Some(Id(1))) });
        let manager = |user| {
            let rule = Rule { delete: Reach::Team, ..Rule::new(true, Reach::All, Reach::All) };
            view(&caller(Policy::uniform("manager", false, rule), user))
        };
        assert_eq!(manager(1), manager(2), "they delete by owner, and read all");
        let all = [
            base,
            manager(1),
            view(&caller(hiding("amount"), 1)),
            view(&caller(hiding("name"), 1)),
            view(&caller(own(), 1)),
            view(&caller(own(), 2)),
            view(&narrower),
            view(&elsewhere),
            view(&shared),
            view(&mates),
        ];
        assert_eq!(HashSet::from(all).len(), all.len());
    }

    #[test]
    fn which_tags_say_everything() {
        let key = |is_get, target: &str| Key {
            space: SpaceId(1),
            view: View::default(),
            catalog: 1,
            version: ApiVersion::V1,
            is_get,
            target: target.into(),
            body: Box::default(),
        };
        assert!(key(true, "/v1/deals/7").is_told_by_tag());
        assert!(key(true, "/v1/deals/7?fields=name").is_told_by_tag());
        assert!(!key(true, "/v1/deals/7?expand=company").is_told_by_tag());
        assert!(!key(true, "/v1/deals/7?%65xpand=company").is_told_by_tag());
        assert!(!key(false, "/v1/deals/search").is_told_by_tag());
    }
}

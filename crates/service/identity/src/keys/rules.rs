//! Nobody hands out more than they have.

use std::sync::Arc;

use kontor_config::Cidr;
use kontor_model::{Error, ErrorCode, Fault, Result};
use kontor_records::{Caller, Policy};

use super::KeyInfo;
use crate::scopes;

const KNOWN: &[&str] = &["crm:read", "crm:write", "metadata:write", "scim", "admin"];
const MOST_RANGES: usize = 50;

/// What is handed out.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The name of the role, and its rules.
    pub role: String,
    pub policy: Arc<Policy>,
    pub scopes: Vec<String>,
    pub ip_ranges: Vec<String>,
    pub expires_at: Option<i64>,
}

/// Who hands it out: a caller, with its own key when it came with one.
pub struct Grantor<'a> {
    pub caller: &'a Caller,
    pub key: Option<&'a KeyInfo>,
}

fn more(what: String) -> Error {
    Error::new(ErrorCode::Forbidden, what)
}

impl Grantor<'_> {
    /// Whether everything in the grant is the grantor's too; fills in the limits of the grantor's own key where the grant
    /// has none.
    ///
    /// # Errors
    /// 400001 for scopes and ranges that are none; 403000 naming what would be more.
    pub fn grants(&self, mut grant: Grant, collections: &[&str]) -> Result<Grant> {
        let mut faults = Vec::new();
        for (at, scope) in grant.scopes.iter().enumerate() {
            let of_collection = scope.rsplit_once(':').is_some_and(|(collection, verb)| {
                matches!(verb, "read" | "write") && collections.contains(&collection)
            });
            if !of_collection && !KNOWN.contains(&scope.as_str()) {
                faults.push(Fault::new(format!("scopes.{at}"), "unknown", "is no scope").value(scope.clone()));
            }
        }
        if grant.ip_ranges.len() > MOST_RANGES {
            faults.push(Fault::new("ip_ranges", "too_many", format!("must be at most {MOST_RANGES}")));
        }
        let mut ranges = Vec::new();
        for (at, text) in grant.ip_ranges.iter().enumerate() {
            match text.parse::<Cidr>() {
                Ok(range) => ranges.push(range),
                Err(_) => faults.push(
                    Fault::new(
                        format!("ip_ranges.{at}"),
                        "format",
                        "must be an address or a network such as 10.0.0.0/8",
                    )
                    .value(text.clone()),
                ),
            }
        }
        if !faults.is_empty() {
            return Err(Error::from_faults(faults));
        }
        if !grant.policy.is_within(&self.caller.policy) {
            let own = &self.caller.policy.role;
            return Err(more(format!("the role {} allows more than your own, {own}", grant.role)));
        }
        let held = self.caller.scopes.names();
        if let Some(scope) = grant.scopes.iter().find(|scope| !scopes::covers(&held, scope)) {
            return Err(more(format!("the scope {scope} is more than your own credential has")));
        }
        if let Some(key) = self.key {
            self.within(key, &mut grant, &ranges)?;
        }
        Ok(grant)
    }

    /// The limits of the grantor's own key hold for what it makes.
    fn within(&self, key: &KeyInfo, grant: &mut Grant, ranges: &[Cidr]) -> Result<()> {
        let own: Vec<Cidr> = key.ip_ranges.iter().filter_map(|range| range.parse().ok()).collect();
        if !own.is_empty() && ranges.is_empty() {
            grant.ip_ranges.clone_from(&key.ip_ranges);
        } else if !own.is_empty() && !ranges.iter().all(|range| own.iter().any(|o| o.covers(range))) {
            return Err(more("ip_ranges reach further than those of your own key".to_owned()));
        }
        match (key.expires_at, grant.expires_at) {
            (Some(own), None) => grant.expires_at = Some(own),
            (Some(own), Some(wanted)) if wanted > own => {
                return Err(more("expires_at is later than that of your own key".to_owned()));
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kontor_model::{Id, Settings, SpaceId};
    use kontor_records::Scopes;

    use super::*;

    fn caller(role: Policy, scopes: &[&str]) -> Caller {
        let settings = Settings {
            mobile_region: "CN".into(),
            phone_region: None,
            currency: "EUR".into(),
            time_zone: "UTC".into(),
            cors_origins: Vec::new(),
            public_forms: false,
        };
        Caller {
            space: SpaceId(1),
            key_id: Id(1),
            via: Default::default(),
            user_id: None,
            policy: Arc::new(role),
            standing: Arc::default(),
            scopes: Scopes::new(scopes.iter().copied()),
            settings: Arc::new(settings),
            limits: Default::default(),
        }
    }

    fn grant(role: Policy, scopes: &[&str]) -> Grant {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Grant { role: role.role.clone(), policy: Arc::new(role), scopes, ip_ranges: Vec::new(), expires_at: None }
    }

    fn key(ranges: &[&str], expires_at: Option<i64>) -> KeyInfo {
        KeyInfo {
            id: Id(1),
            name: String::new(),
            hint: String::new(),
            role: "admin".into(),
            scopes: Vec::new(),
            space: SpaceId(1),
            user_id: None,
            service_account_id: None,
            ip_ranges: ranges.iter().map(|range| (*range).to_owned()).collect(),
            created_at: 0,
            expires_at,
            revoked_at: None,
            last_used_at: None,
            use_count: 0,
            allowance: Default::default(),
        }
    }

    #[test]
    fn a_grant_is_never_more_than_the_grantor() {
        let member = caller(Policy::member(), &["crm:write"]);
        let of =
            |grant: Grant| Grantor { caller: &member, key: None }.grants(grant, &["contacts"]).map_err(|e| e.code());
        assert!(of(grant(Policy::member(), &["crm:read", "contacts:write"])).is_ok());
        assert_eq!(of(grant(Policy::admin(), &["crm:read"])).unwrap_err(), ErrorCode::Forbidden);
        assert_eq!(of(grant(Policy::read_only(), &["admin"])).unwrap_err(), ErrorCode::Forbidden);
        assert_eq!(of(grant(Policy::read_only(), &["metadata:write"])).unwrap_err(), ErrorCode::Forbidden);
        assert_eq!(of(grant(Policy::read_only(), &["nothing:read"])).unwrap_err(), ErrorCode::Invalid);
        let mut bad = grant(Policy::read_only(), &[]);
        bad.ip_ranges = vec!["10.0.0.0/99".into()];
        assert_eq!(of(bad).unwrap_err(), ErrorCode::Invalid);
    }

    #[test]
    fn the_limits_of_a_key_are_those_of_its_children() {
        let admin = caller(Policy::admin(), &["admin"]);
        let own = key(&["10.0.0.0/8"], Some(1_000));
        let of = |ranges: &[&str], expires_at| {
            let ip_ranges = ranges.iter().map(|range| (*range).to_owned()).collect();
            let grant = Grant { ip_ranges, expires_at, ..grant(Policy::admin(), &[]) };
            Grantor { caller: &admin, key: Some(&own) }.grants(grant, &[])
        };
        let inherited = of(&[], None).unwrap();
        assert_eq!((inherited.ip_ranges, inherited.expires_at), (vec!["10.0.0.0/8".to_owned()], Some(1_000)));
        assert!(of(&["10.1.0.0/16"], Some(900)).is_ok());
        assert!(of(&["10.1.0.0/16", "11.0.0.1"], Some(900)).is_err());
        assert!(of(&["0.0.0.0/0"], None).is_err());
        assert!(of(&["10.1.0.0/16"], Some(1_001)).is_err());
    }
}

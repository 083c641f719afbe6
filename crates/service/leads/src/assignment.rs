//! Who gets a lead: rules in their order, each with users who take turns.

use std::collections::HashSet;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::field::Context;
use kontor_model::{Fault, Field, FieldType, Id, Json, Object, Op, Result, Value};
use kontor_questions::conditions::{self, Condition};
use kontor_records::{Found, Hook, Sight, Touched, Verdict};

/// The most rules of a workspace that are asked.
const MOST_RULES: u64 = 1_000;
/// The most users of a rule.
const MOST_USERS: usize = 200;

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "assignment_rule", "assignment_rules")
        .doc("Who gets which leads; the first active rule that fits a lead decides.")
        .guarded()
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required())
        .field(Field::new("position", FieldType::integer_between(0, 10_000)).doc("Its place among the rules."))
        .field(Field::new("active", FieldType::boolean()).default(true))
        .field(
            Field::new("conditions", FieldType::json())
                .technical()
                .doc("All have to hold: [{\"field\", \"op\": eq, ne, in, contains, gte or lte, \"value\"}]; every lead fits none."),
        )
        .field(
            Field::new("users", FieldType::json())
                .technical()
                .required()
                .doc("Ids of users; they take turns, those who are not active are left out."),
        )
}

/// A rule, read.
struct Rule {
    id: Id,
    conditions: Vec<Condition>,
    users: Vec<i64>,
}

/// The rules of the workspace and the users who can be given leads.
pub(crate) struct Rules {
    rules: Vec<Rule>,
    active: HashSet<i64>,
}

impl Rules {
    /// # Errors
    /// The database's.
    pub async fn load(sight: &Sight<'_>) -> Result<Self> {
        let mut found = sight.find("assignment_rule", &[("active", Op::Ne, Value::Bool(false))], MOST_RULES).await?;
        found.sort_by_key(|rule| (rule.int("position").unwrap_or(0), rule.id));
        let rules: Vec<Rule> = found.iter().filter_map(|rule| read(sight, rule)).collect();
        let mut ids: Vec<i64> = rules.iter().flat_map(|rule| rule.users.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut active = HashSet::new();
        if !ids.is_empty() {
            let most = ids.len() as u64;
            let users = sight.find("user", &[("id", Op::In, Value::Ints(ids))], most).await?;
            active.extend(
                users.iter().filter(|user| user.value("active").as_bool() != Some(false)).map(|user| user.id.0),
            );
        }
        Ok(Self { rules, active })
    }

    /// Whose turn it is to get a lead with these values; none when no rule fits. The turn is taken in the same commit,
    /// so that two leads at once have two turns.
    ///
    /// # Errors
    /// The database's.
    pub async fn choose<'v>(&self, sight: &Sight<'_>, value: impl Fn(&str) -> &'v Value) -> Result<Option<i64>> {
        let fits = |rule: &&Rule| rule.conditions.iter().all(|condition| condition.holds(value(&condition.path)));
        for rule in self.rules.iter().filter(fits) {
            let users: Vec<i64> = rule.users.iter().copied().filter(|user| self.active.contains(user)).collect();
            let count = users.len() as i64;
            if count == 0 {
                continue;
            }
            let turn = if count == 1 { 1 } else { sight.number(&format!("assignment-{}", rule.id)).await? };
            let place = usize::try_from((turn - 1).rem_euclid(count)).unwrap_or(0);
            return Ok(users.get(place).copied());
        }
        Ok(None)
    }
}

/// A rule as it is kept; none when what it says can no longer be read, as of a field that is gone.
fn read(sight: &Sight<'_>, rule: &Found) -> Option<Rule> {
    let conditions = conditions_of(sight, rule.text("conditions")).ok()?;
    Some(Rule { id: rule.id, conditions, users: users(rule.text("users")).ok()? })
}

/// The conditions of a rule over leads.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn conditions_of(sight: &Sight<'_>, text: &str) -> Result<Vec<Condition>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let lead = sight.ctx().whole.require("lead").map_err(|error| error.to_string())?;
    let lead = lead.native();
    let cx = Context { settings: sight.settings(), country: None };
    conditions::read(text, |path| lead.field(path).map(|(_, field)| field), &cx)
}

/// The users of a rule.
fn users(text: &str) -> Result<Vec<i64>, String> {
    const FORM: &str = "must be a list of ids of users";
    let json = Json::parse_str(text).map_err(|_| FORM)?;
    let items = json.as_array().filter(|items| !items.is_empty()).ok_or(FORM)?;
    if items.len() > MOST_USERS {
        return Err(format!("has {} users; at most {MOST_USERS} are allowed", items.len()));
    }
    let id = |item: &Json| item.as_str().and_then(|text| text.parse::<Id>().ok()).map(|id| id.0);
    items.iter().map(|item| id(item).ok_or_else(|| FORM.to_owned())).collect()
}

/// Rules say what can be done.
pub(crate) struct Definitions;

impl Hook for Definitions {
    fn objects(&self) -> &'static [&'static str] {
        &["assignment_rule"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for rule in touched.iter().filter(|t| !t.is_gone()) {
                let mut faults = Vec::new();
                let text = |path: &str| rule.field(path).1.as_str().unwrap_or_default();
                if let Err(why) = conditions_of(sight, text("conditions")) {
                    faults.push(Fault::new("conditions", "format", why));
                }
                match users(text("users")) {
                    Err(why) => faults.push(Fault::new("users", "format", why)),
                    Ok(ids) if rule.changes("users") => {
                        let of = [("id", Op::In, Value::Ints(ids.clone()))];
                        let known: HashSet<i64> =
                            sight.find("user", &of, ids.len() as u64).await?.iter().map(|user| user.id.0).collect();
                        if let Some(stranger) = ids.iter().find(|id| !known.contains(id)) {
                            let message = "names a user that does not exist here";
                            faults.push(Fault::new("users", "not_found", message).value(stranger.to_string()));
                        }
                    }
                    Ok(_) => {}
                }
                if !faults.is_empty() {
                    out.push(Verdict::Refuse { step: rule.step, error: kontor_model::Error::from_faults(faults) });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

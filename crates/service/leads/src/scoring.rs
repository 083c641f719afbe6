//! How likely a lead is to buy: the sum of the rules that fit it, with its reasons.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::show::write_string;
use kontor_model::{Fault, Field, FieldType, Object, Op, Result, Value};
use kontor_questions::Condition;
use kontor_records::{Hook, Sight, Touched, Verdict};

use crate::assignment::conditions_of;

/// What a score by rules is called; a learned one will have a name of its own.
const MODEL: &str = "rules";
/// The most rules of a workspace that are asked.
const MOST_RULES: u64 = 1_000;

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "score_rule", "score_rules")
        .doc("Points for leads that it fits; a lead's score is the sum of all, between 0 and 100.")
        .guarded()
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required())
        .field(Field::new("active", FieldType::boolean()).default(true))
        .field(
            Field::new("conditions", FieldType::json())
                .technical()
                .doc("All have to hold: [{\"field\", \"op\": eq, ne, in, contains, gte or lte, \"value\"}]; every lead fits none."),
        )
        .field(Field::new("points", FieldType::integer_between(-100, 100)).required())
}

/// A rule, read.
struct Rule {
    name: String,
    points: i64,
    conditions: Vec<Condition>,
}

/// The active score rules of the workspace.
pub(crate) struct Rules(Vec<Rule>);

impl Rules {
    /// # Errors
    /// The database's.
    pub async fn load(sight: &Sight<'_>) -> Result<Self> {
        let found = sight.find("score_rule", &[("active", Op::Ne, Value::Bool(false))], MOST_RULES).await?;
        let rules = found.iter().filter_map(|rule| {
            let conditions = conditions_of(sight, rule.text("conditions")).ok()?;
            Some(Rule { name: rule.text("name").to_owned(), points: rule.int("points")?, conditions })
        });
        Ok(Self(rules.collect()))
    }

    /// Whether nothing is said about scores.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of the score of a lead with these values.
    pub fn score<'v>(&self, value: impl Fn(&str) -> &'v Value) -> [(&'static str, Value); 3] {
        let fits = |rule: &&Rule| rule.conditions.iter().all(|condition| condition.holds(value(&condition.path)));
        let reasons: Vec<(&str, i64)> =
            self.0.iter().filter(fits).map(|rule| (rule.name.as_str(), rule.points)).collect();
        let score = total(reasons.iter().map(|(_, points)| *points));
        [("score", score.into()), ("score_reasons", Value::Json(written(&reasons))), ("score_model", MODEL.into())]
    }
}

/// The sum of points as a score.
fn total(points: impl Iterator<Item = i64>) -> i64 {
    points.sum::<i64>().clamp(0, 100)
}

/// `[{"rule":"…","points":…}]`
fn written(reasons: &[(&str, i64)]) -> String {
    let mut out = b"[".to_vec();
    for (place, (rule, points)) in reasons.iter().enumerate() {
        out.extend_from_slice(if place > 0 { b",{\"rule\":" } else { b"{\"rule\":" });
        write_string(rule, &mut out);
        out.extend_from_slice(format!(",\"points\":{points}}}").as_bytes());
    }
    out.push(b']');
    String::from_utf8(out).unwrap_or_default()
}

/// Rules say what can be asked of a lead.
pub(crate) struct Definitions;

impl Hook for Definitions {
    fn objects(&self) -> &'static [&'static str] {
        &["score_rule"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let wrong = |rule: &Touched<'_>| {
                let text = rule.field("conditions").1.as_str().unwrap_or_default();
                let why = conditions_of(sight, text).err()?;
                let error = Fault::new("conditions", "format", why).into();
                Some(Verdict::Refuse { step: rule.step, error })
            };
            Ok(touched.iter().filter(|t| !t.is_gone()).filter_map(wrong).collect())
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_stay_between_0_and_100() {
        assert_eq!(total([30, 20].into_iter()), 50);
        assert_eq!(total([90, 20].into_iter()), 100);
        assert_eq!(total([10, -40].into_iter()), 0);
        assert_eq!(total([90, 90, -50].into_iter()), 100, "the sum is cut, not its parts");
    }

    #[test]
    fn reasons_are_json() {
        assert_eq!(written(&[]), "[]");
        assert_eq!(
            written(&[("a \"b\"", 5), ("c", -5)]),
            r#"[{"rule":"a \"b\"","points":5},{"rule":"c","points":-5}]"#
        );
    }

    #[test]
    fn a_rule_without_conditions_fits_every_lead() {
        let rules = Rules(vec![Rule { name: "all".into(), points: 7, conditions: Vec::new() }]);
        let [(_, score), (_, reasons), (_, model)] = rules.score(|_| &Value::Null);
        assert_eq!((score, model), (Value::Int(7), Value::text("rules")));
        assert_eq!(reasons, Value::Json(r#"[{"rule":"all","points":7}]"#.into()));
    }
}

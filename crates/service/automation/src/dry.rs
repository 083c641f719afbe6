//! `dry_run`: what a workflow would do for an event of the past, in the right of who asks. Nothing is done, and nobody is
//! called.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::{Subjects, Types, read, shown};
use kontor_model::{Changes, Error, Fault, Id, Result};
use kontor_records::{Look, Sheet, Sight, Viewed};
use serde_json::{Map, Value as J, json};

use crate::engine::intent::{Asked, Intent, intent};
use crate::matching::{Trigger, about, values};
use crate::state::{Scope, Task};
use crate::{WORKFLOW, program};

/// Steps that are shown.
const MOST: usize = 200;

pub(crate) fn looks() -> Vec<Arc<dyn Look>> {
    vec![Arc::new(DryRun)]
}

struct DryRun;

impl Look for DryRun {
    fn object(&self) -> &'static str {
        WORKFLOW
    }

    fn name(&self) -> &'static str {
        "dry_run"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let text = viewed.input.text("event").unwrap_or_default();
            let unknown =
                || Error::from(Fault::new("event", "unknown", format!("there is no event {text} in the log")));
            let sequence: i64 = text.parse().map_err(|_| unknown())?;
            let (types, subjects) = (Types::default(), Subjects::default());
            let (store, ctx) = (sight.records().store(), sight.ctx());
            let mut rows = read(&**store, ctx.space(), sequence.saturating_sub(1), &types, &subjects, 1).await?;
            rows.retain(|row| row.sequence == sequence);
            let event = shown(sight.records(), ctx, rows).await?.pop().ok_or_else(unknown)?;
            let workflow = &viewed.record;
            let refused = match Trigger::of(workflow.clone()) {
                None => Some("it is not started by events".to_owned()),
                Some(trigger) => match trigger.refuses(ctx, &event, true) {
                    Ok(why) => why.map(str::to_owned),
                    Err(error) => Some(error.detail().to_owned()),
                },
            };
            let steps: J = serde_json::from_str(workflow.text("steps")).unwrap_or_else(|_| json!([]));
            let mut known = values(ctx, &event, sight.now());
            known["workflow"] = json!({"id": workflow.id.to_string(), "name": workflow.text("name")});
            known["run"] = json!({"id": "0", "depth": 0});
            let (object, id) = about(&event);
            let walk =
                Walk { sight, steps: &steps, related: (object, Some(id)), owner: workflow.reference("owner_id") };
            let done = walk.all(known).await?;
            let answer = json!({"starts": refused.is_none(), "reason": refused, "steps": done});
            Ok(Sheet::Json(answer.to_string().into_bytes()))
        }
        .boxed()
    }
}

struct Walk<'a> {
    sight: &'a Sight<'a>,
    steps: &'a J,
    related: (&'a str, Option<Id>),
    owner: Option<Id>,
}

impl Walk<'_> {
    async fn all(&self, mut known: J) -> Result<Vec<J>> {
        let mut done = Vec::new();
        let mut todo = Task::steps(program::places(self.steps, ""), None);
        while !todo.is_empty() && done.len() < MOST {
            match todo.remove(0) {
                Task::Loop { at, items, n, scope } => {
                    let Some(item) = items.get(n).cloned() else { continue };
                    let body = program::at(self.steps, &at).map(|step| step["do"].clone()).unwrap_or_default();
                    let inner = Scope { item, index: n };
                    let mut next = Task::steps(program::places(&body, &format!("{at}.do")), Some(&inner));
                    next.push(Task::Loop { at, items, n: n + 1, scope });
                    next.append(&mut todo);
                    todo = next;
                }
                Task::Step { at, scope } => {
                    known["item"] = scope.as_ref().map(|scope| scope.item.clone()).unwrap_or_default();
                    known["index"] = json!(scope.as_ref().map(|scope| scope.index));
                    let (line, output, tasks, over) = self.one(&at, scope.as_ref(), &known).await?;
                    if let Some(name) = line["name"].as_str()
                        && let Some(outputs) = known["steps"].as_object_mut()
                    {
                        outputs.insert(name.to_owned(), output);
                    }
                    done.push(line);
                    if over {
                        break;
                    }
                    todo.splice(0..0, tasks);
                }
            }
        }
        Ok(done)
    }

    /// A step's line, what it would give, what it goes on with, and whether it is the last.
    async fn one(&self, at: &str, scope: Option<&Scope>, known: &J) -> Result<(J, J, Vec<Task>, bool)> {
        let asked = Asked {
            records: self.sight.records(),
            ctx: self.sight.ctx(),
            steps: self.steps,
            at,
            scope,
            values: known,
            related: self.related,
            owner: self.owner,
            now: self.sight.now(),
        };
        let step = program::at(self.steps, at).cloned().unwrap_or_default();
        let mut line = json!({"place": at, "kind": step["kind"], "name": step["name"]});
        let (intent, input) = match intent(&asked).await {
            Ok(found) => found,
            Err(error) if error.code().status() < 500 => {
                line["error"] = json!(error.detail());
                return Ok((line, json!({"error": error.detail()}), Vec::new(), !goes_on(&step)));
            }
            Err(error) => return Err(error),
        };
        line["input"] = input;
        let mut tasks = Vec::new();
        let mut output = J::Object(Map::new());
        match intent {
            Intent::Change(change) => {
                let object = change.object().to_owned();
                let changes = Changes { allow_duplicates: true, whole: true, ..change.into() };
                match self.sight.records().dry_run(self.sight.ctx(), &changes).await?.pop() {
                    Some(Ok(outcome)) => {
                        let record: J = serde_json::from_slice(&outcome.data).unwrap_or_default();
                        output = json!({"id": outcome.id.to_string(), "object": object, "record": record});
                    }
                    Some(Err(error)) => {
                        line["error"] = json!(error.detail());
                        return Ok((line, json!({"error": error.detail()}), Vec::new(), !goes_on(&step)));
                    }
                    None => {}
                }
            }
            Intent::Go { tasks: next, output: given } => {
                line["output"] = given.clone();
                (tasks, output) = (next, given);
            }
            Intent::Stop { .. } => return Ok((line, output, tasks, true)),
            Intent::Call(call) => output = call.without_answer(),
            Intent::Act { object, id, .. } => output = json!({"id": id.to_string(), "object": object}),
            Intent::Notify { .. } | Intent::Mail(_) | Intent::Wait(_) => {}
        }
        Ok((line, output, tasks, false))
    }
}

fn goes_on(step: &J) -> bool {
    step["on_error"] == "continue" || step["on_error"].is_array()
}

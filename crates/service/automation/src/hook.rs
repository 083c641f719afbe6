//! The address that starts a workflow (`POST /public/hooks/{token}`): who has it, starts it; nothing else opens.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Result, Value};
use kontor_records::{Found, Guest, Look, Plan, Sheet, Shown, Sight, Taken, Viewed, Visit, refusal};
use serde_json::json;

use crate::acts::begun;
use crate::{RUN, WORKFLOW, sign};

const PAGE: &str = "hooks";
/// Bytes of what is sent.
const LARGEST: usize = 64 << 10;

pub(crate) struct Hooks;

fn open(workflow: &Found, mark: &str) -> Result<()> {
    let fits = workflow.text("hook_mark") == mark && workflow.text("trigger_kind") == "webhook";
    if fits && workflow.flag("active") { Ok(()) } else { Err(Error::not_found()) }
}

impl Guest for Hooks {
    fn page(&self) -> &'static str {
        PAGE
    }

    fn object(&self) -> &'static str {
        WORKFLOW
    }

    fn show<'a>(&'a self, _: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Shown>> {
        async move {
            open(&visit.record, &visit.mark)?;
            let data = json!({"ready": true, "send": "POST a JSON object"}).to_string().into_bytes();
            let html = "<h1>Webhook</h1><p>Programs send a JSON object here by POST.</p>".to_owned();
            Ok(Shown { data, html, title: "Webhook".to_owned(), ..Shown::default() })
        }
        .boxed()
    }

    fn take<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Taken>> {
        async move {
            open(&visit.record, &visit.mark)?;
            let mut input = Vec::new();
            visit.input.write(&mut input);
            if input.len() > LARGEST {
                return Err(Error::new(kontor_model::ErrorCode::TooLarge, format!("send at most {LARGEST} bytes")));
            }
            let mut fields = begun(&visit.record);
            fields.push(("input", Value::Json(String::from_utf8_lossy(&input).into_owned())));
            let plan = Plan::one(sight.create(RUN, &fields)?);
            let data = json!({"accepted": true}).to_string().into_bytes();
            let shown =
                Shown { data, html: "<p>Accepted.</p>".to_owned(), title: "Webhook".to_owned(), ..Shown::default() };
            Ok(Taken { plan, shown })
        }
        .boxed()
    }
}

pub(crate) fn looks() -> Vec<Arc<dyn Look>> {
    vec![Arc::new(Address), Arc::new(Secret)]
}

/// Both views show what lets somebody in: only who may change the workflow sees them.
fn managed(sight: &Sight<'_>) -> Result<()> {
    let def = sight.ctx().whole.require(WORKFLOW)?;
    sight.ctx().caller.may(kontor_records::Access::Write, def)
}

struct Address;

impl Look for Address {
    fn object(&self) -> &'static str {
        WORKFLOW
    }

    fn name(&self) -> &'static str {
        "hook"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            managed(sight)?;
            let workflow = &viewed.record;
            if workflow.text("trigger_kind") != "webhook" {
                return Err(refusal("workflow_trigger", "only a workflow with the trigger webhook has an address"));
            }
            let url = sight.link(PAGE, workflow.id, workflow.text("hook_mark"))?;
            Ok(Sheet::Json(json!({"url": url}).to_string().into_bytes()))
        }
        .boxed()
    }
}

struct Secret;

impl Look for Secret {
    fn object(&self) -> &'static str {
        WORKFLOW
    }

    fn name(&self) -> &'static str {
        "signing_secret"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            managed(sight)?;
            let secret = sign::secret(sight.records(), sight.ctx().space(), viewed.record.id);
            Ok(Sheet::Json(json!({"secret": sign::shown(&secret)}).to_string().into_bytes()))
        }
        .boxed()
    }
}

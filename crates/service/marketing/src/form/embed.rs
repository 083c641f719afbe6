//! `embed` of a form: its link, and the HTML for a page of one's own.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Json, Result};
use kontor_records::{Look, Sheet, Sight, Viewed, refusal};
use serde_json::json;

use super::page::{Hidden, fields};
use super::{PAGE, input};

/// See the module.
pub(crate) struct Embed;

impl Look for Embed {
    fn object(&self) -> &'static str {
        "form"
    }

    fn name(&self) -> &'static str {
        "embed"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let form = &viewed.record;
            let none = || refusal("no_inputs", "the form asks for nothing yet; set inputs");
            let json = Json::parse_str(form.value("inputs").as_str().ok_or_else(none)?).map_err(Error::internal)?;
            let lead = sight.ctx().whole.require("lead")?;
            let inputs = input::read(&json, lead.native()).map_err(Error::from_faults)?;
            let link = sight.link(PAGE, form.id, "")?;
            let html = fields(form, &inputs, &Hidden { time: None, utm: Vec::new() }, &link);
            let open = sight.settings().public_forms && form.flag("active");
            Ok(Sheet::Json(json!({"link": link, "html": html, "open": open}).to_string().into_bytes()))
        }
        .boxed()
    }
}

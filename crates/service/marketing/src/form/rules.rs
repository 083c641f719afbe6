//! What a form must be to be saved.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Json, Result};
use kontor_records::{Hook, Sight, Touched, Verdict};

use super::input;

/// See the module.
pub(crate) struct Definitions;

impl Hook for Definitions {
    fn objects(&self) -> &'static [&'static str] {
        &["form"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for form in touched.iter().filter(|t| !t.is_gone()) {
                let mut faults = Vec::new();
                match form.field("inputs").1.as_str() {
                    Some(text) if form.changes("inputs") => {
                        let json = Json::parse_str(text).map_err(Error::internal)?;
                        let lead = sight.ctx().catalog.require("lead")?;
                        faults.extend(input::read(&json, lead.native()).err().into_iter().flatten());
                    }
                    None if form.field("active").1.as_bool() == Some(true) => {
                        faults.push(Fault::new("inputs", "required", "is required of a form that is active"));
                    }
                    _ => {}
                }
                if form.field("consent_required").1.as_bool() == Some(true)
                    && form.field("consent_text").1.as_str().unwrap_or_default().is_empty()
                {
                    faults.push(Fault::new(
                        "consent_text",
                        "required",
                        "is required with consent_required: what is agreed to",
                    ));
                }
                let target = form.field("redirect_url").1.as_str().unwrap_or_default();
                if !target.is_empty() && !target.starts_with("https://") && !target.starts_with("http://") {
                    faults.push(Fault::new("redirect_url", "format", "must begin with https:// or http://"));
                }
                if !faults.is_empty() {
                    out.push(Verdict::Refuse { step: form.step, error: Error::from_faults(faults) });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

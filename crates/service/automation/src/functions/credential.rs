//! What functions of others are called with: the record. Its secret is kept by [`super::keep`].

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Field, FieldType, Object, Result};
use kontor_records::{Hook, Sight, Touched, Verdict};
use url::Url;

use crate::{CREDENTIAL, SERVICE};

/// Whose functions they are.
pub(crate) const PROVIDERS: &[&str] = &["aws", "azure", "google"];

pub(crate) fn object() -> Object {
    Object::new(SERVICE, CREDENTIAL, "function_credentials")
        .doc("What workflows call functions of AWS Lambda, Azure and Google Cloud with. The secret is set beside, and never shown.")
        .guarded()
        .field(
            Field::new("name", FieldType::text_between(1, 64))
                .required()
                .unique()
                .searched()
                .doc("By which steps name it: {\"kind\": \"function\", \"credential\": \"…\"}."),
        )
        .field(Field::new("description", FieldType::text(500)))
        .field(Field::new("provider", FieldType::enumeration(PROVIDERS.iter().copied())).required().indexed())
        .field(Field::new("url", FieldType::url()).doc(
            "Calls with it go to addresses under this one. Azure and Google need it; of AWS it is the region's own when it is left out.",
        ))
        .field(Field::new("region", FieldType::text(40)).technical().doc("Of AWS: eu-central-1."))
        .field(Field::new("access_key_id", FieldType::text(128)).technical().doc("Of AWS; its secret is the secret access key."))
        .field(
            Field::new("audience", FieldType::text(500))
                .technical()
                .doc("Of Google: for whom ID tokens are; the url when it is left out."),
        )
        .field(Field::new("account", FieldType::text(255)).technical().read_only().doc("Of Google: the service account of the key."))
        .field(Field::new("secret_set_at", FieldType::datetime()).read_only().doc("When its secret was set."))
}

pub(crate) fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![Arc::new(Whole)]
}

/// A credential has what its provider asks for.
struct Whole;

impl Hook for Whole {
    fn objects(&self) -> &'static [&'static str] {
        &[CREDENTIAL]
    }

    fn meet<'a>(&'a self, _: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        let verdict = |one: &Touched<'_>| {
            let faults = faults(&|field| one.value(field).as_str().unwrap_or_default().to_owned());
            (!faults.is_empty()).then(|| Verdict::Refuse { step: one.step, error: Error::from_faults(faults) })
        };
        let people = touched.iter().filter(|one| !one.is_gone() && !one.is_by_service());
        let verdicts: Vec<Verdict> = people.filter_map(verdict).collect();
        async move { Ok(verdicts) }.boxed()
    }
}

fn faults(text: &dyn Fn(&str) -> String) -> Vec<Fault> {
    let provider = text("provider");
    let needed: &[(&str, &str)] = match provider.as_str() {
        "aws" => &[
            ("region", "is required: the region of the functions, such as eu-central-1"),
            ("access_key_id", "is required: AKIA…"),
        ],
        "azure" => &[("url", "is required: https://….azurewebsites.net/api, under which the functions lie")],
        _ => &[("url", "is required: the address of the function, or of the service that it lies under")],
    };
    let mut faults: Vec<Fault> = needed
        .iter()
        .filter(|(field, _)| text(field).is_empty())
        .map(|(field, why)| Fault::new(*field, "required", *why))
        .collect();
    let region = text("region");
    if !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        faults.push(Fault::new("region", "format", "must be a region such as eu-central-1").value(region));
    }
    let key = text("access_key_id");
    if !key.bytes().all(|b| b.is_ascii_alphanumeric()) {
        faults.push(Fault::new("access_key_id", "format", "must be letters and digits, such as AKIAIOSFODNN7EXAMPLE"));
    }
    if Url::parse(&text("url")).is_ok_and(|url| url.query().is_some() || url.fragment().is_some()) {
        faults.push(Fault::new("url", "format", "must be an address without ? and #; a step says the rest"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(fields: &[(&str, &str)]) -> Vec<String> {
        let text = |name: &str| fields.iter().find(|(n, _)| *n == name).map_or(String::new(), |(_, v)| (*v).to_owned());
        faults(&text).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn each_provider_asks_for_its_own() {
        assert_eq!(wrong(&[("provider", "aws")]), ["region", "access_key_id"]);
        assert_eq!(wrong(&[("provider", "azure")]), ["url"]);
        assert_eq!(wrong(&[("provider", "google")]), ["url"]);
        let aws = [("provider", "aws"), ("region", "eu-central-1"), ("access_key_id", "AKIDEXAMPLE")];
        assert_eq!(wrong(&aws), Vec::<String>::new());
        let odd = [
            ("provider", "aws"),
            ("region", "evil.example/"),
            ("access_key_id", "A/B"),
            ("url", "https://a.example/?x"),
        ];
        assert_eq!(wrong(&odd), ["region", "access_key_id", "url"]);
    }
}

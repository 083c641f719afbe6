//! Files of mail that came in, as records of the service that filed it: each is a part of the mail's record, reached as
//! that is, read by the view `content`, and gone with it.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Field, FieldType, Id, Json, Object, Result, Step, Value, View};
use kontor_records::{Found, Hook, Look, Sheet, Sight, Touched, Verdict, Viewed, bytes, literal, refusal};
use sha2::{Digest, Sha256};

use crate::Mail;

/// What every file is answered as: what it says of itself is its sender's word.
const MEDIA: &str = "application/octet-stream";

/// An object of files, each a part of the record that its relation `whole` refers to.
pub fn object(service: &str, name: &str, plural: &str, whole: &str) -> Object {
    Object::new(service, name, plural)
        .read_only()
        .holds_bytes()
        .part_of(whole)
        .field(Field::reference(whole, whole).required().indexed())
        .field(
            Field::new("name", FieldType::text(200)).personal().required().doc("As it was sent, without any folder."),
        )
        .field(Field::new("media_type", FieldType::text(100)).technical().doc("What it says it is; not checked."))
        .field(Field::new("bytes", FieldType::integer()))
        .field(
            Field::new("sha256", FieldType::text(64)).technical().indexed().doc("Of its bytes, in hexadecimal digits."),
        )
        .field(Field::reference("contact", "contact").indexed().doc("Who sent it, where that is a contact."))
        .view(View::new("content", "Its bytes, always as application/octet-stream and for saving.").of(&[MEDIA]))
}

/// Steps that keep the files of a mail, behind named ones. `fields` name the record that they are parts of, and others,
/// with `$name.id` where a step before makes it.
///
/// # Errors
/// A field that the object does not have.
pub fn steps(sight: &Sight<'_>, object: &str, fields: &[(&str, Json)], mail: &Mail) -> Result<Vec<Step>> {
    let kept = mail.files.iter().filter_map(|file| Some((file, file.content.as_ref()?)));
    kept.map(|(file, content)| {
        let sha256: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        let own = [
            ("name", Value::text(file.name.as_str())),
            ("media_type", Value::text(file.media.as_str())),
            ("bytes", Value::Int(i64::try_from(content.len()).unwrap_or(i64::MAX))),
            ("sha256", sha256.into()),
        ];
        let step = literal(sight.create(object, &own)?, "");
        let Step { change: Change::Create { object, data: Json::Object(mut data) }, .. } = step else {
            return Ok(step);
        };
        data.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Ok(Step::of_service(Change::Create { object, data: Json::Object(data) }).with_bytes(content.clone()))
    })
    .collect()
}

/// A record that is there as a value of [`steps`].
pub fn known(id: Id) -> Json {
    Json::String(id.to_string())
}

/// `GET /v1/{plural}/{id}/content`
pub struct Content {
    pub object: &'static str,
    /// The object that it is a part of.
    pub whole: &'static str,
}

impl Look for Content {
    fn object(&self) -> &'static str {
        self.object
    }

    fn name(&self) -> &'static str {
        "content"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let file = &viewed.record;
            let whole = file.reference(&format!("{}_id", self.whole)).unwrap_or(Id(0));
            // Not in the bin, and open to who asks.
            sight.visible(self.whole, whole).await?;
            hides_nothing(sight, self.object, file)?;
            let length = u64::try_from(file.int("bytes").unwrap_or(0)).unwrap_or(0);
            let store = &**sight.records().store();
            let content = bytes::read(store, sight.ctx().space(), file.id, length).await?;
            let Some(bytes) = content else {
                let detail = "its bytes are not here: they were erased, or this is a masked copy, which has none";
                return Err(refusal("file_gone", detail));
            };
            Ok(Sheet::File { media: viewed.media.clone(), name: file.text("name").to_owned(), bytes })
        }
        .boxed()
    }
}

/// Who may not see a file's name does not get what is in it.
fn hides_nothing(sight: &Sight<'_>, object: &str, file: &Found) -> Result<()> {
    let policy = &sight.ctx().caller.policy;
    if policy.rule(object).hidden.is_empty() {
        return Ok(());
    }
    let detail = format!("the role {} does not see all fields of {}", policy.role, file.object());
    Err(kontor_model::Error::new(kontor_model::ErrorCode::Forbidden, detail))
}

/// Files go for good with what they are a part of.
pub struct Parting {
    pub object: &'static str,
    /// Objects and the fields of a file that refer to them.
    pub wholes: &'static [(&'static str, &'static str)],
    pub objects: &'static [&'static str],
}

impl Hook for Parting {
    fn objects(&self) -> &'static [&'static str] {
        self.objects
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for gone in touched.iter().filter(|one| one.purged) {
                let Some((_, field)) = self.wholes.iter().find(|(object, _)| *object == gone.def.name) else {
                    continue;
                };
                for id in sight.all_of(self.object, field, gone.id).await? {
                    let change = Change::Purge { object: self.object.to_owned(), id };
                    out.push(Verdict::Follow { step: gone.step, then: Step::of_service(change) });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

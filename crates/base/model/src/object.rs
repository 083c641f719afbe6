//! Object declarations: a name, fields, marks. Everything else is derived from them.

use crate::action::Action;
use crate::field::{Field, FieldType, Place};
use crate::view::View;

/// Declaration of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Singular, snake_case: `contact`.
    pub name: String,
    /// The name it was made under, which its rows carry where objects share a table; outlives renames.
    pub key: String,
    /// The collection in paths: `contacts`.
    pub plural: String,
    pub label: String,
    /// One sentence for the docs.
    pub doc: String,
    /// The service that declares it, or `custom`.
    pub service: String,
    pub fields: Vec<Field>,
    /// The field that names a record to a person.
    pub name_field: String,
    /// Whether its records have an owner.
    pub owned: bool,
    /// The reference to the record that these are a part of (`order` of an order line): they are reached as it is.
    pub part_of: Option<String>,
    /// Whether its records give rights, so that only who manages the space changes them.
    pub guarded: bool,
    /// Made at run time.
    pub custom: bool,
    /// Whether callers reach it by the generic routes; a service that has rules of its own for reading or writing it
    /// opens them itself.
    pub routed: bool,
    /// The law asks that its records are kept as they are, also when a person in them is erased (books, tax).
    pub kept_by_law: bool,
    /// The table that its rows lie in.
    pub table: String,
    /// Values derived from others of the same record at every write, in order.
    pub derived: Vec<Derived>,
    /// The object whose records are its lines: they are sent and answered with it, as `lines`.
    pub lines: Option<String>,
    /// What can be done to its records besides changing their fields.
    pub actions: Vec<Action>,
    /// What can be read of its records besides their fields.
    pub views: Vec<View>,
    /// Whether only services write its records; callers read them.
    pub read_only: bool,
    /// Whether its records are their owner's alone, whatever a role may with others; who manages the space reaches all.
    pub private: bool,
    /// The field of yes and no by which the owner of a private record lets all of the space read it. What is not opened
    /// is not read by who manages the space either.
    pub opened_by: Option<String>,
}

/// A value that follows from others of the same record and is never sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Derived {
    /// `target = price × quantity × (1 − discount)`, exactly, half-even to the scale of money; a missing quantity is
    /// 1, a missing discount 0, a missing price leaves it null.
    LineTotal { target: String, price: String, quantity: String, discount: String },
    /// `target` = whole days from the date `from` to the date `to`; null where one is missing.
    DaysBetween { target: String, from: String, to: String },
    /// `target` = the parts that are there, joined by a space.
    Joined { target: String, parts: Vec<String> },
}

/// The table of all custom objects.
pub const CUSTOM_TABLE: &str = "custom_records";

impl Object {
    /// A standard object with its own table, named after the collection.
    pub fn new(service: &str, name: &str, plural: &str) -> Self {
        Self {
            name: name.to_owned(),
            key: name.to_owned(),
            plural: plural.to_owned(),
            label: crate::field::label(name),
            doc: String::new(),
            service: service.to_owned(),
            fields: Vec::new(),
            name_field: "name".to_owned(),
            owned: false,
            part_of: None,
            guarded: false,
            custom: false,
            routed: true,
            kept_by_law: false,
            table: format!("r_{plural}"),
            derived: Vec::new(),
            lines: None,
            actions: Vec::new(),
            views: Vec::new(),
            read_only: false,
            private: false,
            opened_by: None,
        }
    }

    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.fields.extend(fields);
        self
    }

    #[must_use]
    pub fn named_by(mut self, field: &str) -> Self {
        field.clone_into(&mut self.name_field);
        self
    }

    #[must_use]
    pub fn owned(mut self) -> Self {
        self.owned = true;
        self
    }

    /// Its records are reached as the record that `relation` refers to.
    #[must_use]
    pub fn part_of(mut self, relation: &str) -> Self {
        self.part_of = Some(relation.to_owned());
        self
    }

    /// Changed only by who manages the space.
    #[must_use]
    pub fn guarded(mut self) -> Self {
        self.guarded = true;
        self
    }

    #[must_use]
    pub fn doc(mut self, doc: &str) -> Self {
        doc.clone_into(&mut self.doc);
        self
    }

    /// No generic routes.
    #[must_use]
    pub fn unrouted(mut self) -> Self {
        self.routed = false;
        self
    }

    /// Erasure leaves its records as they are.
    #[must_use]
    pub fn kept_by_law(mut self) -> Self {
        self.kept_by_law = true;
        self
    }

    /// Sent and answered with its lines, records of `object` that are [part of](Object::part_of) it.
    #[must_use]
    pub fn lines(mut self, object: &str) -> Self {
        self.lines = Some(object.to_owned());
        self
    }

    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    #[must_use]
    pub fn view(mut self, view: View) -> Self {
        self.views.push(view);
        self
    }

    /// Written by services only.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Reached by their owners alone, and by who manages the space.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Reached by their owners alone, and read by everybody where `field` says yes.
    #[must_use]
    pub fn opened_by(mut self, field: &str) -> Self {
        self.private = true;
        self.opened_by = Some(field.to_owned());
        self
    }

    /// Whether it is about people: it has a way to reach one.
    pub fn is_person(&self) -> bool {
        let reaches = |f: &Field| matches!(f.ty, FieldType::Email(_) | FieldType::Phone(_) | FieldType::Mobile(_));
        self.fields.iter().any(|f| f.personal && !f.retired && reaches(f))
    }

    #[must_use]
    pub fn derive(mut self, derived: Derived) -> Self {
        self.derived.push(derived);
        self
    }

    /// The fields that every record has, before its own (api.md 4).
    pub fn common_fields(owned: bool) -> Vec<Field> {
        let mut fields = vec![
            Field::new("id", FieldType::any_reference()).read_only(),
            Field::new("version", FieldType::integer()).read_only(),
            Field::new("created_at", FieldType::datetime()).read_only().indexed(),
            Field::new("updated_at", FieldType::datetime()).read_only().indexed(),
            Field::reference("created_by", "user").read_only(),
            Field::reference("updated_by", "user").read_only(),
        ];
        for field in &mut fields {
            if let Some(name) = field.name.strip_suffix("_by_id") {
                field.name = format!("{name}_by");
                field.place = Place::Column(field.name.clone());
            }
        }
        if owned {
            fields.push(Field::reference("owner", "user").indexed());
        }
        fields.push(Field::new("external_id", FieldType::text_between(1, 255)).unique());
        fields
    }

    /// Whether the object has any field of money, and so a `currency`.
    pub fn has_money(&self) -> bool {
        self.fields.iter().any(|f| !f.retired && f.ty.spec().name() == "money")
    }
}

//! The attributes of users and groups (RFC 7643, 4 and 7): what the Schemas endpoint tells, and what PATCH and filters
//! know names by.

use serde_json::{Value as J, json};

use crate::filter::Attribute;

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// Who may set an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    Write,
    Read,
}

/// One attribute.
#[derive(Debug)]
pub struct Attr {
    pub name: &'static str,
    kind: &'static str,
    pub multi: bool,
    pub may: May,
    required: bool,
    exact: bool,
    unique: bool,
    /// Values that are known; RFC 7643, 7: suggestions.
    canonical: &'static [&'static str],
    pub subs: &'static [Attr],
    about: &'static str,
}

const fn attr(name: &'static str, kind: &'static str, about: &'static str) -> Attr {
    Attr {
        name,
        kind,
        multi: false,
        may: May::Write,
        required: false,
        exact: false,
        unique: false,
        canonical: &[],
        subs: &[],
        about,
    }
}

impl Attr {
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { may: May::Read, ..self }
    }

    const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    const fn one_of(self, canonical: &'static [&'static str]) -> Self {
        Self { canonical, ..self }
    }

    const fn of(self, subs: &'static [Attr]) -> Self {
        Self { kind: "complex", subs, ..self }
    }

    const fn many(self) -> Self {
        Self { multi: true, ..self }
    }

    fn json(&self) -> J {
        let mut out = json!({
            "name": self.name, "type": self.kind, "multiValued": self.multi, "description": self.about,
            "required": self.required, "caseExact": self.exact,
            "mutability": if self.may == May::Read { "readOnly" } else { "readWrite" },
            "returned": "default", "uniqueness": if self.unique { "server" } else { "none" },
        });
        if let Some(members) = out.as_object_mut() {
            if !self.subs.is_empty() {
                members.insert("subAttributes".to_owned(), self.subs.iter().map(Attr::json).collect());
            }
            if !self.canonical.is_empty() {
                let name = if self.kind == "reference" { "referenceTypes" } else { "canonicalValues" };
                members.insert(name.to_owned(), json!(self.canonical));
            }
        }
        out
    }
}

/// Every resource has them; they are in no schema (RFC 7643, 3.1).
const COMMON: &[Attr] = &[
    attr("id", "string", "").exact().read_only(),
    attr("externalId", "string", "").exact(),
    attr("schemas", "string", "").read_only().many(),
    attr("meta", "", "").read_only().of(META),
];

const META: &[Attr] = &[
    attr("resourceType", "string", "").read_only(),
    attr("created", "dateTime", "").read_only(),
    attr("lastModified", "dateTime", "").read_only(),
    attr("location", "string", "").read_only(),
    attr("version", "string", "").read_only(),
];

const NAME: &[Attr] = &[attr("familyName", "string", "Family name."), attr("givenName", "string", "Given name.")];

const VALUED: &[Attr] = &[
    attr("value", "string", "The value."),
    attr("type", "string", "Always work: one is kept.").one_of(&["work"]),
    attr("primary", "boolean", "Which of several is kept."),
];

/// Roles that every space has.
const SHIPPED: &[&str] = &["manager", "member", "sales", "support", "finance", "marketing", "read-only", "integration"];

const ROLES: &[Attr] = &[attr("value", "string", "The name of a role of the space.").one_of(SHIPPED)];

const USERS_GROUPS: &[Attr] = &[
    attr("value", "string", "The group's id.").exact().read_only(),
    attr("$ref", "reference", "Where it is.").exact().read_only().one_of(&["Group"]),
    attr("display", "string", "The team's name.").read_only(),
    attr("type", "string", "Always direct.").read_only(),
];

const USER_ATTRS: &[Attr] = &[
    attr("userName", "string", "What the directory calls the user; kept in lower case.").required().unique(),
    attr("name", "", "The parts of the name.").of(NAME),
    attr("displayName", "string", "The user's name; made from the parts when it is not sent."),
    attr("title", "string", "Position in the business."),
    attr("locale", "string", "BCP 47, such as de-AT."),
    attr("timezone", "string", "IANA name, such as Europe/Berlin."),
    attr("active", "boolean", "Whether the user may sign in."),
    attr("emails", "", "The address that the user signs in with: the primary one, else that of work, else the first.")
        .of(VALUED)
        .many(),
    attr("phoneNumbers", "", "One telephone number, chosen as the address is.").of(VALUED).many(),
    attr("roles", "", "The user's role in the space, by its name: one.").of(ROLES).many(),
    attr("groups", "", "The teams that list the user as a member.").of(USERS_GROUPS).read_only().many(),
];

const MEMBERS: &[Attr] = &[
    attr("value", "string", "The user's id.").exact(),
    attr("$ref", "reference", "Where it is; made from the id.").exact().one_of(&["User"]),
    attr("type", "string", "Always User.").one_of(&["User"]),
];

const GROUP_ATTRS: &[Attr] = &[
    attr("displayName", "string", "The team's name.").required().unique(),
    attr("members", "", "Users of the space.").of(MEMBERS).many(),
];

/// A kind of resource.
#[derive(Debug)]
pub struct Type {
    pub name: &'static str,
    pub schema: &'static str,
    /// Below `/scim/v2`.
    pub place: &'static str,
    /// The object whose records they are.
    pub object: &'static str,
    attrs: &'static [Attr],
    about: &'static str,
}

pub const USERS: Type = Type {
    name: "User",
    schema: USER,
    place: "Users",
    object: "user",
    attrs: USER_ATTRS,
    about: "A person who works with the system.",
};

pub const GROUPS: Type =
    Type { name: "Group", schema: GROUP, place: "Groups", object: "team", attrs: GROUP_ATTRS, about: "A team." };

impl Type {
    /// An attribute by its name in any case.
    pub fn attr(&self, name: &str) -> Option<&'static Attr> {
        self.attrs.iter().chain(COMMON).find(|attr| attr.name.eq_ignore_ascii_case(name))
    }

    /// Whether an attribute is one of this kind; `around` is the one whose element it is asked of.
    pub fn knows(&self, around: Option<&Attribute>, attribute: &Attribute) -> bool {
        let sub = |attr: &Attr, name: &str| attr.subs.iter().any(|sub| sub.name.eq_ignore_ascii_case(name));
        if let Some(around) = around {
            return attribute.sub.is_none() && self.attr(&around.name).is_some_and(|a| sub(a, &attribute.name));
        }
        let own = attribute.schema.as_ref().is_none_or(|schema| schema.eq_ignore_ascii_case(self.schema));
        own && self.attr(&attribute.name).is_some_and(|a| attribute.sub.as_ref().is_none_or(|name| sub(a, name)))
    }

    /// RFC 7643, 7.
    pub fn schema_json(&self, base: &str) -> J {
        json!({
            "schemas": [SCHEMA], "id": self.schema, "name": self.name, "description": self.about,
            "attributes": self.attrs.iter().map(Attr::json).collect::<Vec<J>>(),
            "meta": {"resourceType": "Schema", "location": format!("{base}/scim/v2/Schemas/{}", self.schema)},
        })
    }

    /// RFC 7643, 6.
    pub fn type_json(&self, base: &str) -> J {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": self.name, "name": self.name,
            "endpoint": format!("/{}", self.place), "description": self.about, "schema": self.schema,
            "meta": {"resourceType": "ResourceType", "location": format!("{base}/scim/v2/ResourceTypes/{}", self.name)},
        })
    }
}

//! What the shipped roles may, written down by hand from what `GET /v1/roles` and the guide say of them, and not from
//! the code that compiles them.

/// Whose records an action reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Nobodys,
    Own,
    Teams,
    All,
}

/// Whose a record is, as the caller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Mine,
    Mates,
    Strangers,
    /// It has no owner.
    Anyones,
}

impl Reach {
    pub fn covers(self, whose: Whose) -> bool {
        match (self, whose) {
            (Reach::Nobodys, _) => false,
            (Reach::All, _) | (_, Whose::Anyones | Whose::Mine) => true,
            (Reach::Teams, Whose::Mates) => true,
            (Reach::Teams, Whose::Strangers) | (Reach::Own, _) => false,
        }
    }
}

/// What a role may with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct May {
    pub create: bool,
    pub read: Reach,
    pub update: Reach,
    pub delete: Reach,
}

const fn may(create: bool, update: Reach, delete: Reach) -> May {
    May { create, read: Reach::All, update, delete }
}

const READS: May = may(false, Reach::Nobodys, Reach::Nobodys);

/// Objects that give rights: administrators change them, whatever else a role may.
const GUARDED: &[&str] = &[
    "user",
    "team",
    "role",
    "permission",
    "service_account",
    "duplicate_rule",
    "assignment_rule",
    "score_rule",
    "territory",
    "legal_entity",
    "webhook_endpoint",
    "workflow",
    "function_credential",
];

pub const ROLES: &[&str] =
    &["owner", "admin", "manager", "member", "sales", "support", "finance", "marketing", "read-only", "integration"];

const ACTIVITIES: &[&str] = &["task", "call", "meeting", "note", "email", "calendar_feed"];

/// Role, objects, and what it may with them. What is not said is read.
const TABLE: &[(&str, &[&str], May)] = &[
    (
        "sales",
        &["lead", "contact", "company", "customer", "consent", "deal", "deal_line", "quote", "quote_line"],
        may(true, Reach::Teams, Reach::Own),
    ),
    ("sales", &["order", "order_line"], may(true, Reach::Own, Reach::Nobodys)),
    ("sales", ACTIVITIES, may(true, Reach::Teams, Reach::Own)),
    ("support", &["ticket", "ticket_comment"], may(true, Reach::All, Reach::Own)),
    ("support", &["contact", "company"], may(true, Reach::All, Reach::Nobodys)),
    ("support", ACTIVITIES, may(true, Reach::Teams, Reach::Own)),
    (
        "finance",
        &[
            "customer",
            "order",
            "order_line",
            "invoice",
            "invoice_line",
            "payment",
            "dunning_step",
            "tax_rate",
            "exchange_rate",
        ],
        may(true, Reach::All, Reach::Nobodys),
    ),
    ("finance", ACTIVITIES, may(true, Reach::Own, Reach::Nobodys)),
    (
        "marketing",
        &["campaign", "campaign_member", "segment", "template", "sequence", "sequence_step", "form"],
        may(true, Reach::All, Reach::All),
    ),
    ("marketing", &["lead", "contact", "company", "consent"], may(true, Reach::All, Reach::Own)),
    ("marketing", ACTIVITIES, may(true, Reach::Teams, Reach::Own)),
];

/// What a role may with an object.
pub fn expected(role: &str, object: &str) -> May {
    let manages = matches!(role, "owner" | "admin");
    if GUARDED.contains(&object) && !manages {
        return READS;
    }
    match role {
        "owner" | "admin" | "member" | "integration" => may(true, Reach::All, Reach::All),
        "manager" => may(true, Reach::All, Reach::Teams),
        "read-only" => READS,
        _ => {
            let row = TABLE.iter().find(|(of, objects, _)| *of == role && objects.contains(&object));
            row.map_or(READS, |(.., may)| *may)
        }
    }
}

//! What a route is: the row that the router, the door, the OpenAPI document and the coverage tests read.

/// What a caller needs for a route. The engine checks it again, by object and record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// No credential at all.
    Open,
    /// Any credential.
    Signed,
    /// `{collection}:read` or `crm:read`.
    Read,
    /// `{collection}:write` or `crm:write`.
    Write,
    /// `metadata:write`.
    Metadata,
    /// `audit:read`.
    Audit,
    /// `scim`, or `admin`.
    Scim,
    /// `admin`.
    Admin,
}

/// Whom a route is meant for (api.md 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    Public,
    /// Third-party clients and API keys.
    Partner,
    /// First-party clients and operators; served on the internal listener when one is configured.
    Private,
}

impl Mark {
    pub const fn name(self) -> &'static str {
        match self {
            Mark::Public => "public",
            Mark::Partner => "partner",
            Mark::Private => "private",
        }
    }
}

/// What a route takes as a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Takes {
    /// JSON of at most `request.body_limit_bytes`, read before the handler runs.
    Json,
    /// Anything of at most `request.body_limit_bytes`, read before the handler runs, which knows its own types (forms).
    Own,
    /// Anything of at most `request.upload_limit_bytes`, read by the handler; no limit of time.
    Stream,
}

/// What a route answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gives {
    /// `application/json`; an `Accept` that excludes it is a 406.
    Json,
    /// A type of its own.
    Other,
}

/// One method of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Upper case. HEAD goes with GET, OPTIONS with every path.
    pub method: &'static str,
    /// `/v1/{collection}/{id}`.
    pub path: &'static str,
    /// Stem of the operationId, e.g. `listRecords`.
    pub operation: &'static str,
    pub access: Access,
    pub mark: Mark,
    /// One sentence for the docs.
    pub summary: &'static str,
    pub takes: Takes,
    pub gives: Gives,
    /// Whether its bodies are read and written by the catalog of the caller's version; otherwise the door translates
    /// them from and to version 1's words.
    pub by_catalog: bool,
    /// Whether its answers may be kept and given again to callers who see the same: it reads records, has no other effect,
    /// and answers by nothing but the caller's rights and settings, path, query, body and version.
    pub kept: bool,
    /// Whether the last part of its path is a word of the object's own: with another method there is nothing.
    pub of_object: bool,
}

impl Route {
    /// A route that takes and gives JSON.
    pub const fn new(
        method: &'static str,
        path: &'static str,
        operation: &'static str,
        access: Access,
        mark: Mark,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            operation,
            access,
            mark,
            summary,
            takes: Takes::Json,
            gives: Gives::Json,
            by_catalog: false,
            kept: false,
            of_object: false,
        }
    }

    /// Its handler asks the catalog of the caller's version and needs no translation.
    #[must_use]
    pub const fn by_catalog(mut self) -> Self {
        self.by_catalog = true;
        self
    }

    /// Its answers may be kept; see [`Route::kept`].
    #[must_use]
    pub const fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// See [`Route::of_object`].
    #[must_use]
    pub const fn of_object(mut self) -> Self {
        self.of_object = true;
        self
    }

    /// Its body is read by the handler.
    #[must_use]
    pub const fn streaming(mut self) -> Self {
        self.takes = Takes::Stream;
        self
    }

    /// The handler checks the type of its body.
    #[must_use]
    pub const fn own_body(mut self) -> Self {
        self.takes = Takes::Own;
        self
    }

    /// Its answer is not (only) JSON.
    #[must_use]
    pub const fn any_answer(mut self) -> Self {
        self.gives = Gives::Other;
        self
    }
}

//! The routes, as the door and the OpenAPI document read them.

use kontor_http::route::{Access, Mark, Route};

const fn r(method: &'static str, path: &'static str, operation: &'static str, summary: &'static str) -> Route {
    Route::new(method, path, operation, Access::Scim, Mark::Private, summary).own_body().any_answer()
}

pub const ROUTES: &[Route] = &[
    r("GET", "/scim/v2/ServiceProviderConfig", "scimConfig", "What of SCIM there is (RFC 7643, 5)."),
    r("GET", "/scim/v2/ResourceTypes", "scimResourceTypes", "The kinds of resources (RFC 7643, 6)."),
    r("GET", "/scim/v2/ResourceTypes/{id}", "scimResourceType", "One kind of resource."),
    r("GET", "/scim/v2/Schemas", "scimSchemas", "The attributes of resources (RFC 7643, 7)."),
    r("GET", "/scim/v2/Schemas/{id}", "scimSchema", "One schema."),
    r("GET", "/scim/v2/Users", "scimListUsers", "Users of the space, filtered and in pages (RFC 7644, 3.4.2)."),
    r("POST", "/scim/v2/Users", "scimCreateUser", "Make a user (RFC 7644, 3.3)."),
    r(
        "POST",
        "/scim/v2/Users/.search",
        "scimSearchUsers",
        "As the list, with the question in the body (RFC 7644, 3.4.3).",
    ),
    r("GET", "/scim/v2/Users/{id}", "scimReadUser", "One user."),
    r("PUT", "/scim/v2/Users/{id}", "scimReplaceUser", "Replace a user (RFC 7644, 3.5.1)."),
    r("PATCH", "/scim/v2/Users/{id}", "scimPatchUser", "Change some attributes of a user (RFC 7644, 3.5.2)."),
    r("DELETE", "/scim/v2/Users/{id}", "scimDeleteUser", "Deactivate a user and take it out of the directory."),
    r("GET", "/scim/v2/Groups", "scimListGroups", "Teams of the space, filtered and in pages."),
    r("POST", "/scim/v2/Groups", "scimCreateGroup", "Make a team."),
    r("POST", "/scim/v2/Groups/.search", "scimSearchGroups", "As the list, with the question in the body."),
    r("GET", "/scim/v2/Groups/{id}", "scimReadGroup", "One team with its members."),
    r("PUT", "/scim/v2/Groups/{id}", "scimReplaceGroup", "Replace a team and its members."),
    r("PATCH", "/scim/v2/Groups/{id}", "scimPatchGroup", "Add and remove members, rename."),
    r("DELETE", "/scim/v2/Groups/{id}", "scimDeleteGroup", "Put a team into the bin."),
];

//! The routes of the interface, as the door reads them. Pages have addresses under `/app`, so that everything else stays
//! a 404 with a problem for its body.

use kontor_http::route::{Access, Mark, Route};

const fn open(path: &'static str, operation: &'static str, summary: &'static str) -> Route {
    Route::new("GET", path, operation, Access::Open, Mark::Public, summary).any_answer()
}

/// Every route that this crate answers.
pub const ROUTES: &[Route] = &[
    open("/", "interface", "The web interface."),
    open("/app", "interfaceHome", "The web interface."),
    open("/app/", "interfaceRoot", "The web interface."),
    open("/app/{*page}", "interfacePage", "A page of the web interface."),
    open("/assets/{file}", "interfaceAsset", "A file of the web interface, named by its content."),
    open("/favicon.svg", "interfaceIcon", "The icon of the web interface."),
];

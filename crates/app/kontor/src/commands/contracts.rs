//! `kontor contracts`: the committed contracts, written from the code; a test fails when they drift.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use kontor_model::ApiVersion;

use crate::services;

/// The files and their contents.
///
/// # Errors
/// Declarations that contradict each other.
pub fn files() -> Result<Vec<(&'static str, String)>> {
    let openapi = |version| kontor_rest::openapi::contract(&services::objects(), version).map_err(|e| anyhow!(e));
    let config = serde_json::to_string_pretty(&kontor_config::config_schema())? + "\n";
    Ok(vec![
        ("openapi-v1.json", openapi(ApiVersion::V1)?),
        ("openapi-v2.json", openapi(ApiVersion::V2)?),
        ("asyncapi.json", kontor_rest::events::asyncapi::contract(&services::objects()).map_err(|e| anyhow!(e))?),
        ("errors.json", kontor_rest::openapi::errors_contract()),
        ("config.schema.json", config),
        ("prometheus-rules.yml", kontor_alerts::prometheus::file(kontor_alerts::RULES)),
    ])
}

/// Writes them.
///
/// # Errors
/// The folder cannot be written.
pub fn write(to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for (name, text) in files()? {
        let path = to.join(name);
        std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        eprintln!("{}", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_contracts_are_those_of_the_code() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../api");
        for (name, text) in super::files().unwrap() {
            let committed = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(committed == text, "api/{name} has drifted; run make contracts and look at the difference");
        }
    }
}

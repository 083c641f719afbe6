//! A Rust file stays under 500 lines; generated ones (folder `generated`, or `@generated` in the first lines) may be long.

use std::fs;
use std::path::{Path, PathBuf};

const MOST: usize = 500;

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let skipped = ["target", "node_modules", "generated"].iter().any(|skip| name == *skip);
        if path.is_dir() && !skipped {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut files = Vec::new();
    for folder in ["crates", "tests", "bench", "fuzz"] {
        rust_files(&workspace.join(folder), &mut files);
    }
    assert!(files.len() > 10, "the files were not found");
    let long: Vec<String> = files
        .iter()
        .filter_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let generated = text.lines().take(5).any(|line| line.contains("@generated"));
            let lines = text.lines().count();
            (lines > MOST && !generated).then(|| format!("{}: {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "split these by what they do:\n{}", long.join("\n"));
}

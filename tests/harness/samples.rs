//! Databases that others made, from `../shared/data`; tests that need one pass without it.

use super::project::Project;
use std::io::Read;
use std::path::Path;

/// Puts a sample into the project as its source, `shop.db`: SQL text is loaded, a database file is taken as it is. False
/// where it is not at hand.
pub fn unpack(project: &Project, packed: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(packed);
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return false;
    };
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).expect("a packed sample");
    if packed.ends_with(".sql.gz") {
        project.sql(&String::from_utf8(bytes).expect("SQL is text"));
    } else {
        std::fs::write(project.path("shop.db"), bytes).expect("a file in the temporary folder can be written");
    }
    true
}

//! The JSON Schema of a feed file, for editors. Generated from the shapes that read the file.

use schemars::generate::SchemaSettings;

use super::raw::RawFeed;

/// JSON Schema draft 07, which editors of TOML know.
pub fn schema() -> String {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<RawFeed>();
    schema.insert("title".to_owned(), "feedmill feed".into());
    let mut text = format!("{:#}", schema.as_value());
    text.push('\n');
    text
}

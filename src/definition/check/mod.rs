//! Raw shapes -> [`FeedDefinition`]: what keys mean together, within the file alone.
//!
//! Goes through the whole file whatever it meets. A field that makes no sense becomes a null literal, so that the names of
//! the others still find it and one fault is told once.

mod arrays;
mod eav;
mod eav_list;
mod fallback;
mod fields;
mod keys;
mod names;
pub mod paths;
mod relation;
mod row_sets;
mod rows;
mod scalar;
mod sql;
mod summary;

use super::feed::{DocumentPath, Entity, FeedDefinition, Field, Rows};
use super::problem::{Located, SourceFile, Span};
use super::raw::field::RawFields;
use super::raw::rows::{RawEntity, RawTable};
use super::raw::{Empty, RawFeed};
use super::reader::{Given, Reader, located, value};
use eav::NamedSet;
use fallback::NamedScopes;
use row_sets::RowSet;
use rows::{RawRows, Scope};

/// A feed's longest name, in bytes: with its prefix a table's name stays within every database's limit.
const MAX_NAME: usize = 41;

pub(super) struct Checker<'f> {
    file: &'f SourceFile,
    reader: &'f mut Reader,
    top: Top<'f>,
}

/// What the file's top says to all that is below it.
#[derive(Clone, Copy)]
struct Top<'f> {
    /// The feed's defaults for its fields.
    omit_null: bool,
    empty_null: bool,
    scopes: &'f [NamedScopes],
    row_sets: &'f [RowSet],
    eav: &'f [NamedSet],
}

/// The definition, as far as it could be understood; problems are noted with the reader.
pub(super) fn feed(
    raw: RawFeed,
    file: &SourceFile,
    fingerprint: String,
    reader: &mut Reader,
) -> Option<FeedDefinition> {
    let omit_null = value(&raw.omit_null).unwrap_or(false);
    let empty_null = value(&raw.empty) == Some(Empty::Null);
    let scopes = fallback::scopes(value(&raw.scopes), file, reader);
    let row_sets = row_sets::row_sets(value(&raw.rows), file, reader);
    let top = Top { omit_null, empty_null, scopes: &scopes, row_sets: &row_sets, eav: &[] };
    let (named_sets, eav) = eav::sets(value(&raw.eav), file, reader, top);
    let top = Top { eav: &named_sets, ..top };
    let mut checker = Checker { file, reader, top };
    checker.name(&raw);
    let consumer = checker.not_blank("consumer", located(&raw.consumer));

    let mut scope = Scope::outermost();
    let entity = raw.entity.as_ref().and_then(|entity| Some((entity.value.as_ref()?, &entity.key)));
    let root = entity.and_then(|(entity, owner)| {
        checker.under("entity", |checker| checker.entity(entity.clone(), owner, &mut scope))
    });
    scope.has_nameless |= entity.is_none();
    scope.declare_objects(&[&raw.lets, &raw.fields]);
    let lets = checker.lets(value(&raw.lets), &scope);
    let fields = checker.document_fields(&raw.fields, &scope);
    checker.refuse_same_names(&lets, &fields);
    let keep = entity.and_then(|(entity, _)| located(&entity.keep));
    let keep = keep.and_then(|keep| checker.under("entity", |checker| checker.expression("keep", &keep, &scope)));
    checker.resolve_level(&lets, &fields, &[]);
    if let Some(keep) = &keep {
        checker.under("entity", |checker| checker.resolve_keep(keep, &lets, &fields));
    }

    // Without fields nothing can be said of paths into them.
    value(&raw.fields)?;
    let identity = checker.identity(&raw, &fields);
    let minimal_payload = checker.minimal_payload(&raw, &fields, &identity);
    let exclude_from_hash = checker.exclude_from_hash(&raw, &fields);

    let (rows, key) = root?;
    Some(FeedDefinition {
        file: file.clone(),
        name: value(&raw.name)?,
        consumer: consumer?,
        identity,
        minimal_payload,
        exclude_from_hash,
        entities_removable: value(&raw.entities_removable).unwrap_or(false),
        persist_exported_feed: value(&raw.persist_exported_feed).unwrap_or(false),
        thread_count: value(&raw.thread_count).and_then(|count| usize::try_from(count.0).ok()),
        batch_size: value(&raw.batch_size).and_then(|size| usize::try_from(size.0).ok()),
        max_deletes: value(&raw.max_deletes).and_then(|count| u64::try_from(count.0).ok()),
        max_delete_percent: value(&raw.max_delete_percent).and_then(|percent| u8::try_from(percent.0).ok()),
        entity: Entity { rows, key, keep },
        eav,
        lets,
        fields,
        fingerprint,
    })
}

impl Checker<'_> {
    fn under<T>(&mut self, key: &str, work: impl FnOnce(&mut Checker<'_>) -> T) -> T {
        let (file, top) = (self.file, self.top);
        self.reader.under(key, |reader| work(&mut Checker { file, reader, top }))
    }

    fn under_element<T>(&mut self, number: usize, work: impl FnOnce(&mut Checker<'_>) -> T) -> T {
        let (file, top) = (self.file, self.top);
        self.reader.under_element(number, |reader| work(&mut Checker { file, reader, top }))
    }

    fn name(&mut self, raw: &RawFeed) {
        let Some(name) = located(&raw.name) else { return };
        let (text, span) = (name.value, name.span);
        let well_formed = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && text.len() <= MAX_NAME;
        let stem = self.file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        self.under("name", |checker| {
            if !well_formed {
                let help = format!(
                    "a name starts with a small letter and goes on with small letters, digits and `_`, {MAX_NAME} at most"
                );
                checker.reader.problem_with_help(&span, format!("`{text}` cannot be a feed's name"), help);
            } else if text != stem {
                let help = format!("a feed is named as its file: write \"{stem}\", or call the file {text}.toml");
                checker.reader.problem_with_help(&span, format!("`{text}` is not the file's name"), help);
            }
        });
    }

    fn entity(&mut self, mut raw: RawEntity, owner: &Span, scope: &mut Scope<'_>) -> Option<(Rows, Located<String>)> {
        let key = self.column_name("key", located(&raw.key));
        if let Some(query) = raw.table.take_if(|table| matches!(table.value, Some(RawTable::Query(_)))) {
            let help = "its keys are read in ranges, so it is a table or a view; a query may stand in `join`";
            self.under("table", |checker| {
                checker.reader.problem_with_help(&query.span, "the entity is a table, not a query", help);
            });
        }
        let named =
            raw.table.take_if(|table| matches!(&table.value, Some(RawTable::Name(name)) if name.contains(['{', '}'])));
        if let Some(named) = named {
            let help = "no row is known before it that could name it; a table in `join` may be named by values";
            self.under("table", |checker| {
                checker.reader.problem_with_help(&named.span, "the entity's table has one name", help);
            });
        }
        let raw_rows = RawRows {
            table: raw.table,
            alias: raw.alias,
            on: None,
            where_sql: raw.where_sql.into_iter().collect(),
            join: raw.join,
            watch: raw.watch,
            table_key: "table",
        };
        let rows = self.rows(raw_rows, owner, None, scope)?;
        Some((rows, key?))
    }

    /// A string that says something.
    fn not_blank(&mut self, key: &str, given: Option<Located<String>>) -> Option<Located<String>> {
        let given = given?;
        if given.value.trim().is_empty() {
            self.under(key, |checker| checker.reader.problem(&given.span, "is empty"));
            return None;
        }
        Some(given)
    }

    /// The fields of a `fields` table, which has at least one.
    fn document_fields(&mut self, raw: &Option<Given<RawFields>>, scope: &Scope<'_>) -> Vec<Field> {
        let Some(Given { key, value: Some(fields), .. }) = raw else { return Vec::new() };
        self.under("fields", |checker| {
            if fields.0.is_empty() {
                checker.reader.problem(key, "has no field");
            }
            checker.fields(fields.clone(), scope)
        })
    }
}

/// The path as it is written, its keys joined by dots.
fn dotted(path: &DocumentPath) -> String {
    path.0.join(".")
}

/// The fields of the document: neither lets nor hidden.
fn shown(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| !field.hidden)
}

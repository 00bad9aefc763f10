//! `feeds/*.toml` -> [`FeedDefinition`]: read, validated once, pure data.
//!
//! The way of a file: its text becomes a tree of values with their places (`tree`), the tree raw shapes (`raw`, by the
//! `reader`), the shapes a definition (`check`). Every problem met is collected ([`problem`]) and none stops the
//! reading, so a file's author sees all of them at once. What needs the source (tables, columns, types) is checked when
//! the [plan](crate::plan) is made, with the same kind of problem.

mod at_consumer;
mod check;
#[cfg(test)]
mod faults;
pub mod feed;
mod fingerprint;
pub mod problem;
mod raw;
pub(crate) mod reader;
pub mod render;
pub mod schema;
pub(crate) mod shape;
#[cfg(test)]
mod tests;
pub(crate) mod tree;

use std::io;
use std::path::{Path, PathBuf};

use crate::config::Config;
use feed::{Default, Element, Elements, FeedDefinition, Field, FieldValue, Mask, Relation, ScalarField, ScalarInput};
use problem::{Problem, Problems, SourceFile, suggestion};
use reader::Reader;
use tree::Kind;

/// Why a feed file gives no definition.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Problems(Problems),
}

/// A file of a folder, and what it gave.
pub type Loaded = (PathBuf, Result<FeedDefinition, LoadError>);

/// A file as far as it could be understood.
#[derive(Debug)]
pub struct Draft {
    pub file: SourceFile,
    /// There even beside problems, where enough could be read; what made no sense is a null literal in it.
    pub definition: Option<FeedDefinition>,
    pub problems: Vec<Problem>,
}

/// Reads and checks one feed file.
pub fn load(path: &Path) -> Result<FeedDefinition, LoadError> {
    let file = read(path)?;
    parse(file).map_err(LoadError::Problems)
}

/// Every `*.toml` of a folder, by name of the file. Names of feeds are those of their files, so no two are the same.
pub fn load_dir(folder: &Path) -> Result<Vec<Loaded>, LoadError> {
    Ok(feed_files(folder)?
        .into_iter()
        .map(|path| {
            let loaded = load(&path);
            (path, loaded)
        })
        .collect())
}

/// The feed files of a folder, by name.
pub fn feed_files(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        // Editors leave hidden files beside the one that they edit.
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A definition, or everything that is wrong with the file.
pub fn parse(file: SourceFile) -> Result<FeedDefinition, Problems> {
    let Draft { file, definition, problems } = draft(file);
    match definition {
        Some(definition) if problems.is_empty() => Ok(definition),
        _ => Err(Problems::new(file, problems)),
    }
}

/// A definition beside everything that is wrong with the file.
pub fn draft(file: SourceFile) -> Draft {
    let tree::Parsed { root, mut problems, trustworthy } = tree::parse(&file);
    let mut definition = None;
    if let (Kind::Table(entries), true) = (&root.kind, trustworthy) {
        if entries.is_empty() && problems.is_empty() {
            let help = "a feed has at least `name`, `consumer`, `identity`, `[entity]` and `[fields]`".to_owned();
            problems.push(Problem {
                span: 0..0,
                path: String::new(),
                message: "the file is empty".into(),
                help: Some(help),
            });
        } else {
            let mut reader = Reader::default();
            let raw = raw::RawFeed::read_entries(entries, &(0..0), &mut reader);
            definition = check::feed(raw, &file, fingerprint::fingerprint(&root), &mut reader);
            problems.append(&mut reader.problems);
        }
    }
    Draft { file, definition, problems }
}

/// What a definition asks of the configuration and does not find there.
pub fn check_consumer(definition: &FeedDefinition, config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let consumer = &definition.consumer;
    if let Some(known) = config.consumers.get(&consumer.value) {
        problems.extend(at_consumer::problems(definition, known));
    } else {
        let known = config.consumers.keys().map(String::as_str);
        let help = suggestion(&consumer.value, known)
            .unwrap_or_else(|| format!("add [consumers.{}] to {}", consumer.value, config.file.display()));
        problems.push(Problem {
            span: consumer.span.clone(),
            path: "consumer".to_owned(),
            message: format!("no consumer is named `{}`", consumer.value),
            help: Some(help),
        });
    }
    if config.mask_key.is_none() {
        for (path, fields) in [("let", &definition.lets), ("fields", &definition.fields)] {
            masked_with_hmac(fields, path, &mut |span, path| {
                problems.push(Problem {
                    span,
                    path,
                    message: "`hmac` needs a key".to_owned(),
                    help: Some(format!("add `[masks]` with `key` or `key_file` to {}", config.file.display())),
                });
            });
        }
    }
    problems
}

fn masked_with_hmac(fields: &[Field], path: &str, found: &mut dyn FnMut(problem::Span, String)) {
    for field in fields {
        let path = format!("{path}.{}", field.name.value);
        match &field.value {
            FieldValue::Scalar(scalar) => scalar_masked(scalar, &path, found),
            FieldValue::Object(object) => {
                masked_with_hmac(&object.lets, &format!("{path}.let"), found);
                masked_with_hmac(&object.fields, &format!("{path}.fields"), found);
            }
            FieldValue::Array(array) => match &array.elements {
                Elements::Parts(inner) | Elements::List(inner) => masked_with_hmac(inner, &path, found),
                Elements::Split(split) => scalar_masked(&split.piece, &path, found),
                Elements::From(_) | Elements::Attributes(_) => {}
            },
            FieldValue::Relation(relation) => relation_masked(relation, &path, found),
        }
    }
}

fn relation_masked(relation: &Relation, path: &str, found: &mut dyn FnMut(problem::Span, String)) {
    masked_with_hmac(&relation.lets, &format!("{path}.let"), found);
    match &relation.element {
        Element::Object(fields) => masked_with_hmac(fields, &format!("{path}.fields"), found),
        Element::Value(value) => masked_with_hmac(std::slice::from_ref(value), path, found),
    }
}

fn scalar_masked(scalar: &ScalarField, path: &str, found: &mut dyn FnMut(problem::Span, String)) {
    if let Some(mask) = scalar.mask.as_ref().filter(|mask| mask.value == Mask::Hmac) {
        found(mask.span.clone(), format!("{path}.mask"));
    }
    if let ScalarInput::Summary(summary) = &scalar.input {
        relation_masked(&summary.relation, path, found);
    }
    if let Some(Default::Field(default)) = &scalar.default {
        scalar_masked(default, &format!("{path}.default"), found);
    }
}

/// The text of a file, with the place of the first byte that is no UTF-8.
pub(crate) fn read(path: &Path) -> Result<SourceFile, LoadError> {
    let bytes = std::fs::read(path).map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })?;
    // Some editors of Windows begin a file with a byte order mark, which says nothing in UTF-8.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(path, text)),
        Err(error) => {
            let start = error.valid_up_to();
            let wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
            let message = if wide { "the file is UTF-16, not UTF-8" } else { "not UTF-8" };
            let problem = Problem {
                span: start..start + '\u{FFFD}'.len_utf8(),
                path: String::new(),
                message: message.to_owned(),
                help: Some("save the file as UTF-8".to_owned()),
            };
            let file = SourceFile::new(path, String::from_utf8_lossy(bytes));
            Err(LoadError::Problems(Problems::new(file, vec![problem])))
        }
    }
}

//! Paths into the document: the identity, the minimal payload, what the hash leaves out.

use super::arrays::element_fields;
use super::names::is_broken;
use super::{Checker, dotted, shown};
use crate::definition::feed::{DocumentPath, Field};
use crate::definition::problem::{Located, nearest};
use crate::definition::raw::RawFeed;
use crate::definition::reader::located;

/// What a change of is no news by itself, unless the file says otherwise.
const DEFAULT_EXCLUDED: [&str; 2] = ["modifiedAt", "updatedAt"];

/// A path that leads nowhere: the bytes of its text to underline, and why.
pub struct PathFault {
    span: std::ops::Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl Checker<'_> {
    pub fn identity(&mut self, raw: &RawFeed, fields: &[Field]) -> Vec<Located<DocumentPath>> {
        let Some(given) = located(&raw.identity) else { return Vec::new() };
        self.under("identity", |checker| {
            if given.value.is_empty() {
                let help = "name the fields by which the consumer tells items apart";
                checker.reader.problem_with_help(&given.span, "is empty", help);
            }
            checker.paths(given.value.iter().enumerate(), fields, false, Field::composite)
        })
    }

    pub fn minimal_payload(
        &mut self,
        raw: &RawFeed,
        fields: &[Field],
        identity: &[Located<DocumentPath>],
    ) -> Vec<Located<DocumentPath>> {
        let Some(given) = located(&raw.minimal_payload) else { return identity.to_vec() };
        self.under("minimal_payload", |checker| {
            let paths = checker.paths(given.value.iter().enumerate(), fields, false, |_| None);
            for part in identity {
                if !paths.iter().any(|path| part.value.0.starts_with(&path.value.0)) {
                    let name = dotted(&part.value);
                    let help = format!("add \"{name}\"; the consumer must know what a delete speaks of");
                    checker.reader.problem_with_help(&given.span, format!("lacks `{name}` of the identity"), help);
                }
            }
            paths
        })
    }

    pub fn exclude_from_hash(&mut self, raw: &RawFeed, fields: &[Field]) -> Vec<Located<DocumentPath>> {
        let has = |name: &str| shown(fields).any(|field| field.name.value == name);
        let Some(given) = located(&raw.exclude_from_hash) else {
            if raw.exclude_from_hash.is_some() {
                return Vec::new();
            }
            let named = DEFAULT_EXCLUDED.into_iter().filter(|name| has(name));
            return named.map(|name| Located::new(DocumentPath(vec![name.to_owned()]), 0..0)).collect();
        };
        // The usual names may be listed by every feed, whether it has them or not.
        let meant = |path: &Located<String>| !DEFAULT_EXCLUDED.contains(&path.value.as_str()) || has(&path.value);
        let paths = given.value.iter().enumerate().filter(|(_, path)| meant(path));
        self.under("exclude_from_hash", |checker| checker.paths(paths, fields, true, |_| None))
    }

    /// `texts` with their places in the list; `unfit` says what a field is where its kind cannot be meant.
    fn paths<'t>(
        &mut self,
        texts: impl Iterator<Item = (usize, &'t Located<String>)>,
        fields: &[Field],
        cross_arrays: bool,
        unfit: impl Fn(&Field) -> Option<&'static str>,
    ) -> Vec<Located<DocumentPath>> {
        let mut paths: Vec<Located<DocumentPath>> = Vec::new();
        for (number, text) in texts {
            let found = find(&text.value, fields, cross_arrays).and_then(|(path, field)| {
                let whole = 0..text.value.len();
                if let Some(what) = field.and_then(&unfit) {
                    let message = format!("`{}` is {what}, not a single value", text.value);
                    return Err(PathFault { span: whole, message, help: None });
                }
                if let Some(same) = paths.iter().find(|other| covers(&other.value, &path)) {
                    let other = dotted(&same.value);
                    let message = if same.value == path {
                        format!("`{other}` is given twice")
                    } else {
                        format!("`{}` and `{other}`: one lies within the other", text.value)
                    };
                    return Err(PathFault { span: whole, message, help: None });
                }
                Ok(path)
            });
            match found {
                Ok(path) => paths.push(Located::new(path, text.span.clone())),
                Err(fault) => {
                    let span = self.file.within_string(&text.span, fault.span);
                    self.under_element(number, |checker| checker.reader.note(&span, fault.message, fault.help));
                }
            }
        }
        paths
    }
}

/// The path to a single value that `keys` lead to.
pub fn single_value(keys: &[String], fields: &[Field]) -> Result<(), PathFault> {
    let text = keys.join(".");
    let whole = 0..text.len();
    let (path, field) = find(&text, fields, false)?;
    let message = match field.and_then(Field::composite) {
        Some(what) => format!("`{text}` is {what}, not a single value"),
        None if path.0 != keys => format!("`{text}` goes through a key that has a dot itself"),
        None => return Ok(()),
    };
    Err(PathFault { span: whole, message, help: None })
}

fn covers(one: &DocumentPath, other: &DocumentPath) -> bool {
    one.0.starts_with(&other.0) || other.0.starts_with(&one.0)
}

/// Follows a path; keys may hold dots themselves, the longest that fits is meant. No field where what it leads through was
/// broken: nobody knows then what would be there.
fn find<'a>(
    text: &str,
    fields: &'a [Field],
    cross_arrays: bool,
) -> Result<(DocumentPath, Option<&'a Field>), PathFault> {
    if text.is_empty() {
        return Err(PathFault { span: 0..0, message: "is empty".to_owned(), help: None });
    }
    let mut path = Vec::new();
    let mut level: Vec<&Field> = fields.iter().collect();
    let mut start = 0;
    loop {
        let rest = &text[start..];
        let segment = start..start + rest.find('.').unwrap_or(rest.len());
        let fits = |field: &&Field| {
            rest.strip_prefix(field.name.value.as_str()).is_some_and(|left| left.is_empty() || left.starts_with('.'))
        };
        let Some(name) =
            level.iter().copied().filter(fits).map(|field| &field.name.value).max_by_key(|name| name.len())
        else {
            let before = &text[..start];
            let key = &text[segment.clone()];
            let shown = level.iter().filter(|field| !field.hidden).map(|field| field.name.value.as_str());
            let help = nearest(key, shown).map(|meant| format!("did you mean `{before}{meant}`?"));
            return Err(PathFault { span: segment, message: format!("the document has no field `{text}`"), help });
        };
        let here = start..start + name.len();
        // The parts of an array may each have a field of this name.
        let named: Vec<&Field> = level.iter().copied().filter(|field| field.name.value == *name).collect();
        let Some(field) = named.iter().copied().find(|field| !field.hidden) else {
            let message = format!("`{}` is hidden, so the document does not have it", &text[..here.end]);
            return Err(PathFault { span: here, message, help: None });
        };
        path.push(name.clone());
        if here.end == text.len() {
            return Ok((DocumentPath(path), Some(field)));
        }
        if named.iter().any(|field| is_broken(field)) {
            path.push(text[here.end + 1..].to_owned());
            return Ok((DocumentPath(path), None));
        }
        let lists: Vec<_> = named.iter().map(|field| inside(field, cross_arrays)).collect();
        if let (Some(Err(why)), true) = (lists.first(), lists.iter().all(Result::is_err)) {
            let message = format!("`{}` {why}", &text[..here.end]);
            return Err(PathFault { span: here, message, help: None });
        }
        level = lists.into_iter().flatten().flatten().flatten().collect();
        start = here.end + 1;
    }
}

/// The fields that lie within a field, those of each part of an array, or why there are none to be named.
fn inside(field: &Field, cross_arrays: bool) -> Result<Vec<&[Field]>, &'static str> {
    match field.composite() {
        None if field.json => Err("is a text; no field lies within it"),
        None => Err("is a single value; no field lies within it"),
        Some("an array") if !cross_arrays => Err("is an array; the way to a single value cannot lead through it"),
        Some(_) => element_fields(field).ok_or("has plain values; no field lies within them"),
    }
}

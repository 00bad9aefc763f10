//! What is wrong with a definition or configuration file, and where.
//!
//! Stages collect [`Problem`]s against one [`SourceFile`]; positions stay byte ranges until they are shown, by
//! [`render`](super::render) to a person or as [`ProblemReport`] to a program.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

/// Byte range in the file's text.
pub type Span = Range<usize>;

/// A value with the place it was written at.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Located<T> {
    pub fn new(value: T, span: Span) -> Self {
        Located { value, span }
    }
}

/// A file's path, for messages, and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    pub path: PathBuf,
    pub text: Arc<str>,
}

impl SourceFile {
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        SourceFile { path: path.into(), text: text.into() }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor_boundary(offset);
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The place of a part of a TOML string's value: `string` is where the string stands with its quotes, `inner` bytes of
    /// its value. The whole string where escapes make the two texts differ.
    pub fn within_string(&self, string: &Span, inner: Range<usize>) -> Span {
        let whole = string.clone();
        let Some(raw) = self.text.get(whole.clone()) else { return whole };
        let (quotes, literal) = if raw.starts_with("'''") {
            (3, true)
        } else if raw.starts_with("\"\"\"") {
            (3, false)
        } else if raw.starts_with('\'') {
            (1, true)
        } else if raw.starts_with('"') {
            (1, false)
        } else {
            return whole;
        };
        if raw.len() < 2 * quotes {
            return whole;
        }
        let content = &raw[quotes..raw.len() - quotes];
        if content.contains('\r') || (!literal && content.contains('\\')) {
            return whole;
        }
        // TOML drops a newline that follows the opening quotes of a multi-line string.
        let dropped = usize::from(quotes == 3 && content.starts_with('\n'));
        let start = string.start + quotes + dropped + inner.start;
        let end = string.start + quotes + dropped + inner.end;
        if start <= end && end <= string.end - quotes && self.text.get(start..end).is_some() {
            start..end
        } else {
            whole
        }
    }

    /// The span pulled into the text and onto character boundaries.
    pub(super) fn clamp(&self, span: &Span) -> Span {
        let start = self.floor_boundary(span.start);
        let mut end = span.end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    fn floor_boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// Counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub span: Span,
    /// The key's path, such as `fields.images.order_by`.
    pub path: String,
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Problem {
    /// Whether another problem of the same place says the same, in these words or in more.
    fn is_told_by(&self, other: &Problem) -> bool {
        let rest = other.message.strip_prefix(&self.message);
        self.span == other.span && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

/// Everything that is wrong with one file, in the order of the file.
#[derive(Debug, Clone)]
pub struct Problems {
    pub file: SourceFile,
    pub list: Vec<Problem>,
}

impl Problems {
    /// Sorts by place and drops what is said twice.
    pub fn new(file: SourceFile, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.span.start, problem.span.end));
        let mut kept: Vec<Problem> = Vec::with_capacity(list.len());
        for problem in list {
            let first = kept.iter().rposition(|other| other.span != problem.span).map_or(0, |before| before + 1);
            match kept[first..].iter_mut().find(|other| other.is_told_by(&problem) || problem.is_told_by(other)) {
                Some(other) if other.is_told_by(&problem) => *other = problem,
                Some(_) => {}
                None => kept.push(problem),
            }
        }
        Problems { file, list: kept }
    }

    pub fn reports(&self) -> Vec<ProblemReport> {
        self.list.iter().map(|problem| ProblemReport::new(&self.file, problem)).collect()
    }
}

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::render::render(self, false))
    }
}

impl std::error::Error for Problems {}

/// A problem as `check --output json` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProblemReport {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub path: String,
    pub message: String,
    pub help: Option<String>,
}

impl ProblemReport {
    pub fn new(file: &SourceFile, problem: &Problem) -> Self {
        let Position { line, column } = file.position(problem.span.start);
        ProblemReport {
            file: file.path.display().to_string(),
            line,
            column,
            path: printable(&problem.path),
            message: printable(&problem.message),
            help: problem.help.as_deref().map(printable),
        }
    }
}

/// Keys and values of a file may hold any character by TOML's escapes; what is printed shows control characters escaped.
pub(super) fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    clean
}

/// The candidate that was probably meant by `name`: equal but for case and `_`/`-`, few letters away, or a longer or
/// shorter form of it.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let wanted = folded(name);
    if wanted.is_empty() {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let offered = folded(candidate);
        let distance = strsim::damerau_levenshtein(&wanted, &offered);
        let longer = wanted.chars().count().max(offered.chars().count());
        let close = distance <= (longer / 3).max(1) && distance < longer;
        let shorter = wanted.len().min(offered.len());
        let extends = shorter >= 3 && (offered.starts_with(&wanted) || wanted.starts_with(&offered));
        if (close || extends) && candidate != name && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.to_owned())
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// `did you mean ...` by [`nearest`], else the whole choice where it is short enough to read.
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    // More names than these are no help on one line.
    const READABLE: usize = 24;
    if let Some(meant) = nearest(name, candidates.clone()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let mut all: Vec<&str> = Vec::new();
    for candidate in candidates {
        if !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    (!all.is_empty() && all.len() <= READABLE).then(|| format!("known: {}", listed(&all)))
}

/// "`a`, `b` and `c`"
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let file = SourceFile::new("f.toml", "a = 1\r\nü = \"é\" x");
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        let x = file.text.find('x').unwrap();
        assert_eq!(file.position(x), Position { line: 2, column: 9 });
        assert_eq!(file.position(999), Position { line: 2, column: 10 });
    }

    #[test]
    fn what_is_wrong_with_one_place_is_told_once() {
        let problem =
            |span: Span, message: &str| Problem { span, path: "p".to_owned(), message: message.to_owned(), help: None };
        let problems = Problems::new(
            SourceFile::new("f.toml", "a = 1"),
            vec![
                problem(4..5, "`a` needs itself"),
                problem(0..1, "x"),
                problem(4..5, "other"),
                problem(4..5, "`a` needs itself: a -> b -> a"),
                problem(4..5, "`a` needs itself"),
                problem(0..1, "xy"),
                problem(0..1, "x"),
            ],
        );
        let told: Vec<&str> = problems.list.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(told, ["x", "xy", "`a` needs itself: a -> b -> a", "other"]);
    }

    #[test]
    fn names_to_choose_from_stand_once() {
        assert_eq!(suggestion("zzzz", ["id", "name", "id"]).as_deref(), Some("known: `id` and `name`"));
    }

    #[test]
    fn parts_of_strings_are_found_where_the_text_is_verbatim() {
        let inside = |text: &str, inner: Range<usize>| {
            let file = SourceFile::new("f.toml", text);
            let span = file.within_string(&(0..text.len()), inner);
            file.text[span].to_owned()
        };
        assert_eq!(inside(r#""ab cd""#, 3..5), "cd");
        assert_eq!(inside("'a\\b cd'", 4..6), "cd");
        assert_eq!(inside("\"\"\"\nab cd\"\"\"", 3..5), "cd");
        assert_eq!(inside(r#""a\tb cd""#, 3..5), r#""a\tb cd""#);
        assert_eq!(inside(r#""ab""#, 1..9), r#""ab""#);
    }

    #[test]
    fn nearest_finds_what_was_meant() {
        let keys = ["where_sql", "order_by", "column", "entities_removable", "on"];
        for (typed, meant) in [
            ("where", Some("where_sql")),
            ("orderBy", Some("order_by")),
            ("colum", Some("column")),
            ("entitiesRemovable", Some("entities_removable")),
            ("no", Some("on")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, keys).as_deref(), meant, "{typed}");
        }
    }
}

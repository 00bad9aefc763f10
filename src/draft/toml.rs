//! A feed as the text of its file: a draft that runs, and that teaches the language in passing.

use super::column::Mask;
use super::feed::{ColumnField, Feed, Shown};
use super::relation::{Element, Join, Relation, Withheld};
use super::schema::{Reference, Schema, bare_name};

/// Characters of a line that is still read at a glance.
const WIDEST: usize = 118;
/// Where comments behind a header begin, at least.
const COMMENTS_AT: usize = 32;

pub fn render(feed: &Feed, schema: &Schema<'_>, consumer: &str) -> String {
    let mut text = Text { schema, lines: Vec::new() };
    text.head(feed, consumer);
    text.entity(feed);
    text.fields(feed);
    text.finish()
}

struct Text<'s> {
    schema: &'s Schema<'s>,
    lines: Vec<String>,
}

impl Text<'_> {
    fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// A comment, cut into lines between words.
    fn comment(&mut self, words: &str) {
        let mut line = "#".to_owned();
        for word in words.split(' ') {
            if line.chars().count() + 1 + word.chars().count() > WIDEST && line != "#" {
                self.line(std::mem::replace(&mut line, "#".to_owned()));
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(line);
    }

    /// Lines with a comment behind each, all comments below each other.
    fn settings(&mut self, settings: &[(String, String)]) {
        let width = settings.iter().map(|(setting, _)| setting.chars().count()).max().unwrap_or(0);
        for (setting, comment) in settings {
            self.line(format!("{setting:<width$}  # {comment}"));
        }
    }

    fn header(&mut self, header: &str, comment: &str) {
        self.line(format!("{header:<COMMENTS_AT$}  # {comment}"));
    }

    fn finish(self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }

    fn head(&mut self, feed: &Feed, consumer: &str) {
        let table = one_line(self.schema.name(feed.table));
        let key = quoted(&self.schema.column(feed.table, feed.key).name);
        self.comment(&format!(
            "Drafted by `feedmill init` from the table {table}: one item a row. It runs as it is; cut it down to what your \
             consumer wants."
        ));
        self.comment(&format!(
            "After an edit: `feedmill check {name}`. One document: `feedmill explain {name} ID`.",
            name = feed.name
        ));
        self.line("");
        let mut settings = vec![
            (format!("name     = {}", quoted(&feed.name)), "as the file".to_owned()),
            (
                format!("consumer = {}", quoted(consumer)),
                format!("[consumers.{}] of feedmill.toml", key_text(consumer)),
            ),
            (format!("identity = [{key}]"), identity_comment(feed)),
            (
                format!("# minimal_payload = [{key}]"),
                "what a delete sends; the identity when nothing is said".to_owned(),
            ),
            ("# entities_removable = true".to_owned(), "send a delete when a row is gone".to_owned()),
        ];
        if !feed.change_times.is_empty() {
            let names: Vec<String> = feed.change_times.iter().map(|name| quoted(name)).collect();
            let setting = format!("exclude_from_hash = [{}]", names.join(", "));
            settings.push((setting, "a new value here alone is no change".to_owned()));
        }
        self.settings(&settings);
    }

    fn entity(&mut self, feed: &Feed) {
        let column = self.schema.column(feed.table, feed.key);
        self.line("");
        self.line("[entity]");
        self.line(format!("table = {}", quoted(self.schema.name(feed.table))));
        let alias = feed
            .alias
            .iter()
            .map(|alias| (format!("as    = {}", quoted(alias)), "what the table is called in this file".to_owned()));
        let key = (format!("key   = {}", quoted(&column.name)), "one unique column".to_owned());
        let alive = feed.alive.iter().map(|alive| {
            (format!("# where_sql = {}", quoted(alive)), "raw SQL of your database: which rows are items".to_owned())
        });
        self.settings(&alias.chain([key]).chain(alive).collect::<Vec<_>>());
    }

    fn fields(&mut self, feed: &Feed) {
        self.line("");
        self.header("[fields]", "the document's keys, in this order: key = \"column\"");
        let width = feed.columns.iter().map(|field| key_text(&field.name).chars().count()).max().unwrap_or(0).min(40);
        for field in &feed.columns {
            let line = format!("{:<width$} = {}", key_text(&field.name), column_value(field));
            match field.shown {
                Shown::Masked(mask) => self.line(format!("# {line}   # {}", mask_comment(mask))),
                Shown::As("string") => self.line(format!("{line}   # not every value is what its type says")),
                Shown::As(_) => self.line(format!("{line}   # exact, where the column is a float")),
                Shown::Plain => self.line(line),
            }
        }
        let left_out: Vec<String> =
            feed.left_out.iter().map(|column| format!("{} ({})", one_line(&column.name), column.why)).collect();
        if !left_out.is_empty() {
            self.comment(&format!("Left out: {}.", left_out.join(", ")));
        }
        self.values(feed);
        if !feed.parents.is_empty() {
            self.line("");
            self.comment("Rows of other tables: `one` is the first row or null; `on` says which column of theirs equals which of ours.");
            // What needs more than a line has a header of its own and comes after all that have none.
            let (short, long): (Vec<_>, Vec<_>) =
                feed.parents.iter().partition(|relation| self.short(relation).is_some());
            for relation in short {
                let line = self.short(relation).unwrap_or_default();
                self.guessed(relation);
                self.line(line);
            }
            self.withheld(feed);
            for relation in long {
                self.long(relation);
            }
        } else {
            self.withheld(feed);
        }
        for relation in &feed.children {
            self.long(relation);
        }
    }

    fn values(&mut self, feed: &Feed) {
        if feed.values.is_empty() {
            return;
        }
        let names: Vec<String> = feed.values.iter().map(|table| one_line(self.schema.name(*table))).collect();
        self.line("");
        self.comment(&format!(
            "Values by attribute (EAV) are left out: {}. Such tables are declared once, in [eav.NAME], and their values named \
             by attribute.",
            names.join(", ")
        ));
    }

    /// Relations that are only suggested, each a line to be taken in.
    fn withheld(&mut self, feed: &Feed) {
        if feed.withheld.is_empty() {
            return;
        }
        self.line("");
        self.comment("Not taken in; take out the `#` where it is wanted:");
        for (relation, why) in &feed.withheld {
            let why = match why {
                Withheld::TooMany(each) => format!("about {each} rows each"),
                Withheld::Unknown => "perhaps very many rows each".to_owned(),
                Withheld::People => "tells of people".to_owned(),
                Withheld::Enough => "there is much already".to_owned(),
            };
            let line = format!("# {}   # {why}", self.inline(relation));
            self.line(line);
        }
    }

    /// As one line, where it is short enough.
    fn short(&self, relation: &Relation) -> Option<String> {
        Some(self.inline(relation)).filter(|line| line.chars().count() <= WIDEST)
    }

    fn inline(&self, relation: &Relation) -> String {
        let mut parts: Vec<String> =
            self.rows(relation).into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
        match &relation.element {
            Element::Value(column) => parts.push(format!("value = {}", quoted(column))),
            Element::Fields(fields) => parts.push(format!("fields = {}", inline_fields(fields))),
        }
        format!("{} = {{ {} }}", key_text(&relation.name), parts.join(", "))
    }

    /// With a header of its own.
    fn long(&mut self, relation: &Relation) {
        self.line("");
        self.guessed(relation);
        let header = format!("[fields.{}]", key_text(&relation.name));
        self.header(&header, self.about(relation));
        for (key, value) in self.rows(relation) {
            self.line(format!("{key:<8} = {value}"));
        }
        let inline = match &relation.element {
            Element::Value(column) => format!("value    = {}", quoted(column)),
            Element::Fields(fields) => format!("fields   = {}", inline_fields(fields)),
        };
        match &relation.element {
            Element::Fields(fields) if inline.chars().count() > WIDEST => {
                let width = fields.iter().map(|field| key_text(&field.name).chars().count()).max().unwrap_or(0).min(40);
                self.line("");
                self.line(format!("[fields.{}.fields]", key_text(&relation.name)));
                for field in fields {
                    self.line(format!("{:<width$} = {}", key_text(&field.name), column_value(field)));
                }
            }
            _ => self.line(inline),
        }
    }

    fn about(&self, relation: &Relation) -> &'static str {
        match (&relation.join, relation.is_many) {
            (Some(_), _) => "through a link table: each row of `many` with the row that it is tied to",
            (None, true) => "an array: the rows that refer to this one",
            (None, false) => "the one row, or null",
        }
    }

    /// The keys that say which rows are meant, with their values.
    fn rows(&self, relation: &Relation) -> Vec<(&'static str, String)> {
        let cardinality = if relation.is_many { "many" } else { "one" };
        let mut rows = vec![(cardinality, quoted(self.schema.name(relation.table)))];
        rows.extend(relation.alias.as_ref().map(|alias| ("as", quoted(alias))));
        rows.push(("on", pairs(&relation.on)));
        rows.extend(relation.join.as_ref().map(|join| ("join", format!("[{}]", self.join(relation, join)))));
        if !relation.order_by.is_empty() {
            let columns: Vec<String> = relation.order_by.iter().map(|column| quoted(column)).collect();
            rows.push(("order_by", format!("[{}]", columns.join(", "))));
        }
        rows
    }

    fn join(&self, relation: &Relation, join: &Join) -> String {
        let name = self.schema.name(join.table);
        let alias = join.alias.as_ref().map(|alias| format!("as = {}, ", quoted(alias))).unwrap_or_default();
        let link = relation.alias.as_deref().unwrap_or_else(|| bare_name(self.schema.name(relation.table)));
        let on: Vec<(String, String)> =
            join.on.iter().map(|(column, equals)| (column.clone(), format!("{link}.{equals}"))).collect();
        format!("{{ table = {}, {alias}on = {} }}", quoted(name), pairs(&on))
    }

    fn guessed(&mut self, relation: &Relation) {
        for reference in &relation.guessed {
            self.comment(&format!(
                "Guessed from the name, as nothing declares it: {}.",
                reference_text(self.schema, reference)
            ));
        }
    }
}

/// `order.customer_id is customer.id`
pub fn reference_text(schema: &Schema<'_>, reference: &Reference) -> String {
    let column = |table, column: usize| {
        format!("{}.{}", one_line(schema.name(table)), one_line(&schema.column(table, column).name))
    };
    let pairs = reference.columns.iter().zip(&reference.to_columns);
    let pairs =
        pairs.map(|(own, other)| format!("{} is {}", column(reference.from, *own), column(reference.to, *other)));
    pairs.collect::<Vec<_>>().join(", ")
}

fn identity_comment(feed: &Feed) -> String {
    match feed.other_keys.as_slice() {
        [] => "the fields that name an item at the consumer".to_owned(),
        keys => {
            let keys: Vec<String> = keys.iter().map(|key| format!("[{}]", quoted(key))).collect();
            format!("the fields that name an item at the consumer; unique too: {}", keys.join(", "))
        }
    }
}

fn mask_comment(mask: Mask) -> &'static str {
    match mask {
        Mask::Email => "looks personal; this mask keeps the domain",
        Mask::Redact => "looks personal; or mask = \"hmac\", which needs [masks] key in feedmill.toml",
    }
}

fn column_value(field: &ColumnField) -> String {
    let column = quoted(&field.column);
    match field.shown {
        Shown::Plain => column,
        Shown::As(kind) => format!("{{ column = {column}, type = {} }}", quoted(kind)),
        Shown::Masked(Mask::Email) => format!("{{ column = {column}, mask = \"email\" }}"),
        Shown::Masked(Mask::Redact) => format!("{{ column = {column}, mask = \"redact\" }}"),
    }
}

fn inline_fields(fields: &[ColumnField]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|field| format!("{} = {}", key_text(&field.name), column_value(field))).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn pairs(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(column, equals)| format!("{} = {}", key_text(column), quoted(equals))).collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// A key, bare where TOML allows it.
pub fn key_text(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { key.to_owned() } else { quoted(key) }
}

/// A string of TOML.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// For a comment, which a line end would end.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

//! What `init` tells: the files, what was guessed, what was left out and why, what to do next.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::super::shell::quoted;
use super::project::{Project, Written};
use super::sizes;
use crate::cli::{Global, Output};
use crate::draft::{Drafts, LeftOut, LeftOutTable};
use crate::source::catalog::Catalog;
use crate::terminal::table::{Align, table};
use crate::terminal::{Terminal, count, plain};

/// Characters of a line of names.
const WIDTH: usize = 100;

/// What `--output json` prints.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of a new configuration file; null where there was one.
    config: Option<PathBuf>,
    feeds: Vec<Feed>,
    guessed: Vec<String>,
    left_out: Vec<Left>,
    #[serde(skip)]
    reasons: Vec<LeftOut>,
    /// Environment variables that must be set from now on.
    set: Vec<&'static str>,
    /// What is worth knowing about this database.
    hints: Vec<String>,
    /// The commands to run next.
    next: Vec<String>,
    #[serde(skip)]
    location: String,
    #[serde(skip)]
    tables: usize,
}

#[derive(Debug, Serialize)]
struct Feed {
    feed: String,
    table: String,
    file: PathBuf,
    /// Fields that hold rows of other tables.
    relations: Vec<String>,
    #[serde(skip)]
    rows: Option<u64>,
}

/// A table without a feed.
#[derive(Debug, Serialize)]
struct Left {
    table: String,
    /// One word.
    reason: &'static str,
    why: String,
}

impl Report {
    pub fn new(
        project: &Project,
        written: &Written,
        drafts: &Drafts,
        location: &str,
        catalog: &Catalog,
        global: &Global,
    ) -> Self {
        let feeds = drafts.feeds.iter().zip(&written.feeds).map(|(draft, file)| Feed {
            feed: draft.name.clone(),
            table: draft.table.clone(),
            file: file.clone(),
            relations: draft.relations.clone(),
            rows: draft.rows,
        });
        // As it was called, so that the lines can be pasted.
        let config = global.config.as_ref().map(|config| format!(" --config {}", quoted(config))).unwrap_or_default();
        let mut hints = Vec::new();
        if drafts.is_magento {
            hints.push(magento(&project.feeds_dir()));
        } else if drafts.left_out.iter().any(|left| left.kind == "values") {
            hints.push("Tables of values by attribute (EAV) are declared once, in a feed's [eav.NAME], and their values named by attribute.".to_owned());
        }
        if drafts.has_other_keys {
            let hint = "A table whose key is of another type can be an entity by way of a view that shows the key as text as well.";
            hints.push(hint.to_owned());
        }
        Report {
            config: written.config.clone(),
            feeds: feeds.collect(),
            guessed: drafts.guessed.clone(),
            left_out: drafts.left_out.iter().flat_map(left).collect(),
            reasons: drafts.left_out.clone(),
            set: project.variable.into_iter().collect(),
            hints,
            next: vec![format!("feedmill check{config}"), format!("feedmill reindex --all{config}")],
            location: location.to_owned(),
            tables: catalog.tables.len(),
        }
    }

    pub fn print(&self, terminal: &Terminal) -> std::io::Result<()> {
        match terminal.output {
            Output::Json => terminal.print_json(self),
            Output::Text => terminal.print(&self.text()),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{} has {} tables and views.\n\nDrafted:\n", self.location, self.tables);
        let rows: Vec<Vec<String>> = self.feeds.iter().map(feed_row).collect();
        text += &table(2, &[Align::Left, Align::Left, Align::Right, Align::Left], &rows);
        if !self.guessed.is_empty() {
            text += "\nGuessed from names, as the database does not declare it (the files say where):\n";
            text += &self.guessed.iter().map(|guess| format!("  {}\n", plain(guess))).collect::<String>();
        }
        if !self.reasons.is_empty() {
            text += "\nLeft out:\n";
            text += &self.reasons.iter().map(reason_text).collect::<String>();
        }
        for hint in &self.hints {
            text += &format!("\n{hint}\n");
        }
        if let Some(config) = &self.config {
            text += &format!("\nWritten: {}, with the feeds above.", config.display());
        }
        text += "\nNext:\n";
        for name in &self.set {
            text +=
                &format!("  export {name}=...    # the password as it stood in the URL: the file only refers to it\n");
        }
        text += &self.next.iter().map(|command| format!("  {command}\n")).collect::<String>();
        text
    }
}

/// Why nothing was drafted.
pub fn nothing_to_draft(location: &str, drafts: &Drafts) -> String {
    if drafts.left_out.is_empty() {
        return format!("{location} has no tables; nothing was written");
    }
    let reasons: String = drafts.left_out.iter().map(reason_text).collect();
    format!(
        "no table of {location} looks like one that a feed could be made of; nothing was written\n{reasons}`--table NAME` \
         drafts a table that looks like something else"
    )
}

fn left(left: &LeftOut) -> Vec<Left> {
    let of = |table: &LeftOutTable| Left {
        table: table.name.clone(),
        reason: left.kind,
        why: table.detail.as_ref().map_or_else(|| left.reason.clone(), |detail| format!("{}: {detail}", left.reason)),
    };
    left.tables.iter().map(of).collect()
}

/// A reason, and below it the tables, in lines that can be read.
fn reason_text(left: &LeftOut) -> String {
    let mut text = format!("  {}:\n", left.reason);
    let mut line = String::new();
    for (number, table) in left.tables.iter().enumerate() {
        let detail = table.detail.as_ref().map(|detail| format!(" {detail}")).unwrap_or_default();
        let comma = if number + 1 < left.tables.len() { "," } else { "" };
        let name = plain(&format!("{}{detail}{comma}", table.name));
        if !line.is_empty() && line.chars().count() + name.chars().count() >= WIDTH {
            text += &format!("    {line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += &name;
    }
    text + &format!("    {line}\n")
}

fn magento(feeds_dir: &Path) -> String {
    format!(
        "This is a Magento database: what its products and categories are is kept as values by attribute (EAV), which the \
         drafts leave out.\nReady feeds ship with feedmill in feeds/magento: products, prices, variants, stock, categories, \
         attributes. Copy them to {} and name your consumer in each.",
        feeds_dir.display()
    )
}

fn feed_row(feed: &Feed) -> Vec<String> {
    let rows = match feed.rows {
        None => String::new(),
        Some(1) => "1 row".to_owned(),
        Some(rows) if rows >= sizes::LIMIT => format!("{}+ rows", count(rows)),
        Some(rows) => format!("{} rows", count(rows)),
    };
    let with = if feed.relations.is_empty() { String::new() } else { format!("with {}", feed.relations.join(", ")) };
    [feed.file.display().to_string(), feed.table.clone(), rows, with].iter().map(|cell| plain(cell)).collect()
}

//! `feedmill check`: everything that is wrong with configuration and definitions, against the live source too.

mod determinism;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::session::Session;
use super::{Exit, Failure};
use crate::cli::{Check, Global, Output, RunFlags};
use crate::config::{Config, ConfigError};
use crate::definition::feed::FeedDefinition;
use crate::definition::problem::{Problem, ProblemReport, Problems, SourceFile, suggestion};
use crate::definition::{self, Draft, LoadError, render};
use crate::plan::{Extent, Plan, PlanError};
use crate::source::Source;
use crate::source::catalog::Catalog;
use crate::terminal::{Terminal, count};

/// What `--output json` prints.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    problems: Vec<ProblemReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<ProblemReport>,
}

/// What was looked at, and what is wrong with it.
#[derive(Default)]
struct Examination {
    problems: Vec<Problems>,
    /// What is no problem, but may not be meant so.
    notices: Vec<Problems>,
    feeds: Vec<String>,
    /// In the source database.
    tables: Option<usize>,
    /// Entities that were built twice.
    sample: Option<u64>,
}

pub fn run(args: &Check, global: &Global, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut examination = Examination::default();
    let file = Config::find(global.config.as_deref());
    let failure = match Config::load(&file) {
        Ok(config) => examination.examine(&Session::new(config), args).err(),
        Err(error) => {
            examination.config_is_wrong(&file, error);
            None
        }
    };
    examination.print(terminal)?;
    match failure {
        Some(failure) => Err(failure),
        None if examination.problems.is_empty() => Ok(Exit::Done),
        None => Ok(Exit::Usage),
    }
}

impl Examination {
    fn examine(&mut self, session: &Session, args: &Check) -> Result<(), Failure> {
        let drafts = self.drafts(&session.config.feeds_dir, &args.feeds);
        let mut drafts: Vec<Draft> = drafts
            .into_iter()
            .map(|mut draft| {
                if let Some(definition) = &draft.definition {
                    draft.problems.extend(definition::check_consumer(definition, &session.config));
                }
                draft
            })
            .collect();
        let against_source = self.against_source(session, &mut drafts, args.determinism);
        self.feeds = drafts.iter().filter_map(|draft| Some(draft.definition.as_ref()?.name.clone())).collect();
        let wrong = drafts.into_iter().filter(|draft| !draft.problems.is_empty());
        self.problems.extend(wrong.map(|draft| Problems::new(draft.file, draft.problems)));
        against_source
    }

    /// The feeds of these names, or all of a folder; what cannot be read at all is a problem.
    fn drafts(&mut self, folder: &Path, names: &[String]) -> Vec<Draft> {
        let files = match definition::feed_files(folder) {
            Ok(files) => files,
            Err(error) => {
                self.unreadable(folder, error);
                return Vec::new();
            }
        };
        let known: Vec<String> = files.iter().map(|file| stem(file)).collect();
        for name in names.iter().filter(|name| !known.contains(name)) {
            let help = suggestion(name, known.iter().map(String::as_str));
            self.note(&folder.join(format!("{name}.toml")), format!("there is no feed `{name}`"), help);
        }
        if files.is_empty() && names.is_empty() {
            self.note(folder, "there is no feed definition (*.toml) in this folder".into(), None);
        }
        let mut drafts = Vec::new();
        for file in files.iter().filter(|file| names.is_empty() || names.contains(&stem(file))) {
            match definition::read(file) {
                Ok(text) => drafts.push(definition::draft(text)),
                Err(error) => self.unreadable(file, error),
            }
        }
        drafts
    }

    fn against_source(&mut self, session: &Session, drafts: &mut [Draft], determinism: bool) -> Result<(), Failure> {
        if drafts.iter().all(|draft| draft.definition.is_none()) {
            return Ok(());
        }
        let source = session.source()?;
        let mut reader = source.connect()?;
        let catalog: Catalog = reader.catalog()?;
        self.tables = Some(catalog.tables.len());
        for draft in drafts {
            let Some(definition) = &draft.definition else { continue };
            let options = session.plan_options(&RunFlags::default(), Extent::Part);
            match Plan::new(definition, &catalog, reader.as_mut(), source.dialect(), options) {
                Ok(plan) => {
                    if determinism && draft.problems.is_empty() {
                        let problems = self.build_twice(definition, &plan, source.as_ref())?;
                        draft.problems.extend(problems);
                    }
                    self.notices.push(plan.notices);
                }
                Err(PlanError::Problems(problems)) => draft.problems.extend(problems.list),
                Err(PlanError::Source(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn build_twice(
        &mut self,
        definition: &FeedDefinition,
        plan: &Plan,
        source: &dyn Source,
    ) -> Result<Option<Problem>, Failure> {
        let sample = determinism::build_twice(plan, source)?;
        *self.sample.get_or_insert(0) += sample.entities;
        Ok(sample.differing.map(|key| Problem {
            span: definition.entity.rows.table.alias.span.clone(),
            path: "entity".into(),
            message: format!("entity {key} gives other documents when it is built a second time, in another batch"),
            help: Some(
                "make every order complete, and look for SQL that is not the same each time; or nobody may \
                        edit the source meanwhile"
                    .into(),
            ),
        }))
    }

    /// Without a configuration, files that lie where they usually do are still looked at.
    fn config_is_wrong(&mut self, file: &Path, error: ConfigError) {
        match error {
            ConfigError::Problems(problems) => {
                self.problems.push(problems);
                let folder = file.parent().unwrap_or(Path::new("")).join("feeds");
                if folder.is_dir() {
                    let drafts = self.drafts(&folder, &[]).into_iter().filter(|draft| !draft.problems.is_empty());
                    self.problems.extend(drafts.map(|draft| Problems::new(draft.file, draft.problems)));
                }
            }
            error => self.note(file, error.to_string(), None),
        }
    }

    fn unreadable(&mut self, path: &Path, error: LoadError) {
        match error {
            LoadError::Problems(problems) => self.problems.push(problems),
            error => self.note(path, error.to_string(), None),
        }
    }

    /// A problem of a file as a whole.
    fn note(&mut self, path: &Path, message: String, help: Option<String>) {
        let problem = Problem { span: 0..0, path: String::new(), message, help };
        self.problems.push(Problems::new(SourceFile::new(PathBuf::from(path), ""), vec![problem]));
    }

    fn print(&self, terminal: &Terminal) -> Result<(), Failure> {
        let ok = self.problems.is_empty();
        match terminal.output {
            Output::Json => {
                let problems = self.problems.iter().flat_map(Problems::reports).collect();
                let notices = self.notices.iter().flat_map(Problems::reports).collect();
                terminal.print_json(&Report { ok, problems, notices })?;
            }
            Output::Text if ok => {
                let noticed = self.notices.iter().filter(|notices| !notices.list.is_empty());
                for notices in noticed {
                    terminal.print(&format!("{}\n", render::render_notices(notices, terminal.colors())))?;
                }
                terminal.print(&self.fine())?;
            }
            Output::Text => {
                let rendered: Vec<String> =
                    self.problems.iter().map(|problems| render::render(problems, terminal.colors())).collect();
                let n = self.problems.iter().map(|problems| problems.list.len()).sum::<usize>();
                let problems = if n == 1 { "1 problem".into() } else { format!("{} problems", count(n as u64)) };
                terminal.print(&format!("{}\n{problems}\n", rendered.join("\n")))?;
            }
        }
        Ok(())
    }

    fn fine(&self) -> String {
        let feeds = match self.feeds.len() {
            1 => "1 feed".to_string(),
            n => format!("{n} feeds"),
        };
        let mut text = format!("ok: {feeds} ({})", self.feeds.join(", "));
        if let Some(tables) = self.tables {
            text += &format!(", against {tables} tables of the source");
        }
        if let Some(sample) = self.sample {
            text += &format!("; {} entities built twice, with equal documents", count(sample));
        }
        text.push('\n');
        text
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

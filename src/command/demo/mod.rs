//! `feedmill demo`: a shop, two feeds, a consumer, and the story of what is sent between them.

mod consumer;
mod narrator;
mod shop;
mod story;

use std::io;
use std::path::{Path, PathBuf};

use super::shell::quoted;
use super::{Exit, Failure};
use crate::cli::{Demo, Global};
use crate::run::stop::Stop;
use crate::terminal::{Terminal, count};
use consumer::DemoConsumer;
use narrator::Narrator;
use shop::{PRODUCTS, Shop};

const PRODUCTS_FEED: &str = include_str!("../../../feeds/demo/products.toml");
const CATEGORIES_FEED: &str = include_str!("../../../feeds/demo/categories.toml");

pub fn run(args: &Demo, global: &Global, terminal: &Terminal, stop: &Stop) -> Result<Exit, Failure> {
    let folder = folder(args.directory.as_deref())?;
    let mut consumer = DemoConsumer::start()
        .map_err(|cause| Failure::machine("the demo's consumer cannot listen on the loopback interface", cause))?;
    let mut shop = write_files(&folder, &consumer)?;
    let global = Global { config: Some(folder.join("feedmill.toml")), ..global.clone() };
    let narrator = Narrator::open(&global, terminal, stop)?;
    narrator.say(&format!(
        "feedmill demo: a shop of {} products in {} tables, and a consumer on {}.\nFiles: {}",
        count(PRODUCTS as u64),
        shop.tables()?,
        consumer.address(),
        folder.display()
    ))?;
    let right = story::tell(&narrator, &mut shop, &mut consumer)?;
    narrator.say(&farewell(&folder, right))?;
    Ok(if right { Exit::Done } else { Exit::Failures })
}

/// The folder for the files: made, and empty.
fn folder(wanted: Option<&Path>) -> Result<PathBuf, Failure> {
    let Some(folder) = wanted else {
        let folder = tempfile::Builder::new().prefix("feedmill-demo-").tempdir();
        return folder
            .map(tempfile::TempDir::keep)
            .map_err(|cause| Failure::machine("cannot make a temporary folder", cause));
    };
    let failed = |error: io::Error| Failure::usage(format!("cannot use the folder {}: {error}", folder.display()));
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => {}
        Ok(false) => {
            return Err(Failure::usage(format!(
                "{} is not empty; name a new folder, or none for a temporary one",
                folder.display()
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::create_dir_all(folder).map_err(failed)?,
        Err(error) => return Err(failed(error)),
    }
    std::path::absolute(folder).map_err(failed)
}

fn write_files(folder: &Path, consumer: &DemoConsumer) -> Result<Shop, Failure> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|cause| Failure::machine(format!("cannot write {}", path.display()), cause))
    };
    std::fs::create_dir_all(folder.join("feeds"))
        .map_err(|cause| Failure::machine(format!("cannot make a folder in {}", folder.display()), cause))?;
    write("feedmill.toml", &config(consumer))?;
    write("feeds/products.toml", PRODUCTS_FEED)?;
    write("feeds/categories.toml", CATEGORIES_FEED)?;
    Ok(Shop::create(&folder.join("shop.db"))?)
}

fn config(consumer: &DemoConsumer) -> String {
    format!(
        r#"# What feedmill reads and where it sends. Paths are relative to this file.

[source]
url = "sqlite:shop.db"

[store]
url = "sqlite:feedmill.db"

# The demo's consumer; it went away with the demo.
[consumers.search]
url             = "http://{}/products"
format          = "json"
timeout         = "5s"
request_retries = 1
retry_base      = "20ms"

# Appends to out/FEED.ndjson: the feed `categories` goes there, now and later.
[consumers.archive]
format = "file"
path   = "out"
"#,
        consumer.address()
    )
}

fn farewell(folder: &Path, right: bool) -> String {
    if !right {
        return format!("\nSomething was not as it should be; see above. The files are in {}", folder.display());
    }
    // As it was called, so that the lines can be pasted.
    let program = std::env::args().next().unwrap_or_else(|| "feedmill".into());
    let config = folder.join("feedmill.toml");
    format!(
        "\nEverything was as told. To go on with it (the consumer of `products` is gone with the demo; `categories` goes \
         to a file):\n
  export FEEDMILL_CONFIG={}
  {program} status
  {program} reindex categories        # sends all of it to {}
  {program} reindex categories        # sends nothing
  {program} explain products 4        # its documents, its rows, what a run would do
  {program} reindex products --dry-run
  {program} check                     # after an edit of {}",
        quoted(&config),
        folder.join("out/categories.ndjson").display(),
        folder.join("feeds/categories.toml").display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Output, RunFlags};
    use crate::command::session::Session;
    use crate::plan::Extent;

    #[test]
    fn its_feeds_are_sound_against_its_shop() {
        let folder = tempfile::tempdir().unwrap();
        let consumer = DemoConsumer::start().unwrap();
        write_files(folder.path(), &consumer).unwrap();
        let global = Global {
            config: Some(folder.path().join("feedmill.toml")),
            output: Output::Text,
            quiet: true,
            verbose: 0,
            log_format: Output::Text,
            no_progress: true,
        };
        let session = Session::open(&global).unwrap();
        let definitions = session.definitions(&[]).unwrap_or_else(|failure| panic!("{failure}"));
        let source = session.source().unwrap();
        let feeds = session.plan(definitions, source.as_ref(), &RunFlags::default(), Extent::Whole);
        let feeds = feeds.unwrap_or_else(|failure| panic!("{failure}"));
        let names: Vec<_> = feeds.iter().map(|feed| feed.definition.name.as_str()).collect();
        assert_eq!(names, ["categories", "products"]);
    }

    #[test]
    fn a_folder_in_use_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let new = parent.path().join("a/b");
        assert_eq!(folder(Some(&new)).unwrap(), new);
        assert_eq!(folder(Some(&new)).unwrap(), new, "made and still empty");
        std::fs::write(new.join("file"), "").unwrap();
        for used in [new.clone(), new.join("file")] {
            assert_eq!(folder(Some(&used)).unwrap_err().exit(), Exit::Usage);
        }
    }
}

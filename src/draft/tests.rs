//! Whole drafts, as a person would read them, and that each is a sound definition.

use super::sample::catalog;
use super::*;
use crate::definition::problem::SourceFile;

fn drafts_of(lines: &str, wish: &Wish) -> Drafts {
    let drafts = draft(&catalog(lines), &Sizes::default(), wish).unwrap_or_else(|error| panic!("{error}"));
    for feed in &drafts.feeds {
        let file = SourceFile::new(format!("{}.toml", feed.name), feed.text.as_str());
        if let Err(problems) = crate::definition::parse(file) {
            panic!("{problems}\n{}", feed.text);
        }
    }
    drafts
}

fn wish() -> Wish {
    Wish { consumer: "archive".into(), ..Wish::default() }
}

#[test]
fn smoke() {
    let drafts = drafts_of(
        "film: film_id* int, title, language_id int -> language, original_language_id int -> language, price float, email, password, last_update time
        language: language_id* int, name
        film_actor: actor_id* int -> actor, film_id* int -> film
        actor: actor_id* int, first_name, last_name
        ", &wish());
    for feed in drafts.feeds {
        println!("{}", feed.text);
    }
}

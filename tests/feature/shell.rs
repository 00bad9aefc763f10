//! What a shell and a packager ask of the program.

use crate::harness::Project;

#[test]
fn completions_for_the_usual_shells() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish"] {
        let run = project.run(&["completions", shell]);
        run.exits(0);
        assert!(run.stdout.contains("feedmill") && run.stdout.contains("reindex"), "{shell}: {}", run.stdout);
    }
    project.run(&["completions", "tcl"]).exits(2);
}

#[test]
fn a_manual_page() {
    let run = Project::new().run(&["man"]);
    run.exits(0);
    assert!(run.stdout.contains(".TH feedmill") && run.stdout.contains("reindex"), "{}", run.stdout);
}

#[test]
fn help_and_version() {
    let project = Project::new();
    let version = project.run(&["--version"]);
    version.exits(0);
    assert_eq!(version.stdout.trim(), format!("feedmill {}", env!("CARGO_PKG_VERSION")));
    for arguments in [&["--help"][..], &["reindex", "--help"], &["retry", "--help"]] {
        project.run(arguments).exits(0);
    }
    project.run(&[]).exits(2);
}

#[test]
fn results_go_to_stdout_and_nothing_else_does() {
    let shop = crate::harness::Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    let run = shop.run(&["reindex", "products", "-v"]);
    assert_eq!(run.exits(0).stdout.lines().count(), 1, "{}", run.stdout);
    let run = shop.run_text(&["reindex", "products"]);
    assert!(run.exits(0).stdout.contains("products"), "{}", run.stdout);
    let run = shop.run_text(&["reindex", "products", "-q"]);
    assert_eq!(run.exits(0).stderr, "");
}

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
fn the_log_says_more_with_each_v() {
    let shop = crate::harness::Shop::new();
    let logged = |flags: &[&str]| {
        shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt")]);
        shop.receiver.next(crate::harness::Reply::status(500).body("not now"));
        let arguments = [&["reindex", "products", "--force"], flags].concat();
        shop.run(&arguments).exits(0).stderr.clone()
    };
    let decided =
        ["begins", "a batch is built and compared", "to_send=2", "a request is tried again", "not now", "ends"];
    let requests = ["a request method=POST", "answer=\"500\"", "answer=\"200\""];
    let items = ["an item is compared", "entity=2", "decision="];
    let levels = [&[][..], &["-v"], &["-v", "-v"], &["-v", "-v", "-v"]];
    for (level, flags) in levels.into_iter().enumerate() {
        let log = logged(flags);
        for (least, words) in [(1, &decided[..]), (2, &requests), (3, &items)] {
            for words in words {
                assert_eq!(log.contains(words), level >= least, "-v {level} times, {words:?}: {log}");
            }
        }
        assert!(level == 0 || log.lines().all(|line| line.contains("run{feed=\"products\"}")), "{log}");
    }
    assert_eq!(logged(&[]), "");
    let json = logged(&["-v", "--log-format", "json"]);
    for line in json.lines() {
        let event: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(event["span"]["feed"], "products", "{line}");
    }
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

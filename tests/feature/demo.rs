//! `demo` tells the whole story with nothing installed, and leaves a project to play with.

use crate::harness::Project;

#[test]
fn the_story_is_told_and_the_files_stay() {
    let project = Project::new();
    let run = project.run(&["demo", "shop"]);
    run.exits(0);
    assert!(run.stdout.lines().count() > 10, "{}", run.stdout);
    let folder = project.path("shop");
    assert!(folder.join("feedmill.toml").exists());
    let feeds = std::fs::read_dir(folder.join("feeds")).expect("the demo has feeds").count();
    assert!(feeds > 0);
    project.run(&["status", "--config", "shop/feedmill.toml"]).exits(0);
    project.run(&["check", "--config", "shop/feedmill.toml"]).exits(0);
}

#[test]
fn a_folder_that_is_in_use_is_left_alone() {
    let project = Project::new();
    std::fs::create_dir(project.path("shop")).expect("a folder can be made");
    project.write("shop/feedmill.toml", "# mine");
    let run = project.run(&["demo", "shop"]);
    assert_ne!(run.code, Some(0), "{}", run.stdout);
    assert_eq!(project.read("shop/feedmill.toml"), "# mine");
}

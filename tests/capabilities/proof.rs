//! The promise of the manual's tables: each rule names the test that proves it, and that test is there.

use std::{fs, path::Path};

use support::folder::{repository, sources};

/// A source: the names of its folders and its own, and its text.
type Source = (Vec<String>, String);

fn source(path: &Path) -> Source {
    let inside = path.strip_prefix(repository()).expect("it was found below the root");
    let names = inside.with_extension("");
    let names = names.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    (names, fs::read_to_string(path).expect("a source can be read"))
}

/// What the last column of a page's tables names, where its heading is `test`: each with the number of its line. A row that
/// names nothing in `…` gives its whole cell, which is no test's name.
fn proofs(page: &str) -> Vec<(usize, String)> {
    let (mut found, mut inside) = (Vec::new(), false);
    for (index, line) in page.lines().enumerate() {
        let Some((_, cell)) = line.trim_end_matches([' ', '|']).rsplit_once('|') else {
            inside = false;
            continue;
        };
        let cell = cell.trim();
        let is_heading = cell == "test" || cell.chars().all(|letter| letter == '-');
        inside |= cell == "test";
        if inside && !is_heading {
            let named: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
            let named = if named.is_empty() { vec![cell] } else { named };
            found.extend(named.into_iter().map(|name| (index + 1, name.to_owned())));
        }
    }
    found
}

/// What begins a test, or a list of them.
const TESTS: [&str; 4] = ["#[test]", "#[tokio::test", "on_both_engines!(", "proptest! {"];

/// Whether some source has this test, as `module::test`, or `test` alone, or for all of a module, which has one,
/// `module::*`.
fn is_there(test: &str, sources: &[Source]) -> bool {
    let mut modules: Vec<_> = test.split("::").collect();
    let name = modules.pop().unwrap_or_default();
    let function = format!("fn {name}(");
    sources.iter().any(|(names, text)| {
        let within = modules.iter().all(|module| names.iter().any(|name| name == module));
        let has_tests = || TESTS.iter().any(|begin| text.contains(begin));
        within && (text.contains(&function) || (name == "*" && has_tests()))
    })
}

#[test]
fn every_test_that_the_manual_names_is_there() {
    let sources: Vec<_> = ["api/src", "tests"].into_iter().flat_map(sources).collect();
    let sources: Vec<_> = sources.iter().map(|path| source(path)).collect();
    let (mut complaints, mut count) = (Vec::new(), 0);
    for page in fs::read_dir(repository().join("docs")).expect("the manual") {
        let page = page.expect("a page").path();
        let text = fs::read_to_string(&page).expect("a page can be read");
        for (line, test) in proofs(&text) {
            count += 1;
            if !is_there(&test, &sources) {
                complaints.push(format!("{}:{line}: {test}", page.display()));
            }
        }
    }
    assert!(
        complaints.is_empty(),
        "there are no such tests:\n{}",
        complaints.join("\n")
    );
    assert!(count > 200, "{count}: the tables were read");
}

#[test]
fn a_test_that_is_not_there_is_found() {
    let sources = [(
        vec!["tests".to_owned(), "proof".to_owned()],
        "#[test]\nfn it_is_there() {}".to_owned(),
    )];
    assert!(is_there("proof::it_is_there", &sources));
    assert!(is_there("it_is_there", &sources));
    assert!(is_there("proof::*", &sources));
    assert!(!is_there("proof::it_is", &sources), "the whole name counts");
    assert!(!is_there("other::it_is_there", &sources));
    assert!(!is_there("other::*", &sources));
    let without = [(vec!["proof".to_owned()], "fn it_helps() {}".to_owned())];
    assert!(!is_there("proof::*", &without), "nothing there tries anything");
    let page =
        "| rule | test |\n|---|---|\n| `a` | `one::two`, `three::*` |\n\n| rule | here |\n|---|---|\n| `b` | `c` |\n";
    assert_eq!(proofs(page), [(3, "one::two".to_owned()), (3, "three::*".to_owned())]);
    let says_all = "| rule | test |\n|---|---|\n| `a` | all |\n";
    assert_eq!(proofs(says_all), [(3, "all".to_owned())]);
    assert!(!is_there("all", &sources));
}

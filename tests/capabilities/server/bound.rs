//! Every number and duration among the settings has bounds. The manual tells them, and the program keeps to them.

use std::{fs, path::Path, process::Stdio, time::Duration};

use serde_json::json;
use support::{Engine, Tidemark, binary, folder::TemporaryFolder};

support::on_both_engines!(
    a_server_works_at_its_least_settings,
    a_server_works_at_its_greatest_settings,
);

/// A setting with bounds, as the manual tells of it.
struct Setting {
    flag: String,
    least: String,
    most: String,
}

impl Setting {
    /// Its key in a config file.
    fn key(&self) -> String {
        self.flag.trim_start_matches("--").replace('-', "_")
    }

    /// Its environment variable.
    fn variable(&self) -> String {
        format!("TIDEMARK_{}", self.key().to_uppercase())
    }

    /// Values just outside its bounds, far outside, and of the wrong kind.
    fn wrong(&self) -> Vec<String> {
        let whole = |text: &str| text.parse::<i64>().ok();
        let mut wrong = vec!["soon".to_owned(), "-1".to_owned(), String::new()];
        if let Some((least, most)) = whole(&self.least).zip(whole(&self.most)) {
            wrong.extend([least - 1, most + 1].map(|value| value.to_string()));
            wrong.extend(["1.5", "1s", "99999999999999999999"].map(str::to_owned));
        } else {
            let below = match self.least.as_str() {
                "0s" => "-1ms",
                "1ms" => "999us",
                "1s" => "999ms",
                other => panic!("what is just below {other}?"),
            };
            wrong.extend([below.to_owned(), format!("{} 1ms", self.most), "7".to_owned()]);
        }
        wrong
    }
}

/// All of the manual's numbers and durations.
fn settings() -> Vec<Setting> {
    let output = binary::command()
        .arg("--help")
        .output()
        .expect("the program can be started");
    let manual = String::from_utf8(output.stdout).expect("text");
    let mut settings = Vec::new();
    let mut lines = manual.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some((flag, place)) = line.split_once(" <").filter(|(flag, _)| flag.starts_with("--")) else {
            continue;
        };
        if !["NUMBER>", "DURATION>"].contains(&place) {
            continue;
        }
        let told = lines.next().unwrap_or_default();
        let bounds = told
            .trim_end_matches(']')
            .rsplit_once("; ")
            .and_then(|(_, bounds)| bounds.split_once(" to "));
        let (least, most) = bounds.unwrap_or_else(|| panic!("{flag} has no bounds: {told}"));
        settings.push(Setting {
            flag: flag.to_owned(),
            least: least.to_owned(),
            most: most.to_owned(),
        });
    }
    assert!(settings.len() >= 29, "{manual}");
    settings
}

/// Runs a command that only has to read its settings, and gives its complaint.
async fn complaint(folder: &Path, argument: &str, environment: &[(String, String)]) -> String {
    let mut command = tokio::process::Command::from(binary::command());
    command
        .arg(argument)
        .envs(environment.iter().cloned())
        .current_dir(folder);
    command
        .arg("migrate")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(30), command.output()).await;
    let output = output.expect("it ends").expect("the program can be started");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{argument} {environment:?} is taken");
    assert!(!stderr.contains("panicked"), "{stderr}");
    stderr
}

#[tokio::test]
async fn what_is_out_of_bounds_is_refused_by_all_its_names() {
    let folder = TemporaryFolder::new();
    let path = folder.path();
    let file = path.join("settings.toml");
    for setting in settings() {
        let (flag, key, variable) = (setting.flag.as_str(), setting.key(), setting.variable());
        for wrong in setting.wrong() {
            // TOML has numbers of its own, though none as large as the largest here.
            let is_number = wrong.parse::<i64>().is_ok() || wrong == "1.5";
            let quoted = if is_number { wrong.clone() } else { format!("{wrong:?}") };
            fs::write(&file, format!("{key} = {quoted}\n")).expect("the folder is ours");
            let (given, set) = (format!("{flag}={wrong}"), [(variable.clone(), wrong.clone())]);
            let (flagged, from_environment, from_file) = tokio::join!(
                complaint(path, &given, &[]),
                complaint(path, "--log=info", &set),
                complaint(path, "--config=settings.toml", &[]),
            );
            for told in [flagged, from_environment, from_file] {
                for name in [flag, &key, &variable] {
                    assert!(told.contains(name), "{flag} {wrong:?}: {name} is not in {told}");
                }
                let bounds = format!("{} to {}", setting.least, setting.most);
                assert!(told.contains(&bounds), "{flag} {wrong:?}: {bounds} is not in {told}");
            }
        }
    }
    assert!(!path.join("data").exists(), "nothing of it got as far as the database");
}

async fn works(engine: Engine, value: impl Fn(&Setting) -> String) {
    let mut builder = Tidemark::builder(engine);
    for setting in settings() {
        builder = builder.flag(&setting.flag, &value(&setting));
    }
    let mut tidemark = builder.start().await;
    let client = tidemark.client().clone();
    let log = "mutation { logEvent(input: {action: \"a\", tag: {}}) { outcome } }";
    for _ in 0..3 {
        let logged = client.graphql(log, json!({})).await;
        assert_eq!(logged.data()["logEvent"]["outcome"], "ACCEPTED", "{}", logged.text);
    }
    let find =
        "{ find(input: {view: \"actions\", from: \"2020-01-01T00:00:00Z\", to: \"2060-01-01T00:00:00Z\"}) { total } }";
    assert_eq!(client.graphql(find, json!({})).await.data()["find"]["total"], 3);
    let delete = "mutation { deleteEvents(input: {filter: {to: \"2020-01-01T00:00:00Z\"}}) { count } }";
    assert_eq!(
        client.graphql(delete, json!({})).await.data()["deleteEvents"]["count"],
        0
    );
    tidemark.server_mut().restart().await;
    assert_eq!(client.graphql(find, json!({})).await.data()["find"]["total"], 3);
    let log = tidemark.server().log();
    assert!(!log.contains("ERROR"), "{log}");
}

async fn a_server_works_at_its_least_settings(engine: Engine) {
    works(engine, |setting| setting.least.clone()).await;
}

async fn a_server_works_at_its_greatest_settings(engine: Engine) {
    works(engine, |setting| setting.most.clone()).await;
}

//! The overview: what was logged shows, by panel, by filter and by period; and what is shown can be taken along.

use serde_json::{Value, json};
use support::{Browser, browser::Look};

use super::visit::Visit;

fn event(index: usize, action: &str, path: &str, plan: &str) -> Value {
    json!({"action": action, "actor": format!("actor {}", index % 5), "url": format!("https://shop.example{path}"),
           "tag": {"plan": plan, "network": "north"}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_logged_is_seen_filtered_and_exported() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.sees("No event in this period").await;
    let client = visit.client("log").await;
    // What the world sends is text, whatever it looks like.
    let script = "=<img src=x onerror=alert(1)>";
    let events: Vec<_> = (0..12)
        .map(|index| match index {
            0..7 => event(index, "pageview", "/start", "pro"),
            7..10 => event(index, "pageview", "/prices", "free"),
            _ => event(index, script, "/start", "free"),
        })
        .collect();
    let payload = client.log_many(events).await;
    assert_eq!(payload["accepted"], 12, "{payload:#}");
    browser.reload().await;
    browser.sees("/prices").await;
    browser.sees(script).await;
    let figures = "return [...document.querySelectorAll('.figure-value')].map((figure) => figure.textContent)";
    browser
        .retry("count", async || {
            let seen = browser.script(figures, json!([])).await;
            if seen == json!(["12", "5", "12"]) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    // The table says the same as the chart.
    let sum = "return [...document.querySelectorAll('#events-chart tbody td:nth-child(2)')].reduce((sum, cell) => sum + \
               Number(cell.textContent), 0)";
    assert_eq!(browser.script(sum, json!([])).await, 12);
    // A press filters; under filters that form no scope the panel of actors says so.
    browser.press("/prices 3").await;
    browser.arrives("where=url.path").await;
    browser.sees("url.path: /prices").await;
    browser
        .retry("count", async || {
            let seen = browser.script(figures, json!([])).await;
            if seen == json!(["3", "3"]) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    browser
        .sees("No scope counts actors by exactly these fields: url.path.")
        .await;
    visit.was_refused().await;
    // The address is all there is to it.
    browser.reload().await;
    browser.sees("url.path: /prices").await;
    browser.press("Take away the filter url.path: /prices").await;
    browser.press("north 12").await;
    browser.sees("tag.network: north").await;
    browser
        .retry("count", async || {
            let seen = browser.script(figures, json!([])).await;
            if seen == json!(["12", "5", "12"]) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    browser.press("12 months").await;
    browser.arrives("period=12m").await;
    let pressed = "return document.querySelector('.segments [aria-pressed=true]').innerText";
    assert_eq!(browser.script(pressed, json!([])).await, "12 months");
    let rows = "return document.querySelectorAll('#events-chart tbody tr').length";
    browser
        .retry("see twelve months", async || {
            let seen = browser.script(rows, json!([])).await;
            if seen == 12 { Ok(()) } else { Err(seen.to_string()) }
        })
        .await;
    what_is_shown_is_saved(browser).await;
    visit.was_clean().await;
}

async fn what_is_shown_is_saved(browser: &Browser) {
    // What is saved is what is shown.
    browser
        .script(
            "const make = URL.createObjectURL; window.saved = []; URL.createObjectURL = (blob) => { \
             blob.text().then((text) => window.saved.push(text)); return make(blob); }",
            json!([]),
        )
        .await;
    for file in ["Table (CSV)", "Everything (JSON)", "Chart (SVG)"] {
        let open = "document.querySelector('.menu').open = true";
        browser.script(open, json!([])).await;
        browser.press(file).await;
    }
    let saved = browser
        .retry("save", async || {
            let saved = browser.script("return window.saved", json!([])).await;
            if saved.as_array().map(Vec::len) == Some(3) {
                Ok(saved)
            } else {
                Err(saved.to_string())
            }
        })
        .await;
    let text = |index: usize| saved[index].as_str().expect("a text").to_owned();
    let everything: Value = serde_json::from_str(&text(1)).expect("JSON");
    the_table_has_everything(&text(0), &everything["period"]);
    the_data_have_everything(&everything);
    assert_eq!(
        everything["filters"],
        json!([{"dimension": "tag.network", "value": "north"}])
    );
    let svg = text(2);
    assert!(svg.starts_with("<svg") && svg.contains("rgb("), "{svg}");
    // Whoever looks at it elsewhere sees what is meant: how much, and when.
    let written = svg
        .split("<text")
        .skip(1)
        .filter_map(|part| part.split(['>', '<']).nth(1));
    let written: Vec<_> = written.collect();
    for expected in ["This period", "Period before", "0"] {
        assert!(written.contains(&expected), "{expected}: {written:?}");
    }
    assert!(written.iter().any(|text| text.contains(" 20")), "months: {written:?}");
    // The picture is one: more than one colour is on it.
    browser
        .script(
            "HTMLAnchorElement.prototype.click = function () { window.picture = this.href; };\
             document.querySelector('.menu').open = true",
            json!([]),
        )
        .await;
    browser.press("Chart (PNG)").await;
    browser
        .retry("save a picture", async || {
            let begin = browser
                .script("return (window.picture ?? '').slice(0, 22)", json!([]))
                .await;
            if begin == "data:image/png;base64," {
                Ok(())
            } else {
                Err(begin.to_string())
            }
        })
        .await;
    let colours = "const done = arguments[0]; const image = new Image(); image.onload = () => { const canvas = \
                   document.createElement('canvas'); canvas.width = image.width; canvas.height = image.height; const \
                   context = canvas.getContext('2d'); context.drawImage(image, 0, 0); const { data } = \
                   context.getImageData(0, 0, image.width, image.height); const seen = new Set(); for (let at = 0; at < \
                   data.length; at += 4) seen.add(data.slice(at, at + 4).join()); done(seen.size); }; image.src = \
                   window.picture";
    let colours = browser.script_to_end(colours, json!([])).await;
    assert!(colours.as_u64() > Some(3), "{colours} colours");
}

/// Every figure, the points of both series, and the rows of the rankings, each with its moments.
fn the_table_has_everything(table: &str, period: &Value) {
    let moments = [&period["from"], &period["to"]].map(|moment| moment.as_str().expect("a moment"));
    let moments = moments.join(",");
    for line in [
        "panel,dimension,value,from,to,count,before,lower,upper".to_owned(),
        format!(r#""events","","",{moments},12,0,,"#),
        format!(r#""actors","","",{moments},5,0,5,5"#),
        format!(r#""actions","action","pageview",{moments},10,,,"#),
        // Spreadsheets are not to reckon with what the world sends.
        format!(r#""actions","action","'=<img src=x onerror=alert(1)>",{moments},2,,,"#),
        format!(r#""networks","tag.network","north",{moments},12,,,"#),
    ] {
        assert!(table.lines().any(|one| one == line), "{line} is not in {table}");
    }
    assert!(
        table
            .lines()
            .any(|line| line.starts_with(r#""live","""#) && line.ends_with(",12,,,")),
        "{table}"
    );
    for series in ["events by time", "actors by time"] {
        let begin = format!("\"{series}\",");
        let points: Vec<Vec<&str>> = table
            .lines()
            .filter(|line| line.starts_with(&begin))
            .map(|line| line.split(',').collect())
            .collect();
        assert_eq!(points.len(), 12, "months: {table}");
        // From the first moment to the last without a gap; all of it happened in the last month.
        assert_eq!(format!("{},{}", points[0][3], points[11][4]), moments);
        assert!(points.windows(2).all(|pair| pair[0][4] == pair[1][3]), "{points:?}");
        let counts: Vec<_> = points.iter().map(|point| point[5]).collect();
        let last = if series == "events by time" { "12" } else { "5" };
        assert_eq!(counts[11], last, "{counts:?}");
        assert!(counts[..11].iter().all(|count| *count == "0"), "{counts:?}");
    }
}

fn the_data_have_everything(everything: &Value) {
    let period = &everything["period"];
    assert_eq!(everything["step"], "MONTH");
    assert_eq!(everything["periodBefore"]["to"], period["from"], "{everything:#}");
    assert_eq!(everything["live"]["count"], 12);
    let (events, actors) = (&everything["events"], &everything["actors"]);
    assert_eq!((&events["count"], &events["before"]), (&json!(12), &json!(0)));
    assert_eq!(actors["count"], 5);
    for told in [events, actors] {
        let series = told["series"].as_array().expect("a series");
        assert_eq!(series.len(), 12, "{told:#}");
        assert_eq!(series[0]["start"], period["from"]);
        assert_eq!(series[11]["count"], told["count"]);
    }
    let rankings = everything["rankings"].as_array().expect("a list");
    let pages = rankings.iter().find(|ranking| ranking["panel"] == "pages");
    assert_eq!(
        pages.expect("pages")["rows"],
        json!([{"value": "/start", "count": 7}, {"value": "/prices", "count": 3}])
    );
}

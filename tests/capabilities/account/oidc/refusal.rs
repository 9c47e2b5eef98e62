//! Whom the provider vouches for, and who is not let in all the same.

use serde_json::{Value, json};
use support::{Engine, issuer::Signature, person::code};

use super::{MAP, claims, person, roles, set, sign_in, start, told};

support::on_both_engines!(
    who_has_lost_every_group_has_lost_every_role,
    refusals_without_an_end_are_told_so_often,
);

/// Whoever is of no group any more is not let in, and their other sessions may nothing more.
async fn who_has_lost_every_group_has_lost_every_role(engine: Engine) {
    let (tidemark, issuer) = start(engine, MAP).await;
    // Somebody else owns the organisation.
    tidemark.account("first@example.com", &[]).await;
    let bob = |groups: &[&str]| claims("bob", "bob@example.com", groups);
    let answer = sign_in(&tidemark, &issuer, bob(&["staff"]), Signature::Es256).await;
    let person = person(&tidemark, &answer).await;
    let ask = "query ($site: String) { actions(site: $site) { name } }";
    let asked = async || {
        let answer = person.client().graphql(ask, json!({"site": tidemark.site()})).await;
        answer.body["errors"][0]["extensions"]["code"].clone()
    };
    assert_eq!(asked().await, Value::Null);
    let answer = sign_in(&tidemark, &issuer, bob(&[]), Signature::Es256).await;
    assert_eq!((answer.status, code(&answer)), (403, "FORBIDDEN"));
    assert_eq!(set(&answer, "tidemark_session"), None);
    assert_ne!(asked().await, Value::Null);
    assert_eq!(roles(&person).await, json!([]));
    let told = told(&tidemark).await;
    let told: Vec<_> = told.iter().rev().take(2).collect();
    assert_eq!(
        (&told[0]["target"], &told[0]["after"], &told[0]["actor"]["kind"]),
        (
            &json!("bob@example.com"),
            &json!({"signedIn": false, "reason": "NO_ROLE"}),
            &json!("ANONYMOUS")
        )
    );
    assert_eq!(told[1]["after"]["roles"], json!([]), "{told:#?}");
    assert_ne!(told[1]["before"]["roles"], json!([]), "{told:#?}");
    // A group again, and they are back.
    let answer = sign_in(&tidemark, &issuer, bob(&["staff"]), Signature::Es256).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(asked().await, Value::Null);
}

/// Whoever is refused again and again does not fill a log that is kept for ever.
async fn refusals_without_an_end_are_told_so_often(engine: Engine) {
    let (tidemark, issuer) = start(engine, MAP).await;
    let (mut refused, tries) = (0, 110);
    for number in 0..tries {
        let stranger = claims("eve", &format!("eve{number}@example.com"), &[]);
        let answer = sign_in(&tidemark, &issuer, stranger, Signature::Es256).await;
        refused += usize::from(code(&answer) == "FORBIDDEN");
    }
    assert_eq!(refused, tries);
    let told = told(&tidemark).await;
    // A hundred at once, and one more each thirty-six seconds.
    assert!((100..=105).contains(&told.len()), "{}", told.len());
    assert!(tidemark.server().log().contains("has heard enough"));
}

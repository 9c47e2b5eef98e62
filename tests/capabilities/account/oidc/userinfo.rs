//! What the ID token leaves out, and the provider tells when it is asked: many tell the address or the groups only so.

use serde_json::{Value, json};
use support::{
    Answer, Engine, Tidemark,
    issuer::{Issuer, Signature},
    person::code,
};

use super::{MAP, arrive, depart, person, refused, roles, start};

support::on_both_engines!(
    an_address_may_be_told_when_asked,
    what_is_told_of_somebody_else_is_refused,
    a_provider_that_does_not_answer_takes_no_role_away,
);

/// Signs in where the ID token claims one thing, and the provider tells another when it is asked.
async fn sign_in(tidemark: &Tidemark, issuer: &Issuer, claims: Value, told: Value) -> Answer {
    let server = tidemark.server();
    let journey = depart(server, issuer).await;
    let code = issuer.authorize_and_tell(&journey.query, &claims, &told, Signature::Es256);
    arrive(server, &code, &journey.query["state"], Some(&journey.cookie)).await
}

async fn an_address_may_be_told_when_asked(engine: Engine) {
    let (tidemark, issuer) = start(engine, MAP).await;
    let staff = json!({"groups": ["staff"]});
    // A truth may be written as a text, in the ID token as well.
    for (subject, verified) in [("ada", json!(true)), ("bob", json!("true"))] {
        let email = format!("{subject}@example.com");
        let told = json!({
            "sub": subject, "email": email, "email_verified": verified, "name": "Told", "realm": staff,
        });
        let answer = sign_in(&tidemark, &issuer, json!({"sub": subject}), told).await;
        let signed_in = person(&tidemark, &answer).await;
        assert_eq!(signed_in.viewer().await.data()["viewer"]["account"]["email"], email);
        assert_eq!(
            roles(&signed_in).await,
            json!([{"role": "VIEWER", "site": null}]),
            "groups are told, too"
        );
    }
    let claims = json!({"sub": "carl", "email": "carl@example.com", "email_verified": "true", "realm": staff});
    let answer = sign_in(&tidemark, &issuer, claims, Value::Null).await;
    let _ = person(&tidemark, &answer).await;
    // What the ID token says is not said again.
    let claims = json!({"sub": "dan", "email": "dan@example.com", "email_verified": true, "realm": staff});
    let told =
        json!({"sub": "dan", "email": "ada@example.com", "email_verified": true, "realm": {"groups": ["owners"]}});
    let dan = person(&tidemark, &sign_in(&tidemark, &issuer, claims, told).await).await;
    assert_eq!(
        dan.viewer().await.data()["viewer"]["account"]["email"],
        "dan@example.com"
    );
    assert_eq!(roles(&dan).await, json!([{"role": "VIEWER", "site": null}]));
    // An address that is not verified is none, wherever it is told.
    for verified in [json!(false), json!("false"), json!("yes"), json!(1), Value::Null] {
        let told = json!({"sub": "eve", "email": "eve@example.com", "email_verified": verified, "realm": staff});
        let answer = sign_in(&tidemark, &issuer, json!({"sub": "eve"}), told).await;
        assert_eq!((answer.status, code(&answer)), (403, "FORBIDDEN"), "{verified}");
    }
}

async fn what_is_told_of_somebody_else_is_refused(engine: Engine) {
    let (tidemark, issuer) = start(engine, MAP).await;
    tidemark.account("ada@example.com", &[]).await;
    let told = |subject: Value| json!({"sub": subject, "email": "ada@example.com", "email_verified": true, "realm": {"groups": ["owners"]}});
    for subject in [json!("ada"), json!(""), json!("Eve"), Value::Null, json!(7)] {
        let answer = sign_in(&tidemark, &issuer, json!({"sub": "eve"}), told(subject.clone())).await;
        refused(&answer, &format!("told of {subject}"));
    }
    let answer = sign_in(&tidemark, &issuer, json!({"sub": "eve"}), told(json!("eve"))).await;
    let _ = person(&tidemark, &answer).await;
}

/// Groups that could not be asked for are not groups that somebody lost.
async fn a_provider_that_does_not_answer_takes_no_role_away(engine: Engine) {
    let (tidemark, issuer) = start(engine, MAP).await;
    let told = json!({
        "sub": "ada", "email": "ada@example.com", "email_verified": true, "realm": {"groups": ["staff"]},
    });
    let answer = sign_in(&tidemark, &issuer, json!({"sub": "ada"}), told).await;
    let ada = person(&tidemark, &answer).await;
    let answer = sign_in(&tidemark, &issuer, json!({"sub": "ada"}), Value::Null).await;
    assert_eq!(
        (answer.status, code(&answer)),
        (503, "PROVIDER_UNAVAILABLE"),
        "{}",
        answer.text
    );
    assert_eq!(roles(&ada).await, json!([{"role": "VIEWER", "site": null}]));
}

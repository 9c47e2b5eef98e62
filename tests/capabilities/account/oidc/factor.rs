//! An account with a second factor: the provider's word does not stand in for it.

use serde_json::json;
use support::{
    Engine, Person,
    issuer::Signature,
    person::{PASSWORD, code},
};
use totp_rs::Totp;

use super::{claims, jiff_seconds, person, set, sign_in, start, told};

support::on_both_engines!(an_account_with_a_second_factor_is_not_opened_without);

const ENROL: &str = "mutation ($password: String!) { enrolTotp(password: $password) { uri } }";
const CONFIRM: &str = "mutation ($code: String!) { confirmTotp(code: $code) { recoveryCodes } }";
const DISABLE: &str =
    "mutation ($password: String!, $code: String!) { disableTotp(password: $password, code: $code) { done } }";

async fn an_account_with_a_second_factor_is_not_opened_without(engine: Engine) {
    let (tidemark, issuer) = start(engine, "").await;
    let address = tidemark.server().address();
    // The provider may be known to the account by then, or would be from now on.
    for (subject, is_known) in [("ada", true), ("bob", false)] {
        let email = format!("{subject}@example.com");
        let vouched = || sign_in(&tidemark, &issuer, claims(subject, &email, &[]), Signature::Es256);
        let by_password = tidemark.person(&email, &[]).await;
        let enrolled = by_password.field(ENROL, json!({"password": PASSWORD})).await;
        let app = Totp::from_url(enrolled["uri"].as_str().expect("a URI")).expect("an otpauth URI");
        if is_known {
            // A factor that was not proven to work does not count yet.
            let _ = person(&tidemark, &vouched().await).await;
        }
        let now = u64::try_from(jiff_seconds(tidemark.server()).await).expect("past 1970");
        let confirmed = by_password
            .field(CONFIRM, json!({"code": app.generate(now).to_string()}))
            .await;
        let recovery = |index: usize| confirmed["recoveryCodes"][index].as_str().expect("a recovery code");
        let answer = vouched().await;
        assert_eq!(
            (answer.status, code(&answer)),
            (401, "SECOND_FACTOR_REQUIRED"),
            "{}",
            answer.text
        );
        assert_eq!(set(&answer, "tidemark_session"), None);
        let told = told(&tidemark).await;
        let last = told.last().expect("an entry");
        assert_eq!(
            (&last["target"], &last["after"]),
            (&json!(email), &json!({"signedIn": false, "reason": "NO_SECOND_FACTOR"}))
        );
        // With the factor one comes in as ever, and once it is taken away by the provider.
        let both = support::person::sign_in(address, &email, PASSWORD, Some(recovery(0))).await;
        let signed_in = Person::of(address, &both);
        let disabled = signed_in
            .field(DISABLE, json!({"password": PASSWORD, "code": recovery(1)}))
            .await;
        assert_eq!(disabled["done"], true, "{disabled:#}");
        let _ = person(&tidemark, &vouched().await).await;
    }
}

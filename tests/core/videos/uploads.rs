//! How something is sent, by whom, and how they change their mind.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use futures::{StreamExt as _, stream};
use marquee_core::access::Permission;
use marquee_core::videos::jobs;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{OF_A_PRESENTATION, good, open, put, sent, show, stored};
use crate::accounts::person;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_announced_is_sent_and_looked_into(db: PgPool) {
    let app = TestApp::new(db).await;
    let (ana, token) = person(&app, "ana@acme.example").await;
    let file = good();

    let (status, upload) = open(&app, &token, file.len()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        (&upload["status"], &upload["owner_id"]),
        (&json!("open"), &json!(ana))
    );
    assert_eq!(upload["expires_at"], "2026-07-02T12:00:00Z");
    let id = upload["id"].as_str().unwrap();

    let chunks: Vec<_> = file
        .chunks(1_000)
        .map(|chunk| anyhow::Ok(chunk.to_vec()))
        .collect();
    let answer = put(&app, &token, id, Body::from_stream(stream::iter(chunks))).await;
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (StatusCode::OK, &json!("received"))
    );
    app.run_jobs().await;

    let (_, upload) = show(&app, &token, id).await;
    assert_eq!(upload["status"], "accepted", "{upload}");
    assert_eq!((&upload["width"], &upload["height"]), (&json!(320), &json!(240)));
    assert_eq!(
        (&upload["video_codec"], &upload["audio_codec"]),
        (&json!("h264"), &json!("aac"))
    );
    assert_eq!(upload["duration_ms"], 5_000);
    assert_eq!(upload["reason"], json!(null));
    assert_eq!(stored(&app), OF_A_PRESENTATION, "what was made of it is kept");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_announced_must_make_sense(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    for (size, status, code) in [
        (0, 422, json!("size_invalid")),
        (200_000_001, 422, json!("size_invalid")),
        (200_000_000, 201, json!(null)),
    ] {
        let (seen, answer) = open(&app, &token, size).await;
        assert_eq!((seen.as_u16(), &answer["code"]), (status, &code), "{size}");
    }
    for kind in ["", "video", "video/", "video/mp4; x=\"\r\n\"", "a b/c"] {
        let body = json!({ "purpose": "presentation", "type": kind, "size_bytes": 1 });
        let (_, problem) = app.call_as(&token, Method::POST, "/v1/uploads", Some(body)).await;
        assert_eq!(problem["code"], "type_invalid", "{kind}");
    }
    let body = json!({ "purpose": "fun", "type": "video/mp4", "size_bytes": 1 });
    let (_, problem) = app.call_as(&token, Method::POST, "/v1/uploads", Some(body)).await;
    assert_eq!(problem["code"], "body_invalid");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_sent_is_as_large_as_was_announced_or_is_sent_again(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let (_, upload) = open(&app, &token, 10).await;
    let id = upload["id"].as_str().unwrap();
    let streamed = |sizes: [usize; 2]| {
        let chunks = sizes.map(|size| anyhow::Ok(vec![b'x'; size]));
        Body::from_stream(stream::iter(chunks))
    };

    for body in [
        streamed([5, 4]),
        streamed([5, 6]),
        Body::from("12345678901"),
        Body::empty(),
    ] {
        let answer = put(&app, &token, id, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["code"]),
            (422, &json!("size_differs"))
        );
    }
    let cut = stream::iter([anyhow::Ok(vec![b'x'; 5])])
        .chain(stream::once(async { anyhow::bail!("the line is cut") }));
    let answer = put(&app, &token, id, Body::from_stream(cut)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (400, &json!("body_unreadable"))
    );
    assert_eq!(show(&app, &token, id).await.1["status"], "open");
    app.run_jobs().await;
    assert_eq!(stored(&app), 0);

    let answer = put(&app, &token, id, streamed([4, 6])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let answer = put(&app, &token, id, streamed([4, 6])).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (409, &json!("upload_not_open"))
    );
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_that_are_sent_at_once_one_is_taken(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let file = good();
    let (_, upload) = open(&app, &token, file.len()).await;
    let id = upload["id"].as_str().unwrap();

    let (one, other) = tokio::join!(
        put(&app, &token, id, Body::from(file.clone())),
        put(&app, &token, id, Body::from(file))
    );

    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    app.run_jobs().await;
    assert_eq!(show(&app, &token, id).await.1["status"], "accepted");
    assert_eq!(stored(&app), OF_A_PRESENTATION);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m11_an_upload_is_its_owners_and_for_others_it_is_not_there(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, ana) = person(&app, "ana@acme.example").await;
    let (_, bia) = person(&app, "bia@acme.example").await;
    let (_, upload) = open(&app, &ana, 10).await;
    let id = upload["id"].as_str().unwrap();

    let unknown = (404, json!("upload_unknown"));
    let (status, problem) = show(&app, &bia, id).await;
    assert_eq!((status.as_u16(), problem["code"].clone()), unknown);
    let answer = put(&app, &bia, id, Body::from("1234567890")).await;
    assert_eq!((answer.status.as_u16(), answer.body["code"].clone()), unknown);
    let path = format!("/v1/uploads/{id}");
    let (status, problem) = app.call_as(&bia, Method::DELETE, &path, None).await;
    assert_eq!((status.as_u16(), problem["code"].clone()), unknown);

    assert_eq!(show(&app, &ana, id).await.1["status"], "open");
    let (status, _) = app.call_as(&ana, Method::GET, "/v1/uploads", None).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "the list is for staff");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_see_everybodys_by_status(db: PgPool) {
    let app = TestApp::new(db).await;
    let (ana, token) = person(&app, "ana@acme.example").await;
    let (_, bia) = person(&app, "bia@acme.example").await;
    open(&app, &token, 10).await;
    open(&app, &bia, 10).await;
    let refused = sent(&app, &token, b"no video".to_vec()).await;
    app.run_jobs().await;
    let staff = app.api_key(&[Permission::VideosManage]).await;
    let listed = async |query: String| {
        let (status, list) = app
            .call_as(&staff, Method::GET, &format!("/v1/uploads?{query}"), None)
            .await;
        assert_eq!(status, StatusCode::OK, "{list}");
        list["items"].as_array().unwrap().clone()
    };

    assert_eq!(listed(String::new()).await.len(), 3);
    assert_eq!(listed("status=open".to_owned()).await.len(), 2);
    assert_eq!(listed(format!("status=open&owner={ana}")).await.len(), 1);
    let found = listed("status=refused".to_owned()).await;
    assert_eq!(found[0]["id"], json!(refused));
    assert_eq!(found[0]["reason"]["code"], "not_a_video");
    assert_eq!(listed("limit=1".to_owned()).await.len(), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_changes_their_mind_leaves_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let file = good();
    let (_, upload) = open(&app, &token, file.len()).await;
    let unsent = upload["id"].as_str().unwrap().to_owned();
    let unchecked = sent(&app, &token, file.clone()).await;

    for id in [&unsent, &unchecked, &unchecked] {
        let (status, _) = app
            .call_as(&token, Method::DELETE, &format!("/v1/uploads/{id}"), None)
            .await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(show(&app, &token, id).await.1["status"], "aborted");
    }
    app.run_jobs().await;
    assert_eq!(stored(&app), 0);
    assert_eq!(show(&app, &token, &unchecked).await.1["status"], "aborted");
    let answer = put(&app, &token, &unsent, Body::from(file.clone())).await;
    assert_eq!(answer.body["code"], "upload_not_open");

    let accepted = sent(&app, &token, file).await;
    app.run_jobs().await;
    let (status, problem) = app
        .call_as(&token, Method::DELETE, &format!("/v1/uploads/{accepted}"), None)
        .await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("upload_accepted"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_give_up_what_somebody_sends_and_it_is_recorded(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let sent = sent(&app, &token, good()).await;
    let path = format!("/v1/uploads/{sent}/abort");
    let other = app.api_key(&[Permission::RulesRead]).await;
    assert_eq!(
        app.call_as(&other, Method::POST, &path, None).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        app.call_as(&token, Method::POST, &path, None).await.0,
        StatusCode::FORBIDDEN
    );

    for _ in 0..2 {
        let (status, upload) = app.post(&path, json!({})).await;
        assert_eq!((status, &upload["status"]), (StatusCode::OK, &json!("aborted")));
    }
    app.run_jobs().await;
    assert_eq!(stored(&app), 0);
    let (_, log) = app.get("/v1/audit?action=videos.abort").await;
    let entries = log["items"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{log}");
    assert_eq!(entries[0]["subject"], format!("upload/{sent}"));
    assert_eq!(
        (&entries[0]["before"], &entries[0]["after"]),
        (&json!({ "status": "received" }), &json!({ "status": "aborted" }))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_never_sent_expires(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let (_, upload) = open(&app, &token, 10).await;
    let id = upload["id"].as_str().unwrap();
    app.advance(Duration::DAY);

    let answer = put(&app, &token, id, Body::from("1234567890")).await;
    assert_eq!(
        answer.body["code"], "upload_not_open",
        "before anybody has noted it"
    );
    app.enqueue(&jobs::EXPIRE, json!({}), None).await;
    app.run_jobs().await;

    assert_eq!(show(&app, &token, id).await.1["status"], "expired");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_opens_uploads_without_end(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, ana) = person(&app, "ana@acme.example").await;
    let (_, bia) = person(&app, "bia@acme.example").await;
    for _ in 0..20 {
        let (status, upload) = open(&app, &ana, 10).await;
        assert_eq!(status, StatusCode::CREATED);
        let path = format!("/v1/uploads/{}", upload["id"].as_str().unwrap());
        app.call_as(&ana, Method::DELETE, &path, None).await;
    }

    let (status, problem) = open(&app, &ana, 10).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (429, &json!("too_many_requests"))
    );
    assert_eq!(open(&app, &bia, 10).await.0, StatusCode::CREATED);
    app.advance(Duration::minutes(3));
    assert_eq!(open(&app, &ana, 10).await.0, StatusCode::CREATED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_upload_announced_again_with_its_key_is_the_same_one(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, anas) = person(&app, "ana@acme.example").await;
    let (_, bias) = person(&app, "bia@acme.example").await;
    let keyed = async |token: &str, size: usize| {
        let request = app
            .anonymous(Method::POST, "/v1/uploads")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", "a");
        let body = json!({ "purpose": "presentation", "type": "video/mp4", "size_bytes": size });
        app.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    };
    let first = keyed(&anas, 100).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert_eq!(first.headers["idempotency-replayed"], "false");

    let again = keyed(&anas, 100).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = keyed(&anas, 101).await;
    assert_eq!(
        (other.status.as_u16(), &other.body["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    let hers = keyed(&bias, 101).await;
    assert_eq!(hers.status, StatusCode::CREATED, "another's key is another");
    let (_, all) = app.get("/v1/uploads").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
}
